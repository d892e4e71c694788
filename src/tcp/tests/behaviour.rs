//! What is remembered, believed and given up beyond single segments: doubts, two handshakes, history, depth, windows.

use xxhash_rust::xxh3::xxh3_64;

use super::anomalies::{Segment, from_client, from_server, stamped};
use super::*;

impl Session {
    fn odd(&self, direction: Direction) -> Vec<Anomaly> {
        self.log(direction).odd.iter().map(|(anomaly, _)| *anomaly).collect()
    }
}

#[test]
fn the_ttl_of_a_new_route_is_learned() {
    let mut s = Session::established(roomy());
    s.give(Segment { ttl: 50, ..from_client(1, b"one ") });
    s.give(from_server(1, 5, b""));
    assert_eq!(s.give(Segment { ttl: 50, ..from_client(5, b"two") }), Fate::Delivered);
    assert_eq!(s.client_text(), "one two");
}

#[test]
fn a_low_ttl_at_the_beginning_hides_no_later_one() {
    let mut s = Session::new(roomy());
    // Both die on their way; the receiver sees those that follow them.
    s.give(Segment { flags: SYN, ttl: 5, ..from_client(0, b"") });
    s.give(Segment { flags: SYN, ..from_client(0, b"") });
    s.send(ToClient, SYN | ACK, 0, 1, b"");
    assert_eq!(s.give(Segment { ttl: 5, ..from_client(1, b"evil") }), Fate::Doubted(Anomaly::TtlTooLow));
    let mut s = Session::new(roomy());
    s.give(Segment { flags: SYN, ttl: 5, ..from_client(0, b"") });
    s.send(ToClient, SYN | ACK, 0, 1, b"");
    s.give(from_client(1, b""));
    assert_eq!(s.give(Segment { ttl: 5, ..from_client(1, b"evil") }), Fate::Doubted(Anomaly::TtlTooLow));
    s.client(1, b"good");
    s.finish();
    assert_eq!(s.client_text(), "good");
}

#[test]
fn a_window_that_was_not_seen_is_learned() {
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    s.give(Segment { flags: SYN | ACK, window: 4, ..from_server(0, 1, b"") });
    s.give(from_client(1, b""));
    s.client(1, b"four");
    assert_eq!(s.give(from_client(5, b" more")), Fate::Doubted(Anomaly::OutOfWindow));
    s.give(Segment { window: 0, ..from_server(1, 10, b"") });
    assert_eq!(s.client_text(), "four more");
    assert_eq!(s.give(from_client(10, b" and more")), Fate::Delivered, "windows are not judged any more");
}

#[test]
fn timestamps_that_a_middlebox_rewrites_are_not_judged_any_more() {
    let mut s = Session::new(roomy());
    s.give(Segment { flags: SYN, options: stamped(5000), ..from_client(0, b"") });
    s.give(Segment { flags: SYN | ACK, options: stamped(9), ..from_server(0, 1, b"") });
    s.give(Segment { options: stamped(5000), ..from_client(1, b"") });
    assert_eq!(
        s.give(Segment { options: stamped(10), ..from_client(1, b"one ") }),
        Fate::Doubted(Anomaly::BadTimestamp)
    );
    s.give(Segment { options: stamped(10), ..from_server(1, 5, b"") });
    assert_eq!(s.client_text(), "one ");
    assert_eq!(s.give(Segment { options: stamped(11), ..from_client(5, b"two") }), Fate::Delivered);
}

#[test]
fn timestamps_wrap() {
    let mut s = Session::new(roomy());
    s.give(Segment { flags: SYN, options: stamped(0xffff_fffe), ..from_client(0, b"") });
    s.give(Segment { flags: SYN | ACK, options: stamped(1), ..from_server(0, 1, b"") });
    for (seq, stamp) in [(1, 0xffff_ffff), (2, 0), (3, 2)] {
        assert_eq!(s.give(Segment { options: stamped(stamp), ..from_client(seq, b"x") }), Fate::Delivered);
        s.give(Segment { options: stamped(1), ..from_server(1, seq + 1, b"") });
    }
    // So far ahead that it is behind.
    let fate = s.give(Segment { options: stamped(0x8000_0003), ..from_client(4, b"evil") });
    assert_eq!(fate, Fate::Doubted(Anomaly::BadTimestamp));
    assert_eq!(s.client_text(), "xxx");
}

