//! What every parser does.

use std::fmt::Debug;

use super::sink::Sink;
use crate::event::Direction;

/// Follows both directions of one connection. A value of fixed size: nothing is allocated. Its bytes may be divided
/// anywhere: the outcome is the same.
pub trait Parser: Debug + Send {
    /// Takes the next bytes of a direction, all of them. Over UDP, one datagram.
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink);

    /// The next `length` bytes of a direction were never seen.
    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink);

    /// No more comes in a direction: what is open there ends, and transactions that wait for nothing else are told. In
    /// order: the peer has closed it, so that what goes on until then is complete.
    fn end(&mut self, direction: Direction, in_order: bool, sink: &mut dyn Sink);

    /// The protocol was not what it seemed, and nothing that it handed out can be relied on.
    fn was_mistaken(&self) -> bool {
        false
    }
}

/// The first bytes of a connection, as far as they were seen, by direction. Empty where a side has not spoken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heads<'a> {
    /// What the client sent.
    pub to_server: &'a [u8],
    /// What the server sent.
    pub to_client: &'a [u8],
}

impl<'a> Heads<'a> {
    /// What one side has begun with, while the other is silent.
    #[must_use]
    pub const fn of(direction: Direction, bytes: &'a [u8]) -> Self {
        match direction {
            Direction::ToServer => Self { to_server: bytes, to_client: &[] },
            Direction::ToClient => Self { to_server: &[], to_client: bytes },
        }
    }

    /// What a protocol is told by in which both sides begin alike, as `of` sees one of them: whoever has spoken must speak it.
    #[must_use]
    pub fn either(&self, of: impl Fn(&[u8]) -> Guess) -> Guess {
        let mut answer = Guess::No;
        for head in [self.to_server, self.to_client] {
            match of(head) {
                Guess::Yes => return Guess::Yes,
                Guess::More => answer = Guess::More,
                Guess::No if !head.is_empty() => return Guess::No,
                Guess::No => {}
            }
        }
        answer
    }
}

/// Bytes of each direction that are kept until it is known what they are.
pub const HEAD_BYTES: usize = 512;

/// Whether a connection speaks a protocol, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That is seen when there are more of them, or when the other side speaks.
    More,
}
