//! What can be odd about HTTP/2, by name.

use crate::event::reasons::reasons;

reasons! {
    /// One odd thing. Those marked *gives up* end the reading of their direction.
    pub enum Anomaly {
        /// Gives up: the client does not begin with the connection preface (RFC 9113, 3.4).
        BadPreface => "invalid_client_magic",
        /// Gives up: a frame is longer than 1 MiB, or its kind cannot be so long.
        BadFrameLength => "invalid_frame_length",
        /// A frame on a stream that its kind does not belong on, or within another's header block.
        BadFrameHeader => "invalid_frame_header",
        /// Padding longer than its frame, or a frame of settings that is not whole.
        BadFrameData => "invalid_frame_data",
        /// A header block that cannot be decoded; the table is lost with it.
        FailedDecompression => "failed_decompression",
        /// A stream begins anew that has had its header section.
        StreamReuse => "stream_id_reuse",
        /// More streams at a time than are followed: the oldest that only waits for its response is told without it; where
        /// none does, the new one's body is scanned as it stands.
        TooManyStreams => "too_many_streams",
        /// More codings around a body than are undone, four, or a list of them that was not seen as a whole: the innermost
        /// are left on.
        TooManyCodings => "too_many_encoding_layers",
        /// `host` names another than `:authority`.
        AmbiguousHost => "authority_host_mismatch",
        /// Gives up: bytes that decide where a frame ends were never seen.
        LostSync => "sync_lost",
    }
    /// The name of its event.
    pub fn name => "http2.";
}
