//! Each anomaly by name: what raises it, what becomes of the segment, and the bytes that its receiver reads.

use super::*;
use crate::policy::PrefixTable;
use crate::wire::tcp_flag::{PSH, URG};

/// A segment to be made special; numbers are relative to the initial ones.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    pub(super) direction: Direction,
    pub(super) flags: u8,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) payload: &'static [u8],
    pub(super) window: u16,
    pub(super) ttl: u8,
    pub(super) urgent: u16,
    pub(super) options: Options,
    pub(super) checksum: Checksum,
}

/// A client's segment with ACK.
pub(super) const fn from_client(seq: u32, payload: &'static [u8]) -> Segment {
    Segment {
        direction: ToServer,
        flags: ACK,
        seq,
        ack: 1,
        payload,
        window: 65535,
        ttl: 64,
        urgent: 0,
        options: Options { timestamps: None, window_scale: None, sack: false, signed: false, malformed: false },
        checksum: Checksum::Unchecked,
    }
}

/// A server's segment with ACK that acknowledges everything before client number `ack`.
pub(super) const fn from_server(seq: u32, ack: u32, payload: &'static [u8]) -> Segment {
    Segment { direction: ToClient, ack, ..from_client(seq, payload) }
}

pub(super) const fn stamped(value: u32) -> Options {
    Options { timestamps: Some((value, 0)), window_scale: None, sack: false, signed: false, malformed: false }
}

impl Session {
    /// Gives a special segment to the reassembler.
    pub(super) fn give(&mut self, segment: Segment) -> Fate {
        let Segment { direction, flags, seq, ack, payload, window, ttl, urgent, options, checksum } = segment;
        let (own, other) = match direction {
            ToServer => (CLIENT_ISN, SERVER_ISN),
            ToClient => (SERVER_ISN, CLIENT_ISN),
        };
        let ack = if flags & ACK == 0 { 0 } else { other.wrapping_add(ack) };
        let header = TcpHeader { seq: own.wrapping_add(seq), ack, window, flags };
        let now_ns = self.now_ns;
        self.take(direction, &Packet { payload, ttl, urgent, options, checksum, ..packet(&header, now_ns) }).fate
    }

    /// Exactly one event was told in a direction; it was counted once.
    fn raised(&self, direction: Direction, anomaly: Anomaly) {
        let odd: Vec<_> = self.log(direction).odd.iter().map(|(anomaly, _)| *anomaly).collect();
        assert_eq!(odd, [anomaly]);
        assert_eq!(self.tcp.counters().seen(anomaly), 1);
        assert_eq!(self.tcp.counters().anomalies.iter().sum::<u64>(), 1, "nothing else was counted");
        assert!(self.log(direction.flip()).odd.is_empty());
    }

    /// The honest version of a segment follows, and is what is delivered.
    fn goes_on(&mut self) {
        assert_eq!(self.client_text(), "", "nothing was delivered yet");
        assert_eq!(self.give(from_client(1, b"good")), Fate::Delivered);
        self.give(from_server(1, 5, b""));
        assert_eq!(self.client_text(), "good");
        self.finish();
        assert_eq!(self.client_text(), "good");
    }
}

/// A handshake in which both sides send timestamps, 1,000 and 2,000.
fn stamping() -> Session {
    let mut s = Session::new(roomy());
    s.give(Segment { flags: SYN, options: stamped(1000), ..from_client(0, b"") });
    s.give(Segment { flags: SYN | ACK, options: stamped(2000), ..from_server(0, 1, b"") });
    s.give(Segment { options: stamped(1000), ..from_client(1, b"") });
    s
}

#[test]
fn every_anomaly_is_asserted_here() {
    let source = include_str!("anomalies.rs");
    for anomaly in Anomaly::ALL {
        let asserted = format!("Anomaly::{anomaly:?})");
        assert!(source.contains(&asserted), "{asserted} is nowhere asserted");
    }
}

