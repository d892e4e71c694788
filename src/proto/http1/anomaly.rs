//! What can be odd about a message, by name.

use crate::event::Direction;

/// Declares the anomalies: variant, the name of its event in requests, and that in responses.
macro_rules! anomalies {
    ($($(#[$doc:meta])* $variant:ident => $request:literal, $response:literal;)*) => {
        /// One odd thing. Those marked *gives up* end the parsing of their direction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Anomaly {
            $($(#[$doc])* $variant,)*
        }

        impl Anomaly {
            /// All of them, in the order of their values.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name of its event; Suricata's where it has one.
            #[must_use]
            pub const fn name(self, direction: Direction) -> &'static str {
                match (self, direction) {
                    $(
                        (Self::$variant, Direction::ToServer) => concat!("http.", $request),
                        (Self::$variant, Direction::ToClient) => concat!("http.", $response),
                    )*
                }
            }
        }
    };
}

anomalies! {
    /// A header section is longer than [`MAX_HEADER_BYTES`](super::MAX_HEADER_BYTES); it is read to its end.
    HeaderTooLong => "request_field_too_long", "response_field_too_long";
    /// Gives up: what should be a request line or status line is none. A status line of another version, in small letters, or
    /// with words directly behind its code is read all the same.
    BadStartLine => "request_line_invalid", "response_line_invalid";
    /// Gives up: a request line without a protocol, as HTTP/0.9 has it (RFC 1945, section 5.1).
    MissingProtocol => "request_line_missing_protocol", "response_line_missing_protocol";
    /// A chunk size is followed by something other than extensions, which is passed over. Gives up: it is missing, no
    /// hexadecimal number, larger than 64 bits, or its line is longer than [`MAX_CHUNK_LINE_BYTES`](super::MAX_CHUNK_LINE_BYTES).
    BadChunkSize => "invalid_request_chunk_len", "invalid_response_chunk_len";
    /// Several CR stand before the line end behind a chunk's data. Gives up: there is no line end.
    BadChunkEnd => "invalid_request_chunk_end", "invalid_response_chunk_end";
    /// A `Content-Length` is no decimal number of at most 64 bits. Unless a transfer coding or the kind of message decides, a
    /// request is given up, and a response goes on until the end, or until another follows what digits it has.
    BadContentLength => "invalid_content_length_field_in_request", "invalid_content_length_field_in_response";
    /// Several `Content-Length` of the same value, in one field or in several.
    RepeatedContentLength => "duplicate_content_length_field_in_request", "duplicate_content_length_field_in_response";
    /// A `Transfer-Encoding` without a coding, with `identity` or an unknown one, or with chunked anywhere but once at
    /// the end. Gives up in a request whose length it leaves open.
    BadTransferEncoding =>
        "invalid_transfer_encoding_value_in_request", "invalid_transfer_encoding_value_in_response";
    /// Both `Transfer-Encoding` and `Content-Length` (the former wins), or lengths that
    /// differ (as above; of a response the last counts): the shape of request smuggling.
    ConflictingLength => "request_length_ambiguous", "response_length_ambiguous";
    /// A `Transfer-Encoding` in an HTTP/1.0 message; it is followed all the same.
    TransferEncodingHttp10 => "request_chunked_old_proto", "response_chunked_old_proto";
    /// A field that frames the message is folded, has a tab in its value, or white space between its name and the
    /// colon: some see the field and some do not.
    ObscuredFraming => "request_framing_obscured", "response_framing_obscured";
    /// A line of a header section ends in LF without CR.
    BareLf => "request_bare_lf", "response_bare_lf";
    /// A CR in a header section that does not end its line.
    BareCr => "request_bare_cr", "response_bare_cr";
    /// A NUL in a header section.
    Nul => "request_header_invalid", "response_header_invalid";
    /// A field line is folded (RFC 9112, 5.2).
    ObsFold => "invalid_request_field_folding", "invalid_response_field_folding";
    /// A chunk has extensions, which are not delivered.
    ChunkExtension => "request_chunk_extension", "response_chunk_extension";
    /// A request of HTTP/1.1 without `Host` (RFC 9112, 3.2).
    MissingHost => "missing_host_header", "missing_host_header";
    /// Several `Host` fields.
    RepeatedHost => "request_header_repetition", "response_header_repetition";
    /// The target names another host than `Host` does.
    AmbiguousHost => "host_header_ambiguous", "host_header_ambiguous";
    /// More requests await a response than are remembered ([`MAX_OUTSTANDING`](super::MAX_OUTSTANDING)); those beyond are taken
    /// for something other than HEAD and CONNECT. Also set when no responses are seen at all.
    PipelineOverflow => "too_many_pipelined_requests", "too_many_pipelined_requests";
    /// More codings around a body than are undone, four, or a list of them that was not seen as a whole: the innermost are
    /// left on.
    TooManyCodings => "too_many_encoding_layers", "too_many_encoding_layers";
    /// A response to which no request belongs, though the requests were followed from their first.
    UnmatchedResponse => "unable_to_match_request_to_response", "unable_to_match_response_to_request";
    /// Gives up: bytes that decide where a message ends were never seen.
    LostSync => "request_sync_lost", "response_sync_lost";
}

impl Anomaly {
    const fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

/// What was odd about a message, and what of it was told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Anomalies {
    seen: u32,
    told: u32,
}

impl Anomalies {
    /// Another message begins.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds one.
    pub(super) fn insert(&mut self, anomaly: Anomaly) {
        self.seen |= anomaly.bit();
    }

    /// There are some that were not told.
    pub(super) fn any(self) -> bool {
        self.seen != self.told
    }

    /// Those that were not told before, in the order of their values.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Anomaly> + use<> {
        let new = self.seen & !self.told;
        self.told = self.seen;
        Anomaly::ALL.iter().copied().filter(move |anomaly| new & anomaly.bit() != 0)
    }
}
