//! The store for early segments: order, overlaps, limits, and bytes the capture cut off.

use super::*;

#[test]
fn early_segments_wait_for_their_turn() {
    let mut s = Session::established(roomy());
    s.client(7, b"ghi");
    s.client(4, b"def");
    assert_eq!((s.client_text().as_str(), s.tcp.pieces_used()), ("", 2));
    assert!(s.pair.holds_segments());
    s.client(1, b"abc");
    assert_eq!((s.client_text().as_str(), s.tcp.pieces_used()), ("abcdefghi", 0));
    assert!(!s.pair.holds_segments());
    s.assert_counters(|c| {
        c.in_order = 1;
        c.out_of_order = 2;
    });
}

#[test]
fn overlaps_deliver_only_what_is_new() {
    let mut s = Session::established(roomy());
    s.client(1, b"abcd");
    s.client(3, b"cdef");
    s.client(2, b"bcd");
    s.client(9, b"ij");
    s.client(8, b"hijk");
    s.client(5, b"efghi");
    assert_eq!(s.client_text(), "abcdefghijk");
    assert_eq!(s.tcp.pieces_used(), 0);
    s.assert_counters(|c| {
        c.in_order = 1;
        c.partly_new = 2;
        c.retransmitted = 1;
        c.out_of_order = 2;
    });
}

#[test]
fn repeated_early_segments_take_no_buffers() {
    let mut s = Session::established(Limits { per_stream: 3, ..roomy() });
    for _ in 0..50 {
        s.client(4, b"def");
        s.client(7, b"ghi");
        // Part of one, and across both.
        s.client(5, b"e");
        s.client(6, b"fg");
        s.send(ToServer, FIN | ACK, 10, 1, b"");
    }
    assert_eq!(s.tcp.pieces_used(), 3);
    s.client(1, b"abc");
    assert_eq!(s.client_text(), "abcdefghi");
    s.assert_counters(|c| {
        c.in_order = 1;
        c.out_of_order = 3;
        c.retransmitted = 49 * 2 + 50 * 2;
    });
}

#[test]
fn a_repeated_early_segment_that_brings_the_fin_is_stored() {
    let mut s = Session::established(roomy());
    s.client(4, b"def");
    s.send(ToServer, FIN | ACK, 4, 1, b"def");
    s.client(1, b"abc");
    s.send(ToClient, FIN | ACK, 1, 8, b"");
    assert_eq!(s.pair.state(), SessionState::Closed);
    assert_eq!(s.client_text(), "abcdef");
}

#[test]
fn a_long_segment_takes_several_buffers() {
    let long: Vec<u8> = (0..5000_u32).map(|n| (n % 251) as u8).collect();
    let mut s = Session::established(roomy());
    s.send(ToServer, FIN | ACK, 4, 1, &long);
    assert_eq!(s.tcp.pieces_used(), 3);
    s.client(1, b"abc");
    assert_eq!(s.log(ToServer).bytes, [b"abc", long.as_slice()].concat());
    assert_eq!(s.tcp.pieces_used(), 0);
    s.send(ToClient, FIN | ACK, 1, 1, b"");
    assert_eq!(s.pair.state(), SessionState::Closed, "the FIN is behind the last piece");
    s.assert_counters(|c| {
        c.in_order = 1;
        c.out_of_order = 1;
    });
}

#[test]
fn exactly_one_buffer_is_one_buffer() {
    for (len, buffers) in [(1, 1), (2047, 1), (2048, 1), (2049, 2), (4096, 2)] {
        let mut s = Session::established(roomy());
        s.client(2, &vec![b'x'; len]);
        assert_eq!(s.tcp.pieces_used(), buffers, "{len} bytes");
        s.client(1, b"y");
        assert_eq!(s.log(ToServer).bytes.len(), len + 1);
    }
}

#[test]
fn sequence_numbers_wrap() {
    for before_wrap in 0..8_u32 {
        let mut s = Session::new(roomy());
        // The first byte's number is 2^32 - before_wrap.
        let base = 0_u32.wrapping_sub(CLIENT_ISN).wrapping_sub(before_wrap);
        s.send(ToServer, SYN, base.wrapping_sub(1), 0, b"");
        s.client(base.wrapping_add(4), b"ef");
        s.client(base.wrapping_add(2), b"cd");
        s.client(base, b"ab");
        s.client(base.wrapping_add(5), b"fgh");
        s.send(ToServer, FIN | ACK, base.wrapping_add(8), 0, b"");
        assert_eq!(s.client_text(), "abcdefgh", "{before_wrap} before the wrap");
        s.assert_counters(|c| {
            c.in_order = 1;
            c.out_of_order = 2;
            c.partly_new = 1;
        });
    }
}