#[test]
fn flags_null() {
    let mut s = Session::established(roomy());
    let fate = s.give(Segment { flags: 0, ..from_client(1, b"evil") });
    assert_eq!(fate, Fate::Refused(Anomaly::FlagsNull));
    s.raised(ToServer, Anomaly::FlagsNull);
    s.goes_on();
    assert_eq!(s.tcp.counters().refused, 1);
}

#[test]
fn flags_syn_fin() {
    let mut s = Session::established(roomy());
    let fate = s.give(Segment { flags: SYN | FIN, ..from_client(1, b"evil") });
    assert_eq!(fate, Fate::Refused(Anomaly::FlagsSynFin));
    s.raised(ToServer, Anomaly::FlagsSynFin);
    s.goes_on();
}

#[test]
fn illegal_flags_are_told_or_dropped_as_configured() {
    for (event, drop) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut s = Session::established(Limits { illegal_flags: IllegalFlags { event, drop }, ..roomy() });
        let fate = s.give(Segment { flags: SYN | FIN | ACK, ..from_client(700, b"evil") });
        // Taken for what it says, it is a SYN-ACK in an established session.
        let reason = if drop { Anomaly::FlagsSynFin } else { Anomaly::SynAckInSession };
        assert_eq!(fate, Fate::Refused(reason));
        let told = s.log(ToServer).odd.iter().any(|(anomaly, _)| *anomaly == Anomaly::FlagsSynFin);
        assert_eq!(told, event);
        assert_eq!(s.tcp.counters().seen(Anomaly::FlagsSynFin), 1, "it is counted in any case");
        s.goes_on();
    }
}

#[test]
fn flags_syn_rst() {
    let mut s = Session::established(roomy());
    // Receivers look at RST first.
    assert_eq!(s.give(Segment { flags: SYN | RST, ..from_client(1, b"") }), Fate::Empty);
    s.raised(ToServer, Anomaly::FlagsSynRst);
    assert_eq!(s.pair.state(), SessionState::Closed);
    assert_eq!(s.log(ToServer).end, Some(StreamEnd::Reset));
}

#[test]
fn flags_fin_rst() {
    let mut s = Session::established(roomy());
    assert_eq!(s.give(Segment { flags: FIN | RST | ACK, ..from_client(1, b"") }), Fate::Empty);
    s.raised(ToServer, Anomaly::FlagsFinRst);
    assert_eq!(s.log(ToClient).end, Some(StreamEnd::Reset), "no FIN: a reset");
}

#[test]
fn flags_fin_without_ack() {
    for flags in [FIN, FIN | PSH | URG] {
        let mut s = Session::established(roomy());
        let fate = s.give(Segment { flags, ..from_client(1, b"evil") });
        assert_eq!(fate, Fate::Refused(Anomaly::FlagsFinWithoutAck));
        s.raised(ToServer, Anomaly::FlagsFinWithoutAck);
        s.goes_on();
    }
}

#[test]
fn bad_checksum() {
    let mut s = Session::established(roomy());
    s.give(Segment { checksum: Checksum::Right, ..from_client(1, b"") });
    let fate = s.give(Segment { checksum: Checksum::Wrong, ..from_client(1, b"evil") });
    assert_eq!(fate, Fate::Doubted(Anomaly::BadChecksum));
    s.raised(ToServer, Anomaly::BadChecksum);
    // A reset ends nothing.
    let fate = s.give(Segment { checksum: Checksum::Wrong, flags: RST, ..from_client(1, b"") });
    assert_eq!(fate, Fate::Refused(Anomaly::BadChecksum));
    assert_eq!(s.pair.state(), SessionState::Established);
    s.goes_on();

    let mut s = Session::established(roomy());
    let fate = s.give(Segment { checksum: Checksum::Wrong, ..from_client(1, b"sent here") });
    assert_eq!(fate, Fate::Delivered, "the NIC has yet to fill it in");

    // What its receiver acknowledges was taken, and so will be what comes after it.
    let mut s = Session::established(roomy());
    s.give(Segment { checksum: Checksum::Right, ..from_client(1, b"") });
    s.give(Segment { checksum: Checksum::Wrong, ..from_client(1, b"sent ") });
    assert_eq!(s.client_text(), "");
    s.server_ack(6);
    let fate = s.give(Segment { checksum: Checksum::Wrong, ..from_client(6, b"here") });
    assert_eq!((fate, s.client_text().as_str()), (Fate::Delivered, "sent here"));
}