#[test]
fn a_timestamp_counts_only_on_what_is_due() {
    let mut s = Session::new(roomy());
    s.give(Segment { flags: SYN, options: stamped(100), ..from_client(0, b"") });
    s.give(Segment { flags: SYN | ACK, options: stamped(1), ..from_server(0, 1, b"") });
    // An early segment, later than the one before it.
    s.give(Segment { options: stamped(200), ..from_client(5, b"late") });
    assert_eq!(s.give(Segment { options: stamped(150), ..from_client(1, b"good") }), Fate::Delivered);
    assert_eq!(s.client_text(), "goodlate");
}

#[test]
fn a_stream_holds_no_more_than_its_limit_of_doubts() {
    let mut s = Session::established(roomy());
    for at in 0..15 {
        let fate = s.give(Segment { ttl: 9, ..from_client(1 + 2 * at, b"xx") });
        assert_eq!(fate, Fate::Doubted(Anomaly::TtlTooLow));
    }
    assert_eq!(s.tcp.pieces_used(), 15);
    let fate = s.give(Segment { ttl: 9, ..from_client(31, b"xx") });
    assert_eq!(fate, Fate::Refused(Anomaly::TtlTooLow));
    // The same once more needs no room.
    assert_eq!(s.give(Segment { ttl: 9, ..from_client(1, b"xx") }), Fate::Doubted(Anomaly::TtlTooLow));
    assert_eq!((s.tcp.counters().doubts_dropped, s.tcp.pieces_used()), (1, 15));
    s.client(1, &[b'y'; 30]);
    assert_eq!(s.tcp.pieces_used(), 0, "what is delivered is beyond doubt");
    s.finish();
    assert_eq!(s.client_text(), "y".repeat(30));
}

#[test]
fn doubts_that_nothing_better_follows_are_believed_in_the_end() {
    // The receiver is not seen; the sender's route has changed.
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    for at in 0..15 {
        s.give(Segment { ttl: 9, ..from_client(1 + 2 * at, b"xx") });
    }
    s.now_ns += 1_000 * MS;
    s.give(Segment { ttl: 9, ..from_client(31, b"yy") });
    assert_eq!(s.client_text(), "", "as long as a hole may stay, not longer");
    s.now_ns += 1;
    s.give(Segment { ttl: 9, ..from_client(31, b"yy") });
    assert_eq!(s.client_text(), "x".repeat(30));
    assert!(s.odd(ToServer).contains(&Anomaly::RefusalDisproved));
    s.give(Segment { ttl: 9, ..from_client(33, b"zz") });
    s.give(from_server(1, 35, b""));
    s.finish();
    assert_eq!(s.client_text(), format!("{}yyzz", "x".repeat(30)));
}

#[test]
fn the_later_of_two_doubtful_versions_is_what_an_acknowledgement_follows() {
    let mut s = Session::established(roomy());
    s.give(Segment { ttl: 9, ..from_client(1, b"first") });
    s.now_ns += MS;
    s.give(Segment { ttl: 9, ..from_client(1, b"later") });
    s.give(from_server(1, 6, b""));
    assert_eq!(s.client_text(), "later");
    assert_eq!(s.tcp.pieces_used(), 0);
}

#[test]
fn a_syn_is_answered_or_not_and_the_other_one_opens_the_session_again() {
    let mut s = Session::established(roomy());
    s.client(1, b"old");
    s.give(Segment { flags: SYN, ..from_client(70_000, b"") });
    assert!(!s.pair.is_reopened_by(ToClient, CLIENT_ISN + 4), "this goes on with the old one");
    assert!(s.pair.is_reopened_by(ToClient, CLIENT_ISN + 70_001));
    assert!(!s.pair.is_reopened_by(ToServer, CLIENT_ISN + 70_001), "the opener does not answer itself");
}

#[test]
fn delivered_bytes_that_come_again_are_compared() {
    let mut s = Session::established(Limits { history: 8, ..roomy() });
    s.client(1, b"abcd");
    s.client(5, b"efgh");
    s.client(1, b"abcd");
    s.client(1, b"abcdefgh");
    assert!(s.odd(ToServer).is_empty());
    assert_eq!(s.tcp.counters().overlap_unverified, 0);
    s.client(1, b"abcdEFGH");
    let versions =
        Versions { offset: 4, length: 4, first: xxh3_64(b"efgh"), later: xxh3_64(b"EFGH"), kept: Kept::First };
    assert_eq!(s.log(ToServer).odd, [(Anomaly::OverlapDifferentData, Some(versions))]);
    // Cut otherwise than at first: what is whole is compared, the rest is counted.
    s.client(3, b"cdefgh");
    assert_eq!(s.tcp.counters().overlap_unverified, 1);
    s.client(3, b"cdEFGH");
    assert_eq!(s.log(ToServer).odd.len(), 2);
    assert_eq!(s.client_text(), "abcdefgh");
}