#[test]
fn a_stream_at_its_limit_skips_the_hole() {
    let mut s = Session::established(Limits { per_stream: 2, ..roomy() });
    s.client(4, b"d");
    s.client(6, b"f");
    assert_eq!(s.tcp.counters().stream_limit, 0);
    s.client(8, b"h");
    assert_eq!(s.client_text(), "???d?f?h");
    assert_eq!(s.log(ToServer).gaps, [(0, 3), (4, 1), (6, 1)]);
    assert_eq!(s.tcp.pieces_used(), 0);
    assert_eq!(s.pair.gap_bytes(ToServer), 5);
    assert_eq!(s.pair.offset(ToServer), 8);
    s.assert_counters(|c| {
        c.out_of_order = 2;
        c.stream_limit = 1;
        c.anomalies[Anomaly::InsertLimit as usize] = 1;
        c.gaps = 3;
        c.gap_bytes = 5;
    });
}

#[test]
fn a_stream_at_its_limit_keeps_what_lies_further_ahead() {
    let mut s = Session::established(Limits { per_stream: 2, ..roomy() });
    s.client(10, b"j");
    s.client(12, b"l");
    s.client(5, b"e");
    assert_eq!(s.client_text(), "????e");
    assert_eq!(s.tcp.pieces_used(), 2);
    s.client(6, b"fghi");
    s.client(11, b"k");
    assert_eq!(s.client_text(), "????efghijkl");
    s.assert_counters(|c| {
        c.out_of_order = 2;
        c.in_order = 2;
        c.stream_limit = 1;
        c.anomalies[Anomaly::InsertLimit as usize] = 1;
        c.gaps = 1;
        c.gap_bytes = 4;
    });
}

#[test]
fn a_long_segment_beyond_the_limit_is_delivered_behind_a_gap() {
    let mut s = Session::established(Limits { per_stream: 2, ..roomy() });
    s.client(3, &[b'x'; 4097]);
    assert_eq!(s.log(ToServer).gaps, [(0, 2)]);
    assert_eq!(s.log(ToServer).bytes.len(), 2 + 4097);
    s.assert_counters(|c| {
        c.stream_limit = 1;
        c.anomalies[Anomaly::InsertLimit as usize] = 1;
        c.gaps = 1;
        c.gap_bytes = 2;
    });
}

#[test]
fn an_empty_pool_skips_the_hole_of_whoever_needs_it() {
    let mut s = Session::established(Limits { segments: 1, ..roomy() });
    // Another flow of the same worker takes the buffer.
    let mut other = StreamPair::new();
    let mut other_logs = Logs::default();
    for (seq, flags, payload) in [(0, SYN, b"".as_slice()), (4, ACK, b"early")] {
        let header = TcpHeader { seq, ack: 0, window: 0, flags };
        s.tcp.segment(&mut other, ToServer, &Packet { payload, ..packet(&header, s.now_ns) }, &mut other_logs);
    }
    assert_eq!(s.tcp.segments_used(), 1);
    s.client(4, b"d");
    s.client(6, b"f");
    assert_eq!(s.client_text(), "???d?f");
    assert_eq!(s.tcp.segments_used(), 1, "the other flow's buffer is untouched");
    s.tcp.finish(&mut other, StreamEnd::Session(EndReason::Timeout), &mut other_logs);
    assert_eq!(other_logs.0[0].text(), "???early");
    assert_eq!(s.tcp.segments_used(), 0);
    s.assert_counters(|c| {
        c.out_of_order = 1;
        c.pool_exhausted = 2;
        c.anomalies[Anomaly::InsertMemory as usize] = 2;
        c.gaps = 3;
        c.gap_bytes = 4 + 3;
    });
}