#[test]
fn bad_options() {
    let mut s = Session::established(roomy());
    let options = Options { malformed: true, ..Options::default() };
    assert_eq!(s.give(Segment { options, ..from_client(1, b"taken") }), Fate::Delivered);
    s.raised(ToServer, Anomaly::BadOptions);
    assert_eq!(s.client_text(), "taken");
}

#[test]
fn ttl_too_low() {
    let mut s = Session::established(roomy());
    let fate = s.give(Segment { ttl: 59, ..from_client(1, b"evil") });
    assert_eq!(fate, Fate::Doubted(Anomaly::TtlTooLow));
    s.raised(ToServer, Anomaly::TtlTooLow);
    assert_eq!(s.tcp.counters().doubted, 1);
    s.goes_on();
    // A reset that does not arrive ends nothing.
    let mut s = Session::established(roomy());
    let fate = s.give(Segment { flags: RST, ttl: 59, ..from_client(1, b"") });
    assert_eq!(fate, Fate::Refused(Anomaly::TtlTooLow));
    s.raised(ToServer, Anomaly::TtlTooLow);
    s.goes_on();
    for (slack, ttl) in [(4, 60), (255, 1)] {
        let mut s = Session::established(Limits { ttl_slack: slack, ..roomy() });
        assert_eq!(s.give(Segment { ttl, ..from_client(1, b"near") }), Fate::Delivered);
    }
}

#[test]
fn bad_timestamp() {
    let mut s = stamping();
    let fate = s.give(Segment { options: stamped(998), ..from_client(1, b"evil") });
    assert_eq!(fate, Fate::Doubted(Anomaly::BadTimestamp));
    s.raised(ToServer, Anomaly::BadTimestamp);
    s.goes_on();
    let mut s = stamping();
    assert_eq!(s.give(Segment { options: stamped(999), ..from_client(1, b"late") }), Fate::Delivered);
}

#[test]
fn signature_surprise() {
    let signed = Options { signed: true, ..Options::default() };
    let mut s = Session::established(roomy());
    let fate = s.give(Segment { options: signed, ..from_client(1, b"evil") });
    assert_eq!(fate, Fate::Doubted(Anomaly::SignatureSurprise));
    s.raised(ToServer, Anomaly::SignatureSurprise);
    s.goes_on();
    // And none where the session has them.
    let mut s = Session::new(roomy());
    s.give(Segment { flags: SYN, options: signed, ..from_client(0, b"") });
    s.give(Segment { flags: SYN | ACK, options: signed, ..from_server(0, 1, b"") });
    assert_eq!(s.give(from_client(1, b"evil")), Fate::Doubted(Anomaly::SignatureSurprise));
    assert_eq!(s.give(Segment { options: signed, ..from_client(1, b"good") }), Fate::Delivered);
    assert_eq!(s.give(Segment { flags: RST, ..from_client(5, b"") }), Fate::Refused(Anomaly::BadReset));
    assert_eq!(s.client_text(), "good");
    // A receiver that takes one does not look at signatures: what comes with or without one is taken.
    let mut s = Session::established(roomy());
    s.give(Segment { options: signed, ..from_client(1, b"sig") });
    s.give(from_server(1, 4, b""));
    assert_eq!(s.give(from_client(4, b"ned")), Fate::Delivered);
    assert_eq!(s.give(Segment { options: signed, ..from_client(7, b" too") }), Fate::Delivered);
    assert_eq!(s.give(Segment { flags: RST, ..from_client(11, b"") }), Fate::Empty);
    assert_eq!((s.client_text().as_str(), s.log(ToServer).end), ("signed too", Some(StreamEnd::Reset)));
}

