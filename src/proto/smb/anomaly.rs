//! What can be odd about SMB, by name.

use crate::event::reasons::reasons;

reasons! {
    /// One odd thing. Where Suricata has a name for it, it is that.
    pub enum Anomaly {
        /// Lengths or offsets in a message contradict each other: what they leave unclear is scanned as it stands.
        MalformedData => "malformed_data",
        /// The names in an NTLMSSP message lie outside of it.
        MalformedNtlmssp => "malformed_ntlmssp_request",
        /// A message of SMB1 behind the negotiation: it is scanned as it stands.
        Smb1 => "smb1_not_read",
        /// A compressed message of another algorithm than LZNT1, LZ77 and Pattern_V1: what is missing of it is a hole.
        Compressed => "compression_not_read",
        /// A compressed message that cannot be decompressed, or would become longer than 8 MiB and some headers: what is
        /// missing of it is a hole.
        BadCompression => "malformed_compression",
        /// A packet from which more would come than 1,000 times its bytes and 1 MiB: the rest of the message is a hole.
        CompressionLimit => "compression_limit",
        /// Bytes of a file that were written before are written again: they are scanned, and no part of its object.
        FileOverlap => "file_overlap",
        /// More files are open than are followed: the one that was used longest ago is forgotten.
        TooManyFiles => "too_many_open_files",
        /// A file is read or written in more places at a time than are followed: what is elsewhere is scanned as it stands.
        TooManyPieces => "too_many_pieces",
        /// More requests await their responses than are remembered: the oldest is forgotten.
        TooManyRequests => "too_many_outstanding_requests",
        /// Bytes that decide where a message ends were never seen: the next one is looked for.
        LostSync => "sync_lost",
    }
    /// The name of its event.
    pub fn name => "smb.";
}