#[test]
fn small_segments_share_a_buffer() {
    let mut s = Session::established(Limits { segments: 2, ..roomy() });
    for at in (3..19).rev().step_by(2) {
        s.client(at, b"x");
    }
    assert_eq!((s.tcp.pieces_used(), s.tcp.segments_used()), (8, 1));
    s.client(1, b"ab");
    s.finish();
    assert_eq!(s.tcp.pieces_used(), 0);
}

#[test]
fn without_buffers_every_hole_is_skipped_at_once() {
    let mut s = Session::established(Limits { segments: 0, ..roomy() });
    s.client(3, b"c");
    s.client(1, b"ab");
    assert_eq!(s.client_text(), "??c");
    s.assert_counters(|c| {
        c.pool_exhausted = 1;
        c.anomalies[Anomaly::InsertMemory as usize] = 1;
        c.retransmitted = 1;
        c.gaps = 1;
        c.gap_bytes = 2;
    });
}

#[test]
fn no_byte_follows_a_fin_that_the_limit_uncovers() {
    let mut s = Session::established(Limits { per_stream: 1, ..roomy() });
    s.send(ToServer, FIN | ACK, 4, 1, b"def");
    s.client(20, b"after");
    assert_eq!(s.client_text(), "???def");
    assert_eq!(s.log(ToServer).gaps, [(0, 3)]);
    assert_eq!(s.tcp.pieces_used(), 0);
    s.assert_counters(|c| {
        c.out_of_order = 1;
        c.stream_limit = 1;
        c.anomalies[Anomaly::InsertLimit as usize] = 1;
        c.after_close = 5;
        c.anomalies[Anomaly::DataAfterFin as usize] = 1;
        c.gaps = 1;
        c.gap_bytes = 3;
    });
}

#[test]
fn what_the_capture_cut_off_is_a_gap_at_once() {
    let mut s = Session::established(roomy());
    s.send_cut(ToServer, ACK, 1, 1, b"ab", 3);
    assert_eq!(s.client_text(), "ab???");
    s.client(6, b"f");
    // A retransmission that is cut at the same place brings nothing, and no second gap.
    s.send_cut(ToServer, ACK, 1, 1, b"ab", 3);
    assert_eq!(s.client_text(), "ab???f");
    s.assert_counters(|c| {
        c.in_order = 2;
        c.retransmitted = 1;
        c.gaps = 1;
        c.gap_bytes = 3;
    });
}

#[test]
fn a_packet_whose_payload_was_cut_off_whole_is_a_gap() {
    let mut s = Session::established(roomy());
    s.send_cut(ToServer, FIN | ACK, 1, 1, b"", 1460);
    s.send(ToClient, FIN | ACK, 1, 1462, b"");
    assert_eq!(s.log(ToServer).gaps, [(0, 1460)]);
    assert_eq!(s.pair.state(), SessionState::Closed);
    s.assert_counters(|c| {
        c.gaps = 1;
        c.gap_bytes = 1460;
    });
}

#[test]
fn what_was_cut_off_an_early_segment_is_a_gap_in_its_place() {
    let mut s = Session::established(roomy());
    s.send_cut(ToServer, FIN | ACK, 4, 1, b"def", 5);
    s.client(1, b"abc");
    assert_eq!(s.client_text(), "abcdef?????");
    s.send(ToClient, FIN | ACK, 1, 1, b"");
    assert_eq!(s.pair.state(), SessionState::Closed, "the FIN stands behind what was cut off");
    s.send(ToServer, RST, 13, 0, b"");
    s.assert_counters(|c| {
        c.in_order = 1;
        c.out_of_order = 1;
        c.gaps = 1;
        c.gap_bytes = 5;
    });
}

#[test]
fn what_was_cut_off_a_segment_over_the_limit_is_a_gap_too() {
    let mut s = Session::established(Limits { per_stream: 0, ..roomy() });
    s.send_cut(ToServer, FIN | ACK, 3, 1, b"cd", 2);
    assert_eq!(s.client_text(), "??cd??");
    s.send(ToClient, FIN | ACK, 1, 1, b"");
    assert_eq!(s.pair.state(), SessionState::Closed);
    s.assert_counters(|c| {
        c.stream_limit = 1;
        c.anomalies[Anomaly::InsertLimit as usize] = 1;
        c.gaps = 2;
        c.gap_bytes = 4;
    });
}