#[test]
fn what_history_has_forgotten_is_counted_as_unverified() {
    let mut s = Session::established(Limits { history: 2, ..roomy() });
    for (seq, payload) in [(1, b"ab"), (3, b"cd"), (5, b"ef")] {
        s.client(seq, payload);
    }
    s.client(1, b"XX");
    assert!(s.odd(ToServer).is_empty());
    assert_eq!(s.tcp.counters().overlap_unverified, 1);
    s.client(3, b"XX");
    assert_eq!(s.odd(ToServer), [Anomaly::OverlapDifferentData]);
}

#[test]
fn what_waited_is_compared_once_it_is_delivered_as_well() {
    let mut s = Session::established(Limits { history: 8, ..roomy() });
    s.client(5, b"efgh");
    s.client(1, b"abcd");
    s.client(5, b"EFGH");
    assert_eq!(s.odd(ToServer), [Anomaly::OverlapDifferentData]);
    assert_eq!(s.client_text(), "abcdefgh");
}

#[test]
fn depth_is_by_direction_and_port() {
    let ports = [(25, Depth { to_server: 2, to_client: 0 }), (80, Depth { to_server: u64::MAX, to_client: 3 })];
    let limits = Limits { depth: Depth { to_server: 5, to_client: 5 }, port_depths: ports.into(), ..roomy() };
    for (server_port, to_server, to_client) in [(25, "re", ""), (80, "request", "ans"), (443, "reque", "answe")] {
        let mut s = Session::established(limits.clone());
        let now_ns = s.now_ns;
        for (direction, seq, ack, payload) in
            [(ToServer, CLIENT_ISN, SERVER_ISN, b"request".as_slice()), (ToClient, SERVER_ISN, CLIENT_ISN, b"answer")]
        {
            let header = TcpHeader { seq: seq + 1, ack: ack + 1, window: 65535, flags: ACK };
            s.take(direction, &Packet { payload, server_port, ..packet(&header, now_ns) });
        }
        assert_eq!((s.client_text().as_str(), s.log(ToClient).text().as_str()), (to_server, to_client));
        assert_eq!(s.pair.is_stopped(), server_port != 80);
        // A depth of 0 is no limit that was reached.
        let reached = s.tcp.counters().seen(Anomaly::DepthReached);
        assert_eq!(reached, if server_port == 443 { 2 } else { 1 }, "port {server_port}");
    }
}

#[test]
fn a_consumer_that_has_enough_gets_no_more() {
    let mut s = Session::established(roomy());
    s.logs.0[0].enough = Some(4);
    s.client(9, b"early");
    s.client(1, b"abc");
    assert_eq!(s.log(ToServer).end, None);
    s.client(4, b"de");
    assert_eq!((s.client_text().as_str(), s.log(ToServer).end), ("abcde", Some(StreamEnd::Enough)));
    assert_eq!(s.tcp.pieces_used(), 0, "what waits is not wanted either");
    assert_eq!(s.give(from_client(6, b"fgh")), Fate::Stopped);
    s.client(20, b"early");
    assert_eq!(s.tcp.pieces_used(), 0, "nor stored");
    s.send(ToServer, FIN | ACK, 9, 1, b"");
    s.finish();
    assert_eq!(s.client_text(), "abcde");
    assert_eq!(s.tcp.counters().stopped, 1);
}

/// A way to end a stream, and the reason that is told.
type Ending = (StreamEnd, fn(&mut Session));

#[test]
fn a_session_ends_once_whatever_follows() {
    let endings: [Ending; 5] = [
        (StreamEnd::Fin, |s| s.send(ToServer, FIN | ACK, 4, 1, b"")),
        (StreamEnd::Reset, |s| s.send(ToServer, RST, 4, 0, b"")),
        (StreamEnd::Depth, |s| s.client(4, b"1234567")),
        (StreamEnd::Enough, |s| {
            s.logs.0[0].enough = Some(4);
            s.client(4, b"1");
        }),
        (StreamEnd::Session(EndReason::Timeout), |s| s.finish()),
    ];
    for (reason, end) in endings {
        let mut s = Session::established(Limits { depth: Depth { to_server: 9, to_client: 9 }, ..roomy() });
        s.client(1, b"abc");
        end(&mut s);
        assert_eq!(s.log(ToServer).end, Some(reason));
        // The consumer of these tests fails at a second end, and at data after the first.
        for (_, again) in endings.iter().filter(|(reason, _)| *reason != StreamEnd::Enough) {
            again(&mut s);
        }
        s.finish();
        assert_eq!(s.log(ToServer).end, Some(reason));
    }
}

