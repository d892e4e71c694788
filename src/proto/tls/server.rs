//! What a ServerHello selects.

use super::hello::{self, Found, Hello, Side};
use super::layout::tag;
use super::list::List;
use crate::event::record::Record;

/// Extensions that are kept. A hello with more has no JA3S.
const MAX_EXTENSIONS: usize = 48;

/// The random bytes of a HelloRetryRequest, RFC 8446 section 4.1.3.
const RETRY: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11,
    0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// A ServerHello, as far as it has come.
#[derive(Clone, Debug)]
pub(in crate::proto) struct Server {
    hello: Hello,
    /// The version of before TLS 1.3.
    pub(super) old_version: u16,
    /// What the `supported_versions` extension selects; 0 where there is none.
    selected_version: u16,
    pub(super) cipher: u16,
    pub(super) extensions: List<MAX_EXTENSIONS>,
    /// A pre-shared key was agreed on: TLS 1.3's way to resume a session.
    pub(super) with_shared_key: bool,
    /// Random bytes that were those of a HelloRetryRequest; `u8::MAX` once one was not.
    retry: u8,
    names: Record<128>,
}

impl Server {
    /// One of `length` bytes without the message's header.
    pub(in crate::proto) fn new(length: u32) -> Self {
        Self {
            hello: Hello::new(Side::Server, length),
            old_version: 0,
            selected_version: 0,
            cipher: 0,
            extensions: List::EMPTY,
            with_shared_key: false,
            retry: 0,
            names: Record::default(),
        }
    }

    /// Takes the next bytes of the message.
    pub(in crate::proto) fn push(&mut self, bytes: &[u8]) {
        let mut hello = self.hello;
        hello.push(bytes, self);
        self.hello = hello;
    }

    /// It was read to its end, and its lengths agree.
    pub(in crate::proto) fn is_complete(&self) -> bool {
        self.hello.is_complete()
    }

    /// It asks for another ClientHello.
    pub(in crate::proto) fn is_retry(&self) -> bool {
        usize::from(self.retry) == RETRY.len()
    }

    /// The version of the session; 0 while the hello is not complete, since the extension may be missing that says it.
    pub(super) fn version(&self) -> u16 {
        if !self.is_complete() {
            return 0;
        }
        if self.selected_version == 0 { self.old_version } else { self.selected_version }
    }

    /// The protocol of ALPN, as a field of a record.
    pub(super) fn fields(&self) -> &[u8] {
        self.names.bytes()
    }
}

impl Found for Server {
    fn version(&mut self, version: u16) {
        self.old_version = version;
    }

    fn random(&mut self, piece: &[u8]) {
        for byte in piece {
            let same = RETRY.get(usize::from(self.retry)) == Some(byte);
            self.retry = if same { self.retry + 1 } else { u8::MAX };
        }
    }

    fn cipher(&mut self, suite: u16) {
        self.cipher = suite;
    }

    fn extension(&mut self, kind: u16) {
        self.extensions.push(kind);
        self.with_shared_key |= kind == hello::PRE_SHARED_KEY;
    }

    fn entry(&mut self, kind: u16, value: u16) {
        if kind == hello::SUPPORTED_VERSIONS {
            self.selected_version = value;
        }
    }

    fn begin_name(&mut self, kind: u16) {
        if kind == hello::ALPN {
            self.names.begin(tag::SERVER_ALPN);
        }
    }

    fn name(&mut self, piece: &[u8]) {
        self.names.more(piece);
    }

    fn end_name(&mut self) {
        self.names.end();
    }
}
