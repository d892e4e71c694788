//! What can be odd about a message, by name.

/// One odd thing. Those marked *gives up* end the parsing of their direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Anomaly {
    /// Gives up: a header section is longer than [`MAX_HEADER_BYTES`](super::MAX_HEADER_BYTES).
    HeaderTooLong = 0,
    /// Gives up: what should be a request line or status line is none.
    BadStartLine = 1,
    /// Gives up: a chunk size is missing, no hexadecimal number, larger than 64 bits, or its line
    /// is longer than [`MAX_CHUNK_LINE_BYTES`](super::MAX_CHUNK_LINE_BYTES).
    BadChunkSize = 2,
    /// Gives up: a chunk's data is not followed by a line end.
    BadChunkEnd = 3,
    /// Gives up unless a transfer coding or the kind of message decides: a `Content-Length` is no
    /// decimal number of at most 64 bits.
    BadContentLength = 4,
    /// A `Transfer-Encoding` without a coding, with `identity`, or with chunked anywhere but once at the end.
    /// Gives up in a request whose length it leaves open.
    BadTransferEncoding = 5,
    /// Both `Transfer-Encoding` and `Content-Length` (the former wins), or lengths that
    /// differ (gives up unless something else decides): the shape of request smuggling.
    ConflictingLength = 6,
    /// A `Transfer-Encoding` in an HTTP/1.0 message; it is followed all the same.
    TransferEncodingHttp10 = 7,
    /// A line ends in LF without CR.
    BareLf = 8,
    /// A field line is folded (RFC 9112, 5.2).
    ObsFold = 9,
    /// Whitespace between the name and the colon of a field that frames the message.
    SpaceBeforeColon = 10,
    /// A chunk has extensions, which are not delivered.
    ChunkExtension = 11,
    /// More requests await a response than are remembered ([`MAX_OUTSTANDING`](super::MAX_OUTSTANDING)); those beyond are taken
    /// for something other than HEAD and CONNECT. Also set when no responses are seen at all.
    PipelineOverflow = 12,
    /// Gives up: bytes that decide where a message ends were never seen.
    LostSync = 13,
}

impl Anomaly {
    /// All of them, in the order of their values.
    pub const ALL: [Self; 14] = [
        Self::HeaderTooLong,
        Self::BadStartLine,
        Self::BadChunkSize,
        Self::BadChunkEnd,
        Self::BadContentLength,
        Self::BadTransferEncoding,
        Self::ConflictingLength,
        Self::TransferEncodingHttp10,
        Self::BareLf,
        Self::ObsFold,
        Self::SpaceBeforeColon,
        Self::ChunkExtension,
        Self::PipelineOverflow,
        Self::LostSync,
    ];

    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of [`Anomaly`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Anomalies(u16);

impl Anomalies {
    /// Adds one.
    pub fn insert(&mut self, anomaly: Anomaly) {
        self.0 |= anomaly.bit();
    }

    /// True when `anomaly` is in the set.
    #[must_use]
    pub const fn contains(self, anomaly: Anomaly) -> bool {
        self.0 & anomaly.bit() != 0
    }

    /// True when nothing is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in the order of their values.
    pub fn iter(self) -> impl Iterator<Item = Anomaly> {
        Anomaly::ALL.into_iter().filter(move |&anomaly| self.contains(anomaly))
    }
}
