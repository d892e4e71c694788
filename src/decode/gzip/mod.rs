//! gzip (RFC 1952): members one after the other.

use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess, begins};
use super::inflate::{Inflate, Step};

pub(super) static FORMAT: Format = Format {
    name: "gzip",
    recognise,
    make: || Box::new(Gzip::new()),
    memory: 64 << 10,
    scanned: false,
    carries: false,
};

/// Magic number, and deflate, the only method there is.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// Flags of a member's header.
const FHCRC: u8 = 1 << 1;
const FEXTRA: u8 = 1 << 2;
const FNAME: u8 = 1 << 3;
const FCOMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0xe0;

/// Longest name that is kept.
const NAME: usize = 256;

fn recognise(bytes: &[u8]) -> Guess {
    match (begins(bytes, &MAGIC), bytes.get(3)) {
        (Guess::Yes, Some(flags)) if flags & RESERVED != 0 => Guess::No,
        (Guess::Yes, None) => Guess::More,
        (guess, _) => guess,
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The ten bytes of a member's header; of the second and later members only if they are one.
    Header,
    ExtraLength,
    Extra(u16),
    Name,
    Comment,
    HeaderCrc,
    Data,
    /// CRC-32 and length.
    Trailer,
    /// What follows the last member and is none; somebody wants it, or nobody.
    Trailing(bool),
}

#[derive(Debug)]
struct Gzip {
    state: State,
    flags: u8,
    field: Field<10>,
    name: Field<NAME>,
    inflate: Inflate,
    /// A child has begun.
    open: bool,
    /// Members that are complete.
    members: u32,
}

impl Gzip {
    fn new() -> Self {
        Self {
            state: State::Header,
            flags: 0,
            field: Field::EMPTY,
            name: Field::EMPTY,
            inflate: Inflate::new(false),
            open: false,
            members: 0,
        }
    }

    /// The next part of the header, which the flags name.
    fn after(&self, state: State) -> State {
        let parts =
            [(FEXTRA, State::ExtraLength), (FNAME, State::Name), (FCOMMENT, State::Comment), (FHCRC, State::HeaderCrc)];
        let done = match state {
            State::Header => 0,
            State::ExtraLength | State::Extra(_) => 1,
            State::Name => 2,
            State::Comment => 3,
            _ => 4,
        };
        let next = parts.iter().skip(done).find(|(flag, _)| self.flags & flag != 0);
        next.map_or(State::Data, |(_, state)| *state)
    }

    /// Text up to a zero byte. True when that was found.
    fn text(&mut self, input: &mut &[u8], keep: bool) -> bool {
        let end = memchr::memchr(0, input);
        let (text, rest) = input.split_at_checked(end.unwrap_or(input.len())).unwrap_or((input, &[]));
        if keep {
            self.name.append(text);
        }
        *input = if end.is_some() { rest.get(1..).unwrap_or(&[]) } else { rest };
        end.is_some()
    }
}

impl Decoder for Gzip {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            match self.state {
                State::Header => {
                    // RFC 1952 section 2.2: members follow each other without anything between them. What is no member
                    // is none of this.
                    let all = self.field.fill(&mut input, 10);
                    if self.members != 0 && begins(self.field.get(), &MAGIC) == Guess::No {
                        out.end();
                        let wanted = out.begin(&Child { name: b"(trailing)" }) && out.data(self.field.get());
                        self.field.clear();
                        self.state = State::Trailing(wanted);
                        continue;
                    }
                    if !all {
                        return Ok(Taken::All);
                    }
                    let [_, _, _, flags, ..] = *self.field.get() else { return Err(Fault::before(piece, input)) };
                    if begins(self.field.get(), &MAGIC) != Guess::Yes || flags & RESERVED != 0 {
                        return Err(Fault::before(piece, input));
                    }
                    self.flags = flags;
                    self.field.clear();
                    self.state = self.after(State::Header);
                }
                State::ExtraLength => {
                    if !self.field.fill(&mut input, 2) {
                        return Ok(Taken::All);
                    }
                    let [low, high, ..] = *self.field.get() else { return Err(Fault::before(piece, input)) };
                    self.field.clear();
                    self.state = State::Extra(u16::from_le_bytes([low, high]));
                }
                State::Extra(left) => {
                    let skipped = take(&mut input, u64::from(left)).len();
                    let left = left.saturating_sub(u16::try_from(skipped).unwrap_or(left));
                    self.state = State::Extra(left);
                    if left != 0 {
                        return Ok(Taken::All);
                    }
                    self.state = self.after(self.state);
                }
                State::Name | State::Comment => {
                    let is_name = self.state == State::Name && self.members == 0;
                    if !self.text(&mut input, is_name) {
                        return Ok(Taken::All);
                    }
                    self.state = self.after(self.state);
                }
                State::HeaderCrc => {
                    if !self.field.fill(&mut input, 2) {
                        return Ok(Taken::All);
                    }
                    self.field.clear();
                    self.state = State::Data;
                }
                State::Data => {
                    if !self.open {
                        self.open = true;
                        if !out.begin(&Child { name: self.name.get() }) {
                            return Ok(Taken::Enough);
                        }
                    }
                    let before = piece.len() - input.len();
                    match self.inflate.push(input, out).map_err(|fault| Fault { at: before + fault.at })? {
                        Step::More => return Ok(Taken::All),
                        Step::Enough => return Ok(Taken::Enough),
                        Step::Done(taken) => {
                            input = input.get(taken..).unwrap_or(&[]);
                            self.state = State::Trailer;
                        }
                    }
                }
                State::Trailer => {
                    if !self.field.fill(&mut input, 8) {
                        return Ok(Taken::All);
                    }
                    let [c0, c1, c2, c3, l0, l1, l2, l3, ..] = *self.field.get() else {
                        return Err(Fault::before(piece, input));
                    };
                    let told = (u32::from_le_bytes([c0, c1, c2, c3]), u32::from_le_bytes([l0, l1, l2, l3]));
                    if told != self.inflate.sum() {
                        out.cut(Cut::Checksum);
                    }
                    self.field.clear();
                    self.inflate.reset();
                    self.members = self.members.saturating_add(1);
                    self.state = State::Header;
                }
                State::Trailing(wanted) => {
                    let go_on = wanted && out.data(input);
                    return Ok(if go_on { Taken::All } else { Taken::Enough });
                }
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        // Between two members nothing is missing.
        let complete = match self.state {
            State::Header => self.members != 0 && self.field.get().is_empty(),
            State::Trailing(_) => true,
            _ => false,
        };
        if !complete {
            out.cut(Cut::Truncated);
        }
        if self.open {
            out.end();
        }
        complete
    }

    fn reset(&mut self) {
        self.state = State::Header;
        self.field.clear();
        self.name.clear();
        self.inflate.reset();
        (self.flags, self.open, self.members) = (0, false, 0);
    }
}