#[test]
fn bad_ack() {
    let mut s = Session::established(roomy());
    // Of what was never sent.
    let fate = s.give(Segment { ack: 2, ..from_client(1, b"evil") });
    assert_eq!(fate, Fate::Doubted(Anomaly::BadAck));
    s.raised(ToServer, Anomaly::BadAck);
    s.goes_on();
    // A bare one is counted and not told.
    let mut s = Session::established(roomy());
    assert_eq!(s.give(Segment { ack: 2, ..from_client(1, b"") }), Fate::Empty);
    assert!(s.log(ToServer).odd.is_empty());
    assert_eq!(s.tcp.counters().seen(Anomaly::BadAck), 1);
    // Before the server's first number.
    let mut s = Session::established(roomy());
    assert_eq!(s.give(Segment { ack: 0, ..from_client(1, b"evil") }), Fate::Doubted(Anomaly::BadAck));
    s.goes_on();
}

#[test]
fn out_of_window() {
    let mut s = Session::established(roomy());
    let fate = s.give(from_client(1 + 65535, b"evil"));
    assert_eq!(fate, Fate::Doubted(Anomaly::OutOfWindow));
    s.raised(ToServer, Anomaly::OutOfWindow);
    s.goes_on();
}

#[test]
fn what_reaches_past_the_window_is_cut_or_left_by_policy() {
    for (name, policy) in Policy::ALL {
        let mut s = Session::new(Limits { policies: PrefixTable::new(policy), ..roomy() });
        s.send(ToServer, SYN, 0, 0, b"");
        s.give(Segment { flags: SYN | ACK, window: 3, ..from_server(0, 1, b"") });
        s.give(from_client(1, b""));
        let fate = s.give(from_client(1, b"abcdef"));
        if policy == Policy::Linux {
            assert_eq!((fate, s.client_text().as_str()), (Fate::Doubted(Anomaly::OutOfWindow), ""));
            // It had the room, as its acknowledgement shows.
            s.give(from_server(1, 7, b""));
            assert_eq!(s.client_text(), "abcdef");
        } else {
            assert_eq!((fate, s.client_text().as_str()), (Fate::Delivered, "abc"), "{name}");
        }
    }
}

#[test]
fn refusal_disproved() {
    let mut s = Session::established(roomy());
    s.give(Segment { ttl: 59, ..from_client(1, b"real") });
    s.give(from_server(1, 5, b""));
    assert_eq!(s.client_text(), "real");
    let odd: Vec<_> = s.log(ToServer).odd.iter().map(|(anomaly, _)| *anomaly).collect();
    assert_eq!(odd, [Anomaly::TtlTooLow, Anomaly::RefusalDisproved]);
    assert_eq!(s.tcp.counters().seen(Anomaly::RefusalDisproved), 1);
    assert_eq!(s.tcp.counters().doubts_confirmed, 1);
}

#[test]
fn bad_reset() {
    let mut s = Session::established(roomy());
    let fate = s.give(Segment { flags: RST, ..from_client(2, b"") });
    assert_eq!(fate, Fate::Refused(Anomaly::BadReset));
    s.raised(ToServer, Anomaly::BadReset);
    assert_eq!(s.pair.state(), SessionState::Established);
    s.goes_on();
}

#[test]
fn syn_resent_other_isn() {
    // The answer decides which of the two counts.
    for (ack, first, text) in [(1, 1, "good"), (501, 501, "good")] {
        let mut s = Session::new(roomy());
        s.send(ToServer, SYN, 0, 0, b"");
        let fate = s.give(Segment { flags: SYN, ..from_client(500, b"") });
        assert_eq!(fate, Fate::Refused(Anomaly::SynResentOtherIsn));
        s.raised(ToServer, Anomaly::SynResentOtherIsn);
        s.give(Segment { flags: SYN | ACK, ..from_server(0, ack, b"") });
        s.give(from_client(502 - first, b"evil"));
        s.give(from_client(first, b"good"));
        s.give(from_server(1, first + 4, b""));
        assert_eq!(s.client_text(), text);
    }
}

