//! The first certificate of a Certificate message (RFC 5246 section 7.4.2): the server's own. Later versions encrypt it.

use sha1::{Digest, Sha1};

use super::x509::X509;
use crate::event::record::Record;
use crate::proto::cursor::{Cursor, Grammar, Next};

/// Bytes for the fields of a certificate.
const FIELD_BYTES: usize = 1536;

/// A Certificate message, as far as it has come.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    cursor: Cursor,
    body: Body,
}

#[derive(Clone, Debug)]
struct Body {
    /// Bytes of the message behind what is being read.
    left: u32,
    step: Step,
    der: X509,
    sha1: Sha1,
    fingerprint: Option<[u8; 20]>,
    fields: Record<FIELD_BYTES>,
    malformed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    ListLength,
    Length,
    Certificate,
    End,
}

impl Certificate {
    /// Of `length` bytes without the message's header.
    pub(super) fn new(length: u32) -> Self {
        let body = Body {
            left: length,
            step: Step::ListLength,
            der: X509::default(),
            sha1: Sha1::new(),
            fingerprint: None,
            fields: Record::default(),
            malformed: false,
        };
        Self { cursor: Cursor::new(Next::Number(3)), body }
    }

    /// Takes the next bytes of the message.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.cursor.push(bytes, &mut self.body);
    }

    /// What it says does not add up.
    pub(super) const fn is_malformed(&self) -> bool {
        self.body.malformed || self.body.der.is_malformed()
    }

    /// SHA-1 of the certificate, once it is whole.
    pub(super) const fn fingerprint(&self) -> Option<[u8; 20]> {
        self.body.fingerprint
    }

    /// Its other fields, for a record.
    pub(super) fn fields(&self) -> &[u8] {
        self.body.fields.bytes()
    }
}

impl Grammar for Body {
    fn number(&mut self, value: u32) -> Next {
        let Some(left) = self.left.checked_sub(3) else {
            self.malformed = true;
            return Next::Nothing;
        };
        self.left = left;
        match self.step {
            Step::ListLength if value == 0 && left == 0 => Next::Nothing,
            Step::ListLength => {
                self.malformed |= value != left;
                self.step = Step::Length;
                Next::Number(3)
            }
            _ => {
                self.malformed |= value > left;
                self.step = Step::Certificate;
                Next::Run(value.min(left))
            }
        }
    }

    fn piece(&mut self, piece: &[u8]) {
        self.sha1.update(piece);
        self.der.push(piece, &mut self.fields);
    }

    fn run_ended(&mut self) -> Next {
        if self.step == Step::Certificate && !self.malformed {
            self.step = Step::End;
            self.der.finish();
            self.fingerprint = Some(self.sha1.finalize_reset().into());
        }
        Next::Nothing
    }
}
