//! What an ordinary peer does not send, by name.

use crate::event::reasons::reasons;

reasons! {
    /// Something odd in a session. One variant, one counter, one event, one test.
    ///
    /// Names are those of Suricata's stream events where it has one for the same thing.
    pub enum Anomaly {
        /// Neither SYN, RST, FIN nor ACK.
        FlagsNull => "pkt_flags_null",
        /// SYN and FIN.
        FlagsSynFin => "pkt_flags_syn_fin",
        /// SYN and RST.
        FlagsSynRst => "pkt_flags_syn_rst",
        /// FIN and RST.
        FlagsFinRst => "pkt_flags_fin_rst",
        /// FIN without ACK, also with PSH and URG ("xmas").
        FlagsFinWithoutAck => "pkt_flags_fin_without_ack",
        /// The TCP checksum is wrong, on a side that fills it in otherwise.
        BadChecksum => "pkt_bad_checksum",
        /// The options do not fit their header.
        BadOptions => "pkt_bad_options",
        /// The time to live is lower than this side's packets had: it may not arrive.
        TtlTooLow => "pkt_ttl_too_low",
        /// The timestamp is older than one seen before (PAWS, RFC 7323 section 5.3).
        BadTimestamp => "pkt_invalid_timestamp",
        /// A signature option where the session has none, or none where it has.
        SignatureSurprise => "pkt_signature_surprise",
        /// Acknowledges what was never sent, or what was acknowledged long ago (RFC 5961 section 5).
        BadAck => "pkt_invalid_ack",
        /// Data to the right of the receiver's window.
        OutOfWindow => "est_packet_out_of_window",
        /// Data that was refused, but its receiver has acknowledged it: it was taken after all.
        RefusalDisproved => "pkt_refusal_disproved",
        /// A RST that neither side can have meant (RFC 5961 section 3, RFC 9293 section 3.5.2).
        BadReset => "suspected_rst_inject",
        /// A SYN with another initial sequence number before the handshake is complete.
        SynResentOtherIsn => "3whs_syn_resend_diff_seq_on_syn_recv",
        /// A SYN-ACK with another initial sequence number before the handshake is complete.
        SynAckResentOtherIsn => "3whs_synack_resend_with_diff_seq",
        /// A SYN-ACK that acknowledges another SYN than was sent.
        SynAckBadAck => "3whs_synack_with_wrong_ack",
        /// Both sides have sent a SYN (simultaneous open, RFC 9293 section 3.5).
        SimultaneousOpen => "4whs_syn",
        /// A SYN in an established session (RFC 5961 section 4).
        SynInSession => "est_syn_resend",
        /// A SYN-ACK in an established session.
        SynAckInSession => "est_synack_resend",
        /// A SYN carries data (RFC 7413).
        DataOnSyn => "3whs_syn_with_data",
        /// Data of the server before its SYN-ACK.
        DataBeforeSynAck => "3whs_data_before_synack",
        /// The urgent pointer points at a byte, which the application does not read in line (RFC 6093).
        Urgent => "pkt_urgent_data",
        /// Bytes came a second time and were different.
        OverlapDifferentData => "reassembly_overlap_different_data",
        /// Data after the sender's FIN.
        DataAfterFin => "fin_data_after",
        /// The stream may hold no more segments before their turn.
        InsertLimit => "reassembly_insert_limit",
        /// The worker has no more room for segments before their turn.
        InsertMemory => "reassembly_insert_memcap",
        /// The stream is longer than is inspected.
        DepthReached => "reassembly_depth_reached",
    }

    /// The event's name.
    pub fn name => "stream.";
    /// The counter's name with its place among all counters.
    pub fn counter => "tcp.anomaly.";
}

/// How many there are.
pub const ANOMALY_COUNT: usize = Anomaly::ALL.len();