#[test]
fn doubts_before_a_segment_that_cannot_be_stored_are_no_second_version_of_it() {
    let limits = || Limits { per_stream: 0, ..roomy() };
    // The receiver is not seen, so what was doubted is all there is before the segment; it reaches into it.
    let one_way = |flags: u8, doubted: &'static [u8]| {
        let mut s = Session::new(limits());
        s.send(ToServer, SYN, 0, 0, b"");
        s.give(Segment { flags, ttl: 9, ..from_client(1, doubted) });
        s.client(4, b"defgh");
        s.finish();
        s
    };
    let s = one_way(ACK, b"abcde");
    assert_eq!(s.client_text(), "abcdefgh");
    // With a FIN of its own it is the end, and nothing follows.
    let s = one_way(FIN | ACK, b"abc");
    assert_eq!((s.client_text().as_str(), s.log(ToServer).end), ("abc", Some(StreamEnd::Fin)));
    assert_eq!(s.tcp.counters().seen(Anomaly::DataAfterFin), 1);
}

#[test]
fn what_waits_when_a_reset_comes_is_never_read() {
    let mut s = Session::established(roomy());
    s.client(1, b"read");
    s.client(9, b"waits");
    s.give(Segment { ttl: 9, ..from_client(5, b"doubt") });
    s.send(ToServer, RST, 5, 0, b"");
    assert_eq!((s.log(ToServer).end, s.tcp.pieces_used()), (Some(StreamEnd::Reset), 0));
    s.give(from_server(1, 14, b""));
    s.finish();
    assert_eq!(s.client_text(), "read");
    assert_eq!(s.tcp.counters().after_close, 5);
}

#[test]
fn a_zero_window_probe_is_taken_when_the_receiver_takes_it() {
    for taken in [false, true] {
        let mut s = Session::established(roomy());
        s.client(1, b"data");
        s.give(Segment { window: 0, ..from_server(1, 5, b"") });
        // What is granted never shrinks by itself: the first window still holds this.
        assert_eq!(s.give(from_client(65_536, b"x")), Fate::Doubted(Anomaly::OutOfWindow));
        // Probes without data, one number back, are keep-alives.
        assert_eq!(s.give(from_client(4, b"")), Fate::Empty);
        assert_eq!(s.give(from_client(5, b"p")), Fate::Delivered);
        s.give(Segment { window: u16::from(taken) * 100, ..from_server(1, 6, b"") });
        s.client(6, b"robe");
        assert_eq!(s.client_text(), "dataprobe");
    }
}

#[test]
fn a_window_that_was_always_closed_doubts_a_probe() {
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    s.give(Segment { flags: SYN | ACK, window: 0, ..from_server(0, 1, b"") });
    s.give(from_client(1, b""));
    assert_eq!(s.give(from_client(1, b"p")), Fate::Doubted(Anomaly::OutOfWindow));
    s.give(Segment { window: 1000, ..from_server(1, 1, b"") });
    assert_eq!(s.give(from_client(1, b"probe")), Fate::Delivered);
    s.finish();
    assert_eq!(s.client_text(), "probe");
}

fn scaled(shift: u8) -> Options {
    Options { window_scale: Some(shift), ..Options::default() }
}

#[test]
fn windows_are_scaled_when_both_sides_say_so() {
    for (client, server, room) in [(Some(2), Some(7), 100 << 7), (None, Some(7), 100), (Some(2), None, 100)] {
        let options = |shift: Option<u8>| shift.map_or(Options::default(), scaled);
        let mut s = Session::new(roomy());
        s.give(Segment { flags: SYN, options: options(client), ..from_client(0, b"") });
        // The window of a SYN is never scaled (RFC 7323 section 2.2).
        s.give(Segment { flags: SYN | ACK, window: 50, options: options(server), ..from_server(0, 1, b"") });
        s.give(from_client(1, b""));
        assert_eq!(s.give(from_client(51, b"x")), Fate::Doubted(Anomaly::OutOfWindow));
        s.give(Segment { window: 100, ..from_server(1, 1, b"") });
        assert_eq!(s.give(from_client(room, b"x")), Fate::Early, "{client:?} {server:?}");
        assert_eq!(s.give(from_client(1 + room, b"x")), Fate::Doubted(Anomaly::OutOfWindow), "{client:?} {server:?}");
    }
}

