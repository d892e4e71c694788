//! What a ClientHello offers.

use super::hello::{self, Found, Hello, Side};
use super::layout::tag;
use super::list::{List, is_grease};
use crate::event::record::Record;

/// Cipher suites that are kept. A hello with more has no fingerprints.
pub const MAX_CIPHERS: usize = 192;

/// Extensions that are kept. A hello with more has no fingerprints.
pub const MAX_EXTENSIONS: usize = 64;

/// Groups and signature algorithms that are kept. A hello with more has no fingerprints.
pub const MAX_ALGORITHMS: usize = 48;

/// Bytes for the server's name and the protocols that are offered.
const NAME_BYTES: usize = 512;

/// A ClientHello, as far as it has come.
#[derive(Clone, Debug)]
pub(in crate::proto) struct Client {
    hello: Hello,
    /// The version of before TLS 1.3.
    pub(super) version: u16,
    /// The highest of those that the `supported_versions` extension offers; 0 where there are none.
    pub(super) best_version: u16,
    pub(super) ciphers: List<MAX_CIPHERS>,
    pub(super) extensions: List<MAX_EXTENSIONS>,
    pub(super) groups: List<MAX_ALGORITHMS>,
    pub(super) signatures: List<MAX_ALGORITHMS>,
    pub(super) formats: List<8>,
    names: Record<NAME_BYTES>,
    server_names: u8,
    reading_name: bool,
}

impl Client {
    /// One of `length` bytes without the message's header.
    pub(in crate::proto) fn new(length: u32) -> Self {
        Self {
            hello: Hello::new(Side::Client, length),
            version: 0,
            best_version: 0,
            ciphers: List::EMPTY,
            extensions: List::EMPTY,
            groups: List::EMPTY,
            signatures: List::EMPTY,
            formats: List::EMPTY,
            names: Record::default(),
            server_names: 0,
            reading_name: false,
        }
    }

    /// One of which nothing is seen but the version that it asks for.
    pub(super) fn bare(version: u16) -> Self {
        Self { version, ..Self::new(0) }
    }

    /// Takes the next bytes of the message.
    pub(in crate::proto) fn push(&mut self, bytes: &[u8]) {
        // The reader takes what it finds to a value that it is no part of.
        let mut hello = self.hello;
        hello.push(bytes, self);
        self.hello = hello;
    }

    /// It was read to its end, and its lengths agree.
    pub(in crate::proto) fn is_complete(&self) -> bool {
        self.hello.is_complete()
    }

    /// More than one name of a server was asked for.
    pub(super) const fn has_many_names(&self) -> bool {
        self.server_names > 1
    }

    /// There was more of something than is kept.
    pub(super) const fn is_over(&self) -> bool {
        self.ciphers.is_over()
            || self.extensions.is_over()
            || self.groups.is_over()
            || self.signatures.is_over()
            || self.formats.is_over()
    }

    /// The first protocol of ALPN; empty where none is offered.
    pub(super) fn first_protocol(&self) -> &[u8] {
        self.names.get_text(tag::CLIENT_ALPN)
    }

    /// The server's name and the protocols, as fields of a record.
    pub(super) fn fields(&self) -> &[u8] {
        self.names.bytes()
    }
}

impl Found for Client {
    fn version(&mut self, version: u16) {
        self.version = version;
    }

    fn random(&mut self, _piece: &[u8]) {}

    fn cipher(&mut self, suite: u16) {
        self.ciphers.push(suite);
    }

    fn extension(&mut self, kind: u16) {
        self.extensions.push(kind);
    }

    fn entry(&mut self, kind: u16, value: u16) {
        match kind {
            hello::SUPPORTED_GROUPS => self.groups.push(value),
            hello::SIGNATURE_ALGORITHMS => self.signatures.push(value),
            hello::EC_POINT_FORMATS => self.formats.push(value),
            hello::SUPPORTED_VERSIONS if !is_grease(value) => self.best_version = self.best_version.max(value),
            _ => {}
        }
    }

    fn begin_name(&mut self, kind: u16) {
        self.reading_name = true;
        if kind == hello::SERVER_NAME {
            self.server_names = self.server_names.saturating_add(1);
            // The first is what a server looks at.
            self.reading_name = self.server_names == 1;
        }
        if self.reading_name {
            self.names.begin(if kind == hello::SERVER_NAME { tag::SNI } else { tag::CLIENT_ALPN });
        }
    }

    fn name(&mut self, piece: &[u8]) {
        if self.reading_name {
            self.names.more(piece);
        }
    }

    fn end_name(&mut self) {
        self.names.end();
    }
}
