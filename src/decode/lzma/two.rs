//! LZMA2: chunks of LZMA, or of bytes as they are.

use super::super::decoder::{Field, Out, take};
use super::raw::{Bad, Raw, Step};

/// Longest header of a chunk: control byte, two sizes of 16 bits, properties.
const HEADER: usize = 6;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    /// So many bytes as they are.
    Plain(u64),
    /// LZMA: bytes that are left to take, and to come out.
    Packed(u64, u64),
    /// All has come out; a byte may be left that only says whether that was right.
    Ending(u64),
}

/// Undoes LZMA2.
#[derive(Debug)]
pub(in super::super) struct Two {
    pub(in super::super) raw: Raw,
    state: State,
    field: Field<HEADER>,
    /// The next chunk has to begin with an empty dictionary, the next packed one with properties, or with a new state.
    needs_dictionary: bool,
    needs_properties: bool,
    needs_state: bool,
}

impl Two {
    pub(in super::super) fn new() -> Self {
        Self {
            raw: Raw::new(),
            state: State::Header,
            field: Field::EMPTY,
            needs_dictionary: true,
            needs_properties: true,
            needs_state: true,
        }
    }

    pub(in super::super) const fn reset(&mut self) {
        self.raw.window.clear();
        self.raw.restart();
        self.state = State::Header;
        self.field.clear();
        (self.needs_dictionary, self.needs_properties, self.needs_state) = (true, true, true);
    }

    /// Takes what it can of `input`; [`Step::Done`] at the end.
    ///
    /// # Errors
    /// [`Bad`], right behind the first byte that shows it.
    pub(in super::super) fn push(&mut self, input: &mut &[u8], out: &mut dyn Out) -> Result<Step, Bad> {
        loop {
            self.state = match self.state {
                State::Header => {
                    if !self.field.fill(input, 1) {
                        return Ok(Step::More);
                    }
                    let control = self.field.get().first().copied().unwrap_or(0);
                    let length = match control {
                        0 => {
                            self.field.clear();
                            return Ok(Step::Done);
                        }
                        1 | 2 => 3,
                        3..0x80 => return Err(Bad::Malformed),
                        0x80..0xc0 => 5,
                        0xc0.. => 6,
                    };
                    if !self.field.fill(input, length) {
                        return Ok(Step::More);
                    }
                    self.header(control)?
                }
                State::Plain(0) => State::Header,
                State::Plain(left) => {
                    let bytes = take(input, left);
                    if bytes.is_empty() {
                        return Ok(Step::More);
                    }
                    if !(self.raw.window.append(bytes, out) && self.raw.window.flush(out)) {
                        return Ok(Step::Enough);
                    }
                    State::Plain(left - bytes.len() as u64)
                }
                State::Packed(left, wanted) => match self.packed(input, left, wanted, out)? {
                    Ok(state) => state,
                    Err(step) => return Ok(step),
                },
                State::Ending(left) => {
                    let mut rest = *input;
                    let mut bytes = take(&mut rest, left);
                    let length = bytes.len();
                    let finished = self.raw.is_finished(&mut bytes);
                    let used = length - bytes.len();
                    *input = input.get(used..).unwrap_or(&[]);
                    match finished {
                        Some(true) if left == used as u64 => State::Header,
                        None if left != 0 => return Ok(Step::More),
                        _ => return Err(Bad::Malformed),
                    }
                }
            };
        }
    }

    fn header(&mut self, control: u8) -> Result<State, Bad> {
        let mut bytes = [0; HEADER];
        let field = self.field.get();
        if let Some(place) = bytes.get_mut(..field.len()) {
            place.copy_from_slice(field);
        }
        self.field.clear();
        let [_, u0, u1, p0, p1, properties] = bytes;
        let size = u64::from(u16::from_be_bytes([u0, u1])) + 1;
        if control == 1 || control >= 0xe0 {
            self.raw.window.forget();
            self.needs_dictionary = false;
            self.needs_properties = true;
        } else if self.needs_dictionary {
            return Err(Bad::Malformed);
        }
        if control < 0x80 {
            return Ok(State::Plain(size));
        }
        if control >= 0xc0 {
            if !self.raw.set_properties(properties) {
                return Err(Bad::Malformed);
            }
            self.needs_properties = false;
        } else if self.needs_properties {
            return Err(Bad::Malformed);
        }
        if control >= 0xa0 {
            self.raw.reset_state();
            self.needs_state = false;
        } else if self.needs_state {
            return Err(Bad::Malformed);
        }
        self.raw.restart();
        let packed = u64::from(u16::from_be_bytes([p0, p1])) + 1;
        Ok(State::Packed(packed, size | u64::from(control & 0x1f) << 16))
    }

    /// The next state, or why there is none yet.
    fn packed(
        &mut self,
        input: &mut &[u8],
        left: u64,
        wanted: u64,
        out: &mut dyn Out,
    ) -> Result<Result<State, Step>, Bad> {
        let (mut rest, mut wanted) = (*input, wanted);
        let mut bytes = take(&mut rest, left);
        let length = bytes.len();
        let result = self.raw.run(&mut bytes, &mut wanted, out);
        let used = length - bytes.len();
        *input = input.get(used..).unwrap_or(&[]);
        let left = left - used as u64;
        Ok(match result? {
            Step::Done => Ok(State::Ending(left)),
            // All of the chunk was taken, and it was not enough.
            Step::More if left == 0 => return Err(Bad::Malformed),
            Step::More => {
                self.state = State::Packed(left, wanted);
                Err(Step::More)
            }
            Step::Marker => return Err(Bad::Malformed),
            Step::Enough => Err(Step::Enough),
        })
    }
}
