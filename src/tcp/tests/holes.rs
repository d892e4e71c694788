//! When a hole is given up: the times are exact.

use super::*;

const TIMEOUT: u64 = 700 * MS;
const GRACE: u64 = 20 * MS;

fn limits() -> Limits {
    Limits { hole_timeout_ns: TIMEOUT, ..roomy() }
}

/// Bytes 1 to 3 are missing; "def" came at `now_ns`.
fn with_hole() -> Session {
    let mut s = Session::established(limits());
    s.client(4, b"def");
    s
}

#[test]
fn a_hole_is_skipped_when_it_is_older_than_the_timeout() {
    let mut s = with_hole();
    let start = s.now_ns;
    s.now_ns = start + TIMEOUT;
    s.server_ack(1);
    assert_eq!(s.client_text(), "", "as old as the timeout, not older");
    s.now_ns = start + TIMEOUT + 1;
    s.server_ack(1);
    assert_eq!(s.client_text(), "???def");
    s.finish();
    s.assert_counters(|c| {
        c.out_of_order = 1;
        c.hole_timeout = 1;
        c.gaps = 1;
        c.gap_bytes = 3;
    });
}

#[test]
fn the_sender_s_own_packets_time_a_hole_out_as_well() {
    for late in [b"jkl".as_slice(), b"def"] {
        let mut s = with_hole();
        s.now_ns += TIMEOUT + 1;
        let seq = if late == b"def" { 4 } else { 10 };
        s.client(seq, late);
        assert_eq!(s.client_text(), "???def");
        assert_eq!(s.tcp.counters().hole_timeout, 1);
    }
}

#[test]
fn an_acknowledged_hole_is_skipped_after_the_grace() {
    let mut s = with_hole();
    let start = s.now_ns;
    s.server_ack(7);
    s.now_ns = start + GRACE;
    s.server_ack(7);
    assert_eq!(s.client_text(), "", "20 ms old, not older");
    s.now_ns = start + GRACE + 1;
    s.server_ack(7);
    assert_eq!(s.client_text(), "???def");
    s.assert_counters(|c| {
        c.out_of_order = 1;
        c.hole_acked = 1;
        c.gaps = 1;
        c.gap_bytes = 3;
    });
}

#[test]
fn data_that_its_acknowledgement_overtook_is_delivered_within_the_grace() {
    let mut s = with_hole();
    s.server_ack(7);
    s.now_ns += GRACE;
    s.client(1, b"abc");
    assert_eq!(s.client_text(), "abcdef");
    s.assert_counters(|c| {
        c.out_of_order = 1;
        c.in_order = 1;
    });
}

#[test]
fn the_acknowledgement_must_cover_the_whole_hole() {
    for (ack, covers) in [(1, false), (3, false), (4, true), (7, true)] {
        let mut s = with_hole();
        s.now_ns += GRACE + 1;
        s.server_ack(ack);
        assert_eq!(s.client_text(), if covers { "???def" } else { "" }, "ack {ack}");
        assert_eq!(s.tcp.counters().hole_acked, u64::from(covers));
    }
}

#[test]
fn a_number_without_the_ack_flag_acknowledges_nothing() {
    let mut s = with_hole();
    s.now_ns += GRACE + 1;
    let header = TcpHeader { seq: SERVER_ISN + 1, ack: CLIENT_ISN + 7, window: 0, flags: 0 };
    let now_ns = s.now_ns;
    let placement = s.take(ToClient, &Packet { payload: b"x", ..packet(&header, now_ns) });
    assert_eq!(placement.fate, Fate::Refused(Anomaly::FlagsNull));
    assert_eq!(s.client_text(), "");
    assert_eq!(s.tcp.counters().hole_acked, 0);
}

#[test]
fn an_acknowledgement_of_one_hole_says_nothing_of_the_next() {
    let mut s = with_hole();
    s.client(10, b"jkl");
    s.server_ack(7);
    // The first hole is filled in time; the second, which nobody acknowledged, must wait for its data.
    s.client(1, b"abc");
    s.now_ns += GRACE + 1;
    s.server_ack(7);
    assert_eq!(s.client_text(), "abcdef");
    s.client(7, b"ghi");
    assert_eq!(s.client_text(), "abcdefghijkl");
    s.assert_counters(|c| {
        c.out_of_order = 2;
        c.in_order = 2;
    });
}

#[test]
fn one_acknowledgement_covers_several_holes() {
    let mut s = with_hole();
    s.client(10, b"jkl");
    s.client(20, b"uvw");
    s.now_ns += GRACE + 1;
    s.server_ack(13);
    assert_eq!(s.client_text(), "???def???jkl", "the third hole is not acknowledged");
    assert_eq!(s.tcp.pieces_used(), 1);
    s.assert_counters(|c| {
        c.out_of_order = 3;
        c.hole_acked = 2;
        c.gaps = 2;
        c.gap_bytes = 6;
    });
}

#[test]
fn holes_of_different_age_time_out_one_by_one() {
    let mut s = with_hole();
    let start = s.now_ns;
    s.now_ns = start + 100 * MS;
    s.client(10, b"jkl");
    s.now_ns = start + TIMEOUT + 1;
    s.server_ack(1);
    assert_eq!(s.client_text(), "???def");
    s.now_ns = start + TIMEOUT + 100 * MS + 1;
    s.server_ack(1);
    assert_eq!(s.client_text(), "???def???jkl");
    assert_eq!(s.tcp.counters().hole_timeout, 2);
}

#[test]
fn finish_delivers_what_is_stored_with_its_gaps() {
    let mut s = with_hole();
    s.client(10, b"jkl");
    s.send(ToClient, ACK, 5, 1, b"answer");
    s.finish();
    assert_eq!(s.client_text(), "???def???jkl");
    assert_eq!(s.log(ToClient).text(), "????answer");
    s.finish();
    assert_eq!(s.client_text(), "???def???jkl", "a second finish has nothing to do");
}
