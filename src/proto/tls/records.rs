//! The record layer (RFC 8446 section 5.1, RFC 5246 section 6.2.1): 20 bytes a session, and no byte but headers is
//! looked at.

#[cfg(test)]
#[path = "records_tests.rs"]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests;

use crate::event::Direction;

/// Bytes of a record's header.
const HEADER: u8 = 5;

/// Longest record: 2^14 bytes and what encryption may add (RFC 5246 section 6.2.3).
const LONGEST: u16 = (1 << 14) + 2048;

/// Content types, RFC 8446 section 5.1 and RFC 6520 section 3.
pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const HEARTBEAT: u8 = 24;

/// What a direction has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Records of the handshake.
    Handshake,
    /// Application data: all that follows is encrypted. Also said of a direction whose records were lost in a hole.
    Encrypted,
    /// These are no TLS records.
    Broken,
}

/// What is wrong with a record's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Kind,
    Version,
    Length,
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// There are no more of them, or all that follow are encrypted.
    Done,
    /// A record of that content type begins.
    Begin(u8),
    /// A piece of the record's content, which is of that type.
    Piece(u8, &'a [u8]),
    /// No record.
    Broken(Fault),
}

/// One direction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Half {
    /// The header of this record or, as far as it has come, of the next.
    header: [u8; 5],
    got: u8,
    /// Bytes that are left of this record.
    left: u16,
    encrypted: bool,
}

/// The records of one session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Records {
    halves: [Half; 2],
}

impl Records {
    /// Takes the next bytes of a direction.
    pub fn push(&mut self, direction: Direction, bytes: &[u8]) -> Progress {
        let half = self.half(direction);
        let mut rest = bytes;
        loop {
            match half.step(&mut rest) {
                Step::Done => return if half.encrypted { Progress::Encrypted } else { Progress::Handshake },
                Step::Broken(_) => return Progress::Broken,
                Step::Begin(_) | Step::Piece(..) => {}
            }
        }
    }

    /// The next `length` bytes of a direction were lost. Within a record they do not matter.
    pub fn gap(&mut self, direction: Direction, length: u64) {
        self.half(direction).gap(length);
    }

    /// True when all that follows in a direction is encrypted.
    #[must_use]
    pub const fn is_encrypted(&self, direction: Direction) -> bool {
        let [to_server, to_client] = &self.halves;
        match direction {
            Direction::ToServer => to_server.encrypted,
            Direction::ToClient => to_client.encrypted,
        }
    }

    pub(super) const fn half(&mut self, direction: Direction) -> &mut Half {
        let [to_server, to_client] = &mut self.halves;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }

    /// All that follows in both directions is encrypted.
    pub(super) fn give_up(&mut self) {
        for half in &mut self.halves {
            half.encrypted = true;
        }
    }
}

impl Half {
    /// Goes on by a header or a piece of a record, and takes it off `rest`.
    pub(super) fn step<'a>(&mut self, rest: &mut &'a [u8]) -> Step<'a> {
        if self.encrypted {
            return Step::Done;
        }
        if self.left > 0 && !rest.is_empty() {
            let length = usize::from(self.left).min(rest.len());
            let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            *rest = after;
            self.left = self.left.saturating_sub(u16::try_from(piece.len()).unwrap_or(u16::MAX));
            let [kind, ..] = self.header;
            return Step::Piece(kind, piece);
        }
        while let [byte, after @ ..] = *rest {
            if let Some(place) = self.header.get_mut(usize::from(self.got)) {
                *place = *byte;
            }
            self.got += 1;
            *rest = after;
            if self.got == HEADER {
                return self.read_header();
            }
        }
        Step::Done
    }

    /// The next `length` bytes were lost; false when it is not known any more where records begin.
    pub(super) fn gap(&mut self, length: u64) -> bool {
        match u16::try_from(length).ok().and_then(|length| self.left.checked_sub(length)) {
            Some(left) => self.left = left,
            None => self.encrypted = true,
        }
        !self.encrypted
    }

    fn read_header<'a>(&mut self) -> Step<'a> {
        let [kind, major, minor, high, low] = self.header;
        let length = u16::from_be_bytes([high, low]);
        (self.got, self.left) = (0, length);
        if !(CHANGE_CIPHER_SPEC..=HEARTBEAT).contains(&kind) {
            return Step::Broken(Fault::Kind);
        }
        if major != 3 || minor > 4 {
            return Step::Broken(Fault::Version);
        }
        if length > LONGEST {
            return Step::Broken(Fault::Length);
        }
        self.encrypted = kind == APPLICATION_DATA;
        Step::Begin(kind)
    }
}

/// Whether bytes in the middle of a stream begin with records, as far as their headers are there; `None` where it takes
/// more to tell.
pub(super) fn look_like_records(head: &[u8]) -> Option<bool> {
    let mut rest = head;
    let mut whole = 0;
    while let Some((&[kind, major, minor, high, low], after)) = rest.split_first_chunk() {
        let length = u16::from_be_bytes([high, low]);
        let kinds = CHANGE_CIPHER_SPEC..=APPLICATION_DATA;
        if !kinds.contains(&kind) || major != 3 || !(1..=3).contains(&minor) || length == 0 || length > LONGEST {
            return Some(false);
        }
        whole += 1;
        let Some(next) = after.get(usize::from(length)..) else { break };
        rest = next;
    }
    if whole > 0 {
        return Some(true);
    }
    let begins = |at: usize, allowed: &dyn Fn(u8) -> bool| rest.get(at).is_none_or(|byte| allowed(*byte));
    let may_be = begins(0, &|kind| (CHANGE_CIPHER_SPEC..=APPLICATION_DATA).contains(&kind))
        && begins(1, &|major| major == 3)
        && begins(2, &|minor| (1..=3).contains(&minor))
        && begins(3, &|high| u16::from(high) <= LONGEST >> 8);
    if may_be { None } else { Some(false) }
}