#[test]
fn syn_ack_resent_other_isn() {
    for (ack, first) in [(1, 1), (701, 701)] {
        let mut s = Session::new(roomy());
        s.send(ToServer, SYN, 0, 0, b"");
        s.send(ToClient, SYN | ACK, 0, 1, b"");
        let fate = s.give(Segment { flags: SYN | ACK, ..from_server(700, 1, b"") });
        assert_eq!(fate, Fate::Refused(Anomaly::SynAckResentOtherIsn));
        s.raised(ToClient, Anomaly::SynAckResentOtherIsn);
        s.give(Segment { ack, ..from_client(1, b"request") });
        s.give(from_server(first, 8, b"answer"));
        assert_eq!((s.client_text().as_str(), s.log(ToClient).text().as_str()), ("request", "answer"));
    }
}

#[test]
fn syn_ack_bad_ack() {
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    let fate = s.give(Segment { flags: SYN | ACK, ..from_server(800, 300, b"") });
    assert_eq!(fate, Fate::Refused(Anomaly::SynAckBadAck));
    s.raised(ToClient, Anomaly::SynAckBadAck);
    s.send(ToClient, SYN | ACK, 0, 1, b"");
    s.give(from_client(1, b""));
    assert_eq!(s.pair.state(), SessionState::Established);
    s.goes_on();
}

#[test]
fn simultaneous_open() {
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    s.send(ToClient, SYN, 0, 0, b"");
    s.raised(ToClient, Anomaly::SimultaneousOpen);
    s.send(ToServer, SYN | ACK, 0, 1, b"");
    s.send(ToClient, SYN | ACK, 0, 1, b"");
    assert_eq!(s.pair.state(), SessionState::Established, "both have acknowledged the other's SYN");
    s.client(1, b"hers");
    s.send(ToClient, ACK, 1, 5, b"his");
    assert_eq!((s.client_text().as_str(), s.log(ToClient).text().as_str()), ("hers", "his"));
}

#[test]
fn syn_in_session() {
    let mut s = Session::established(roomy());
    let fate = s.give(Segment { flags: SYN, ..from_client(90_000, b"") });
    assert_eq!(fate, Fate::Refused(Anomaly::SynInSession));
    s.raised(ToServer, Anomaly::SynInSession);
    s.goes_on();
    // The old one once more is only late.
    let mut s = Session::established(roomy());
    assert_eq!(s.give(Segment { flags: SYN, ..from_client(0, b"") }), Fate::Empty);
    assert!(s.log(ToServer).odd.is_empty());
}

#[test]
fn syn_ack_in_session() {
    let mut s = Session::established(roomy());
    let fate = s.give(Segment { flags: SYN | ACK, ..from_server(90_000, 1, b"") });
    assert_eq!(fate, Fate::Refused(Anomaly::SynAckInSession));
    s.raised(ToClient, Anomaly::SynAckInSession);
    s.goes_on();
}

#[test]
fn data_on_syn() {
    let mut s = Session::new(roomy());
    let fate = s.give(Segment { flags: SYN, ..from_client(0, b"evil") });
    assert_eq!(fate, Fate::Doubted(Anomaly::DataOnSyn));
    s.raised(ToServer, Anomaly::DataOnSyn);
    s.send(ToClient, SYN | ACK, 0, 1, b"");
    s.goes_on();
}

