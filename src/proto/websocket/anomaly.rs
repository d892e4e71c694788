//! What can be odd about frames, by name.

use crate::event::reasons::reasons;

reasons! {
    /// One odd thing.
    pub enum Anomaly {
        /// A frame from the client that is not masked (RFC 6455, 5.1).
        Unmasked => "unmasked_frame",
        /// A frame from the server that is masked.
        Masked => "masked_frame",
        /// A reserved bit that no extension gave a meaning to.
        ReservedBits => "reserved_bits",
        /// An opcode that has no meaning; its payload is skipped.
        ReservedOpcode => "reserved_opcode",
        /// A control frame that is fragmented, or longer than 125 bytes (RFC 6455, 5.5).
        BadControl => "invalid_control_frame",
        /// A continuation of nothing; it is taken for a message.
        NoMessage => "continuation_without_message",
        /// A message begins within another, which it ends.
        Interrupted => "message_interrupted",
        /// A length that is not in the shortest form.
        LongLength => "length_not_minimal",
        /// Gives up: a length of more than 63 bits.
        BadLength => "invalid_length",
        /// Gives up: bytes that decide where a frame ends were never seen.
        LostSync => "sync_lost",
    }
    /// The name of its event.
    pub fn name => "websocket.";
}
