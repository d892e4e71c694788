//! Which algorithms a side offers: SSH_MSG_KEXINIT (RFC 4253 section 7.1), and HASSH of them (salesforce/hassh).

use md5::{Digest, Md5};

use super::half::FIELD_BYTES;
use crate::event::record::Record;
use crate::proto::cursor::{Grammar, Next};
use crate::proto::digits::hex;

/// Random bytes in front of the lists.
pub(super) const COOKIE_BYTES: u32 = 16;

/// Name-lists of a message.
const LISTS: u8 = 10;

/// A message's lists, as far as they have come.
#[derive(Clone, Debug)]
pub(super) struct Algorithms {
    /// How many lists were begun.
    lists: u8,
    /// Bytes of the message that are left.
    left: u32,
    is_server: bool,
    md5: Md5,
    is_complete: bool,
}

impl Algorithms {
    /// Of a message that has `left` bytes behind the cookie.
    pub(super) fn new(is_server: bool, left: u32) -> Self {
        Self { lists: 0, left, is_server, md5: Md5::new(), is_complete: false }
    }

    /// All lists that count were read.
    pub(super) const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// HASSH takes the key exchange's list, and what its side sends by: ciphers, MACs, compressions.
    const fn counts(&self) -> bool {
        match self.lists - 1 {
            0 => true,
            // Encryption, MAC, compression; each from client to server, then the other way.
            list @ 2..=7 => (list % 2 == 1) == self.is_server,
            _ => false,
        }
    }
}

/// Reads the lists into a record whose text is open.
pub(super) struct Reader<'a> {
    pub(super) algorithms: &'a mut Algorithms,
    pub(super) fields: &'a mut Record<FIELD_BYTES>,
}

impl Reader<'_> {
    fn more(&mut self, piece: &[u8]) {
        self.fields.more(piece);
        self.algorithms.md5.update(piece);
    }

    fn next(&mut self) -> Next {
        let algorithms = &mut *self.algorithms;
        if algorithms.lists == LISTS {
            algorithms.is_complete = true;
            return Next::Nothing;
        }
        match algorithms.left.checked_sub(4) {
            Some(left) => {
                algorithms.left = left;
                Next::Number(4)
            }
            None => Next::Nothing,
        }
    }
}

impl Grammar for Reader<'_> {
    fn number(&mut self, value: u32) -> Next {
        let Some(left) = self.algorithms.left.checked_sub(value) else { return Next::Nothing };
        self.algorithms.left = left;
        self.algorithms.lists += 1;
        if self.algorithms.lists > 1 && self.algorithms.counts() {
            self.more(b";");
        }
        Next::Run(value)
    }

    fn piece(&mut self, piece: &[u8]) {
        if self.algorithms.lists > 0 && self.algorithms.counts() {
            self.more(piece);
        }
    }

    fn run_ended(&mut self) -> Next {
        self.next()
    }
}

impl Algorithms {
    /// The digits of the hash.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut digits = [0; 32];
        for (place, byte) in digits.chunks_exact_mut(2).zip(self.md5.clone().finalize()) {
            place.copy_from_slice(&hex(byte));
        }
        digits
    }
}