#[test]
fn data_before_syn_ack() {
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    assert_eq!(s.give(from_server(1, 1, b"answer")), Fate::Doubted(Anomaly::DataBeforeSynAck));
    s.raised(ToClient, Anomaly::DataBeforeSynAck);
    assert_eq!(s.log(ToClient).text(), "");
    s.send(ToClient, SYN | ACK, 0, 1, b"");
    // The client has it: the tap had shown it before its time.
    s.give(Segment { ack: 7, ..from_client(1, b"") });
    assert_eq!(s.log(ToClient).text(), "answer");
    s.raised(ToClient, Anomaly::DataBeforeSynAck);

    // The client does not: the server's real answer has other bytes.
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    s.give(from_server(1, 1, b"forged"));
    s.send(ToClient, SYN | ACK, 0, 1, b"");
    s.give(from_client(1, b""));
    s.give(from_server(1, 1, b"honest"));
    s.give(Segment { ack: 7, ..from_client(1, b"") });
    s.finish();
    assert_eq!(s.log(ToClient).text(), "honest");
}

#[test]
fn urgent() {
    for (inline, text) in [(false, "abd"), (true, "abcd")] {
        let mut s = Session::established(Limits { urgent_inline: inline, ..roomy() });
        let fate = s.give(Segment { flags: ACK | URG, urgent: 3, ..from_client(1, b"abcd") });
        assert_eq!(fate, Fate::Delivered);
        assert_eq!(s.client_text(), text);
        if inline {
            assert!(s.log(ToServer).odd.is_empty());
        } else {
            s.raised(ToServer, Anomaly::Urgent);
        }
        s.client(5, b"efg");
        s.finish();
        assert_eq!(s.client_text(), format!("{text}efg"));
    }
}

#[test]
fn overlap_different_data() {
    let mut s = Session::established(roomy());
    s.client(3, b"cdef");
    assert_eq!(s.give(from_client(3, b"CDEF")), Fate::Repeated);
    s.raised(ToServer, Anomaly::OverlapDifferentData);
    s.client(1, b"ab");
    assert_eq!(s.client_text(), "abcdef");
}

#[test]
fn data_after_fin() {
    let mut s = Session::established(roomy());
    s.send(ToServer, FIN | ACK, 1, 1, b"all");
    assert_eq!(s.give(from_client(5, b"more")), Fate::AfterEnd);
    s.raised(ToServer, Anomaly::DataAfterFin);
    assert_eq!((s.client_text().as_str(), s.log(ToServer).end), ("all", Some(StreamEnd::Fin)));
    assert_eq!(s.tcp.counters().after_close, 4);
}

#[test]
fn insert_limit() {
    let mut s = Session::established(Limits { per_stream: 1, ..roomy() });
    assert_eq!(s.give(from_client(3, b"c")), Fate::Early);
    assert_eq!(s.give(from_client(5, b"e")), Fate::Delivered);
    s.raised(ToServer, Anomaly::InsertLimit);
    assert_eq!(s.client_text(), "??c?e");
}

#[test]
fn insert_memory() {
    let mut s = Session::established(Limits { segments: 0, ..roomy() });
    assert_eq!(s.give(from_client(3, b"c")), Fate::Delivered);
    s.raised(ToServer, Anomaly::InsertMemory);
    assert_eq!(s.client_text(), "??c");
}

#[test]
fn depth_reached() {
    let mut s = Session::established(Limits { depth: Depth { to_server: 4, to_client: u64::MAX }, ..roomy() });
    assert_eq!(s.give(from_client(1, b"abcdef")), Fate::Delivered);
    s.raised(ToServer, Anomaly::DepthReached);
    assert_eq!((s.client_text().as_str(), s.log(ToServer).end), ("abcd", Some(StreamEnd::Depth)));
    assert_eq!(s.give(from_client(7, b"gh")), Fate::Stopped);
    s.send(ToClient, ACK, 1, 9, b"all of this");
    assert_eq!(s.log(ToClient).text(), "all of this", "the other direction goes on");
    s.finish();
    assert_eq!(s.tcp.counters().stopped_bytes, 4);
    s.raised(ToServer, Anomaly::DepthReached);
}
