//! LZ4 blocks: literals and matches by turns, decoded as they come.

use super::super::decoder::{Out, take};
use super::super::window::{Reach, Window};

/// Shortest match.
const SHORTEST: u64 = 4;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Lengths of literals and match, four bits each.
    Token,
    /// More of the literals' length.
    LiteralLength,
    Literals,
    /// Both bytes of the offset.
    OffsetLow,
    OffsetHigh(u8),
    MatchLength,
}

/// Why a block cannot be decoded, or not to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Malformed,
    /// No more is wanted.
    Enough,
}

/// A block on its way.
#[derive(Debug)]
pub(super) struct Block {
    state: State,
    literals: u64,
    length: u64,
    offset: usize,
    /// Bytes that may still come out.
    room: u64,
}

impl Block {
    pub(super) const fn new() -> Self {
        Self { state: State::Token, literals: 0, length: 0, offset: 0, room: 0 }
    }

    /// Another block begins, of which at most so much comes out.
    pub(super) const fn begin(&mut self, most: u64) {
        self.state = State::Token;
        self.room = most;
    }

    /// A block ends behind literals, and nowhere else.
    pub(super) fn is_complete(&self) -> bool {
        self.state == State::OffsetLow
    }

    /// Takes all of `input`, or what comes before the byte that is wrong and that byte.
    ///
    /// # Errors
    /// [`Bad`].
    pub(super) fn push(&mut self, input: &mut &[u8], window: &mut Window, out: &mut dyn Out) -> Result<(), Bad> {
        loop {
            if self.state == State::Literals {
                let bytes = take(input, self.literals);
                self.literals -= bytes.len() as u64;
                if !window.append(bytes, out) {
                    return Err(Bad::Enough);
                }
                if self.literals == 0 {
                    self.state = State::OffsetLow;
                }
            }
            let Some((byte, rest)) = input.split_first() else { return Ok(()) };
            *input = rest;
            match self.state {
                State::Token => {
                    (self.literals, self.length) = (u64::from(byte >> 4), u64::from(byte & 15));
                    if self.literals == 15 {
                        self.state = State::LiteralLength;
                    } else {
                        self.begin_literals()?;
                    }
                }
                State::LiteralLength => {
                    self.literals += u64::from(*byte);
                    if *byte != 255 || self.literals > self.room {
                        self.begin_literals()?;
                    }
                }
                State::OffsetLow => self.state = State::OffsetHigh(*byte),
                State::OffsetHigh(low) => {
                    self.offset = usize::from(u16::from_le_bytes([low, *byte]));
                    if self.length == 15 {
                        self.state = State::MatchLength;
                    } else {
                        self.copy(window, out)?;
                    }
                }
                State::MatchLength => {
                    self.length += u64::from(*byte);
                    if *byte != 255 || self.length > self.room {
                        self.copy(window, out)?;
                    }
                }
                State::Literals => {}
            }
        }
    }

    fn begin_literals(&mut self) -> Result<(), Bad> {
        self.room = self.room.checked_sub(self.literals).ok_or(Bad::Malformed)?;
        self.state = if self.literals == 0 { State::OffsetLow } else { State::Literals };
        Ok(())
    }

    fn copy(&mut self, window: &mut Window, out: &mut dyn Out) -> Result<(), Bad> {
        let length = self.length + SHORTEST;
        self.room = self.room.checked_sub(length).ok_or(Bad::Malformed)?;
        (self.state, self.length) = (State::Token, 0);
        window.check(self.offset).map_err(|_: Reach| Bad::Malformed)?;
        let length = usize::try_from(length).map_err(|_| Bad::Malformed)?;
        if window.copy(self.offset, length, out) { Ok(()) } else { Err(Bad::Enough) }
    }
}