#[test]
fn windows_and_the_end_of_a_stream_wrap() {
    let start = 0_u32.wrapping_sub(CLIENT_ISN).wrapping_sub(3);
    let mut s = Session::new(roomy());
    s.give(Segment { flags: SYN, ..from_client(start, b"") });
    s.give(Segment { flags: SYN | ACK, window: 9, ..from_server(0, start.wrapping_add(1), b"") });
    s.give(from_client(start.wrapping_add(1), b""));
    assert_eq!(s.give(from_client(start.wrapping_add(10), b"x")), Fate::Doubted(Anomaly::OutOfWindow));
    assert_eq!(s.give(Segment { flags: FIN | ACK, ..from_client(start.wrapping_add(5), b"efgh") }), Fate::Early);
    assert_eq!(s.give(from_client(start.wrapping_add(1), b"abcd")), Fate::Delivered);
    assert_eq!((s.client_text().as_str(), s.log(ToServer).end), ("abcdefgh", Some(StreamEnd::Fin)));
    s.give(from_server(1, start.wrapping_add(10), b""));
    assert!(s.log(ToClient).odd.is_empty(), "the FIN has a number, which is acknowledged");
}

#[test]
fn a_session_that_a_keep_alive_shows_first_begins_with_the_byte_after_it() {
    let mut s = Session::new(roomy());
    s.give(from_client(100, b""));
    s.give(from_server(1, 101, b""));
    assert_eq!(s.give(from_client(101, b"data")), Fate::Delivered);
    s.finish();
    assert_eq!(s.client_text(), "data");
    assert!(s.log(ToServer).gaps.is_empty());
}

#[test]
fn two_sides_of_which_one_is_never_seen() {
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    s.client(1, b"one way");
    s.send(ToServer, FIN | ACK, 8, 1, b"");
    s.finish();
    assert_eq!((s.client_text().as_str(), s.log(ToServer).end), ("one way", Some(StreamEnd::Fin)));
    assert_eq!(s.log(ToClient).end, None, "nothing was seen of it");
}

#[test]
fn a_fin_that_a_receiver_should_refuse_ends_nothing() {
    let mut s = Session::established(roomy());
    s.client(1, b"before");
    s.give(Segment { flags: FIN | ACK, ttl: 9, ..from_client(7, b"") });
    assert_eq!(s.log(ToServer).end, None);
    s.client(7, b" after");
    s.give(from_server(1, 13, b""));
    assert_eq!((s.client_text().as_str(), s.log(ToServer).end), ("before after", None));
    // It is acknowledged: then it was none to refuse.
    s.give(Segment { flags: FIN | ACK, ttl: 9, ..from_client(13, b"") });
    s.give(from_server(1, 14, b""));
    assert_eq!(s.log(ToServer).end, Some(StreamEnd::Fin));
}

#[test]
fn the_urgent_byte_may_wait_or_come_apart() {
    use crate::wire::tcp_flag::URG;
    let mut s = Session::established(roomy());
    // The pointer comes first; its byte is in the segment after the next.
    s.give(Segment { flags: ACK | URG, urgent: 6, ..from_client(1, b"ab") });
    s.client(5, b"e!g");
    s.client(3, b"cd");
    assert_eq!(s.client_text(), "abcdeg");
    assert_eq!(s.odd(ToServer), [Anomaly::Urgent]);
    assert!(s.log(ToServer).gaps.is_empty());
    s.finish();
}

#[test]
fn a_reset_with_an_old_timestamp_counts_only_after_the_handshake() {
    for complete in [false, true] {
        let mut s = Session::new(roomy());
        s.give(Segment { flags: SYN, ack: 0, options: stamped(100), ..from_client(0, b"") });
        s.give(Segment { flags: SYN | ACK, options: stamped(7), ..from_server(0, 1, b"") });
        if complete {
            s.give(Segment { options: stamped(101), ..from_client(1, b"") });
        }
        let fate = s.give(Segment { flags: RST | ACK, options: stamped(50), ..from_client(1, b"") });
        let expected = if complete { Fate::Empty } else { Fate::Refused(Anomaly::BadReset) };
        assert_eq!(fate, expected, "handshake complete: {complete}");
    }
}
