//! What can be odd about NFS, by name.

use crate::event::reasons::reasons;

reasons! {
    /// One odd thing.
    pub enum Anomaly {
        /// Lengths in a message contradict each other: the rest of it is scanned as it stands.
        MalformedData => "malformed_data",
        /// Another version than 3: its messages are scanned as they stand.
        Version => "version_not_read",
        /// A call that is protected by RPCSEC_GSS: it is scanned as it stands, unless it is encrypted.
        Protected => "protection_not_read",
        /// Bytes of a file that were written before are written again: they are scanned, and no part of its object.
        FileOverlap => "file_overlap",
        /// A file is read or written in more places at a time than are followed: what is elsewhere is scanned as it stands.
        TooManyPieces => "too_many_pieces",
        /// More calls await their replies than are remembered: the oldest is forgotten.
        TooManyRequests => "too_many_outstanding_requests",
        /// Bytes that decide where a message ends were never seen: the next one is looked for.
        LostSync => "sync_lost",
    }
    /// The name of its event.
    pub fn name => "nfs.";
}
