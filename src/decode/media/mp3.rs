//! MP3 and its tags: ID3 in front of the sound, APE (version 2) and ID3 (version 1) behind it.
//!
//! Sound is passed by frame by frame, so what is neither is found.

use super::super::cut::Cut;
use super::super::decoder::{Decoder, Fault, Field, Out, Taken, take};
use super::super::format::{Format, Guess, PROBE, begins};
use super::super::metadata::{Held, LATIN, TEXT_ROOM, Texts, texts};
use super::super::parts::{begin_rest, le32, until_zero};
use super::id3::{self, Frames};
use super::{end_rest, mpeg, rest};

pub(in super::super) static FORMAT: Format = Format {
    name: "mp3",
    recognise,
    make: || Box::new(Mp3::new()),
    memory: 2 * TEXT_ROOM + 512,
    scanned: false,
    carries: false,
};

/// Header of an APE tag; an ID3 tag of version 1.
const APE: &[u8] = b"APETAGEX";
const APE_HEADER: usize = 32;
const OLD: &[u8] = b"TAG";
const OLD_LENGTH: u64 = 128;

fn recognise(bytes: &[u8]) -> Guess {
    match begins(bytes, b"ID3") {
        Guess::No => {}
        _ if bytes.len() < id3::HEADER => return Guess::More,
        _ => return if id3::header(bytes).is_some() { Guess::Yes } else { Guess::No },
    }
    // Without a tag: a frame of layer II or III, and another one behind it.
    match *bytes {
        [] | [0xff] => return Guess::More,
        [0xff, second, ..] if second >= 0xe0 && second & 6 != 6 => {}
        _ => return Guess::No,
    }
    let frame = |at: usize| bytes.get(at..)?.first_chunk().copied();
    let Some(first) = frame(0) else { return Guess::More };
    let Some(length) = mpeg::length(first).and_then(|length| usize::try_from(length).ok()) else { return Guess::No };
    match frame(length) {
        Some(second) if second[..2] == first[..2] && mpeg::length(second).is_some() => Guess::Yes,
        None if length + mpeg::HEADER <= PROBE => Guess::More,
        _ => Guess::No,
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// What is known by its first bytes.
    Unit,
    /// So many bytes of a tag, or of sound.
    Id3(u64),
    Ape(u64),
    Old(u64),
    Sound(u64),
    /// What is none of these, wanted or not.
    Rest(bool),
}

#[derive(Debug)]
struct Mp3 {
    state: State,
    field: Field<APE_HEADER>,
    frames: Frames,
    held: Held,
}

impl Mp3 {
    fn new() -> Self {
        Self { state: State::Unit, field: Field::EMPTY, frames: Frames::new(), held: Held::with_room(TEXT_ROOM) }
    }

    /// What begins with the bytes that are there. `None`: that is not known yet.
    fn unit(&mut self, out: &mut dyn Out) -> Option<State> {
        let field = self.field;
        let bytes = field.get();
        let state = match bytes {
            [0, ..] => State::Sound(0),
            [0xff, ..] => match bytes.first_chunk().map(|header| mpeg::length(*header)) {
                None => return None,
                Some(Some(length)) => State::Sound(length.saturating_sub(mpeg::HEADER as u64)),
                Some(None) => State::Rest(begin_rest(bytes, out)),
            },
            _ if begins(bytes, b"ID3") != Guess::No => match id3::header(bytes) {
                _ if bytes.len() < id3::HEADER => return None,
                Some(length) => {
                    self.frames.push(bytes, out);
                    State::Id3(length)
                }
                None => State::Rest(begin_rest(bytes, out)),
            },
            _ if begins(bytes, OLD) != Guess::No => {
                if bytes.len() < OLD.len() {
                    return None;
                }
                State::Old(OLD_LENGTH - OLD.len() as u64)
            }
            _ if begins(bytes, APE) != Guess::No => {
                if bytes.len() < APE_HEADER {
                    return None;
                }
                State::Ape(le32(bytes, 12).map_or(0, u64::from))
            }
            _ => State::Rest(begin_rest(bytes, out)),
        };
        self.field.clear();
        self.held.clear();
        Some(state)
    }

    /// A unit is over. False when no more is wanted.
    fn end(&mut self, out: &mut dyn Out) -> bool {
        let held = self.held.get();
        match self.state {
            State::Id3(_) => self.frames.end(out),
            State::Ape(_) => texts(out, |texts| ape(held, texts)),
            State::Old(_) => texts(out, |texts| old(held, texts)),
            _ => true,
        }
    }
}

/// Items of an APE tag: their names and values.
fn ape(items: &[u8], texts: &mut Texts<'_>) {
    let mut rest = items;
    while let (Some(length), Some(flags)) = (le32(rest, 0), le32(rest, 4)) {
        let name = until_zero(rest.get(8..).unwrap_or(&[]));
        // What stands at the end is as the header, and has no name.
        if name.is_empty() || rest.starts_with(APE) {
            return;
        }
        let value = rest.get(8 + name.len() + 1..).unwrap_or(&[]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (value, behind) = value.split_at_checked(length).unwrap_or((value, &[]));
        texts.plain(name);
        // Two bits say whether it is text, something else, or an address.
        if flags >> 1 & 3 != 1 {
            value.split(|byte| *byte == 0).for_each(|value| texts.plain(value));
        }
        rest = behind;
    }
}

/// A tag of version 1, behind its first bytes: title, artist, album, year, comment, each as long as there is room.
fn old(tag: &[u8], texts: &mut Texts<'_>) {
    let mut rest = tag;
    for length in [30, 30, 30, 4, 30] {
        let (field, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        texts.line(until_zero(field).trim_ascii_end(), Some(LATIN));
        rest = behind;
    }
}

impl Decoder for Mp3 {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            match self.state {
                State::Id3(0) | State::Ape(0) | State::Old(0) | State::Sound(0) => {
                    let go_on = self.end(out);
                    self.state = State::Unit;
                    if !go_on {
                        return Ok(Taken::Enough);
                    }
                }
                _ if input.is_empty() => return Ok(Taken::All),
                State::Unit => {
                    // Byte by byte, so that what is no unit begins where it does.
                    self.field.append(take(&mut input, 1));
                    if let Some(state) = self.unit(out) {
                        self.state = state;
                    }
                }
                State::Id3(left) => {
                    let bytes = take(&mut input, left);
                    self.state = State::Id3(left - bytes.len() as u64);
                    if !self.frames.push(bytes, out) {
                        return Ok(Taken::Enough);
                    }
                }
                State::Ape(left) => {
                    let bytes = take(&mut input, left);
                    self.held.append(bytes);
                    self.state = State::Ape(left - bytes.len() as u64);
                }
                State::Old(left) => {
                    let bytes = take(&mut input, left);
                    self.held.append(bytes);
                    self.state = State::Old(left - bytes.len() as u64);
                }
                State::Sound(left) => {
                    let passed = take(&mut input, left).len() as u64;
                    self.state = State::Sound(left - passed);
                }
                State::Rest(wanted) => return rest(wanted, input, out),
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if let State::Rest(wanted) = self.state {
            return end_rest(wanted, out);
        }
        if self.state == State::Unit && self.field.get().is_empty() {
            return true;
        }
        out.cut(Cut::Truncated);
        self.end(out);
        false
    }

    fn reset(&mut self) {
        self.state = State::Unit;
        self.field.clear();
        self.frames.clear();
        self.held.clear();
    }
}
