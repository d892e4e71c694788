//! Session states: how sessions open and end, and what counts afterwards.

use super::*;

#[test]
fn a_handshake_establishes() {
    let mut s = Session::new(roomy());
    assert_eq!(s.pair.state(), SessionState::Unestablished);
    s.send(ToServer, SYN, 0, 0, b"");
    assert_eq!(s.pair.state(), SessionState::Unestablished);
    s.send(ToClient, SYN | ACK, 0, 1, b"");
    assert_eq!(s.pair.state(), SessionState::Unestablished, "only one side has acknowledged");
    s.send(ToServer, ACK, 1, 1, b"");
    assert_eq!(s.pair.state(), SessionState::Established);
    assert_eq!(s.pair.flags_seen(ToServer), SYN | ACK);
    assert_eq!(s.pair.flags_seen(ToClient), SYN | ACK);
    s.assert_counters(|_| {});
}

#[test]
fn data_in_the_syn_counts_when_the_receiver_takes_it() {
    // The server acknowledges all of it, the SYN alone, or is not seen at all while the client goes on.
    for (ack, second, text) in
        [(Some(5), (5, " open"), "fast open"), (Some(1), (1, "slow"), "slow"), (None, (5, " open"), "fast open")]
    {
        let mut s = Session::new(roomy());
        s.send(ToServer, SYN, 0, 0, b"fast");
        assert_eq!(s.client_text(), "", "not before it is known");
        if let Some(ack) = ack {
            s.send(ToClient, SYN | ACK, 0, ack, b"");
        }
        s.client(second.0, second.1.as_bytes());
        assert_eq!(s.client_text(), text);
        assert_eq!(s.log(ToServer).odd, [(Anomaly::DataOnSyn, None)]);
        s.finish();
    }
}

#[test]
fn a_refused_connection_is_closed() {
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    s.send(ToClient, RST | ACK, 0, 1, b"");
    assert_eq!(s.pair.state(), SessionState::Closed);
    s.assert_counters(|_| {});
}

#[test]
fn a_half_closed_session_still_delivers_the_other_way() {
    let mut s = Session::established(roomy());
    s.send(ToServer, FIN | ACK, 1, 1, b"request");
    assert_eq!(s.pair.state(), SessionState::Established);
    s.send(ToClient, ACK, 1, 9, b"answer");
    assert_eq!(s.log(ToClient).text(), "answer");
    s.send(ToClient, FIN | ACK, 7, 9, b"");
    assert_eq!(s.pair.state(), SessionState::Closed);
    assert_eq!(s.client_text(), "request");
    s.assert_counters(|c| c.in_order = 2);
}

#[test]
fn both_sides_close_at_once() {
    let mut s = Session::established(roomy());
    s.send(ToServer, FIN | ACK, 1, 1, b"");
    s.send(ToClient, FIN | ACK, 1, 1, b"");
    assert_eq!(s.pair.state(), SessionState::Closed);
    s.send(ToServer, ACK, 2, 2, b"");
    s.send(ToClient, ACK, 2, 2, b"");
    assert_eq!(s.pair.state(), SessionState::Closed);
    s.assert_counters(|_| {});
}

#[test]
fn a_reset_counts_at_exactly_the_next_number() {
    const AHEAD: u32 = 1 << 20;
    // Where the receiver is not seen, what it expects may be ahead of what was seen.
    let cases: [(u32, bool, bool); 6] = [
        (5, true, true),
        (6, false, true),
        (5 + AHEAD, false, true),
        (4, false, false),
        (6 + AHEAD, false, false),
        (5_u32.wrapping_add(1 << 31), false, false),
    ];
    for (seq, both_seen, one_seen) in cases {
        for (both, counts) in [(true, both_seen), (false, one_seen)] {
            let mut s = Session::new(roomy());
            s.send(ToServer, SYN, 0, 0, b"");
            if both {
                s.send(ToClient, SYN | ACK, 0, 1, b"");
            }
            s.client(1, b"data");
            s.send(ToServer, RST, seq, 0, b"");
            assert_eq!(s.pair.state() == SessionState::Closed, counts, "reset at {seq}, both sides seen: {both}");
            s.client(5, b"more");
            assert_eq!(s.client_text(), if counts { "data" } else { "datamore" }, "reset at {seq}");
            assert_eq!(s.log(ToServer).end, counts.then_some(StreamEnd::Reset));
            s.assert_counters(|c| {
                c.in_order = if counts { 1 } else { 2 };
                c.after_close = if counts { 4 } else { 0 };
                c.refused = u64::from(!counts);
                c.anomalies[Anomaly::BadReset as usize] = u64::from(!counts);
            });
        }
    }
}

#[test]
fn a_reset_counts_where_the_receiver_says_it_is() {
    // The sensor has missed bytes 5 to 8; the receiver has not.
    let mut s = Session::established(roomy());
    s.client(1, b"data");
    s.client(9, b"more");
    s.server_ack(9);
    s.send(ToServer, RST, 9, 0, b"");
    assert_eq!(s.pair.state(), SessionState::Closed);
    // At the end of what waits out of order, as its SACK tells the sender, unless the handshake permitted none.
    for permitted in [true, false] {
        let mut s = if permitted { Session::new(roomy()) } else { Session::established(roomy()) };
        s.client(1, b"data");
        s.server_ack(5);
        s.client(9, b"more");
        s.send(ToServer, RST, 13, 0, b"");
        assert_eq!(s.pair.state() == SessionState::Closed, permitted);
    }
}

#[test]
fn a_reset_right_after_a_fin_fits() {
    let mut s = Session::established(roomy());
    s.send(ToServer, FIN | ACK, 1, 1, b"bye");
    s.send(ToServer, RST, 5, 0, b"");
    assert_eq!(s.pair.state(), SessionState::Closed);
    s.assert_counters(|c| c.in_order = 1);
}

#[test]
fn data_after_a_fin_is_counted_and_not_delivered() {
    let mut s = Session::established(roomy());
    s.send(ToServer, FIN | ACK, 1, 1, b"all");
    s.client(4, b"late");
    s.client(5, b"later!");
    // Two of these five bytes lie before the FIN, and were seen.
    s.client(2, b"ll345");
    assert_eq!(s.client_text(), "all");
    s.finish();
    s.assert_counters(|c| {
        c.in_order = 1;
        c.after_close = 4 + 6 + 3;
        c.anomalies[Anomaly::DataAfterFin as usize] = 3;
    });
}

#[test]
fn a_retransmitted_fin_with_its_data_is_a_retransmission() {
    let mut s = Session::established(roomy());
    s.send(ToServer, FIN | ACK, 1, 1, b"all");
    s.send(ToServer, FIN | ACK, 1, 1, b"all");
    s.send(ToServer, FIN | ACK, 4, 1, b"");
    assert_eq!(s.client_text(), "all");
    s.assert_counters(|c| {
        c.in_order = 1;
        c.retransmitted = 1;
    });
}

#[test]
fn a_session_picked_up_in_the_middle_starts_at_offset_0_both_ways() {
    let mut s = Session::new(roomy());
    s.send(ToClient, ACK, 70_000, 501, b"half an answer");
    s.send(ToServer, ACK, 501, 70_014, b"next request");
    assert_eq!(s.pair.state(), SessionState::Established);
    assert_eq!(s.log(ToClient).text(), "half an answer");
    assert_eq!(s.client_text(), "next request");
    // What came before the pick-up is never delivered.
    s.send(ToServer, ACK, 401, 70_014, &[b'x'; 100]);
    assert_eq!(s.client_text(), "next request");
    s.assert_counters(|c| {
        c.in_order = 2;
        c.retransmitted = 1;
    });
}

#[test]
fn a_fin_before_its_data_waits_for_it() {
    let mut s = Session::established(roomy());
    s.send(ToServer, FIN | ACK, 6, 1, b"");
    s.send(ToClient, FIN | ACK, 1, 1, b"");
    assert_eq!(s.pair.state(), SessionState::Established, "the client's FIN is not reached yet");
    assert_eq!(s.tcp.pieces_used(), 1);
    s.client(1, b"12345");
    assert_eq!(s.pair.state(), SessionState::Closed);
    assert_eq!(s.client_text(), "12345");
    assert_eq!(s.tcp.pieces_used(), 0);
    s.assert_counters(|c| {
        c.in_order = 1;
        c.out_of_order = 1;
    });
}

#[test]
fn what_is_stored_behind_a_fin_is_dropped_when_the_fin_is_reached() {
    let mut s = Session::established(roomy());
    s.send(ToServer, FIN | ACK, 3, 1, b"34");
    s.client(5, b"behind");
    s.client(40, b"far behind");
    assert_eq!(s.tcp.pieces_used(), 3);
    s.client(1, b"12");
    assert_eq!(s.client_text(), "1234");
    assert_eq!(s.tcp.pieces_used(), 0, "nothing waits for what cannot come");
    s.finish();
    assert!(s.log(ToServer).gaps.is_empty());
    s.assert_counters(|c| {
        c.in_order = 1;
        c.out_of_order = 3;
        // The FIN's number was taken, so the first byte behind it was not stored.
        c.after_close = 15;
    });
}

#[test]
fn keep_alives_deliver_nothing() {
    let mut s = Session::established(roomy());
    s.client(1, b"data");
    s.client(4, b"");
    s.client(4, b"\0");
    s.client(5, b"more");
    assert_eq!(s.client_text(), "datamore");
    s.assert_counters(|c| {
        c.in_order = 2;
        c.retransmitted = 1;
    });
}

#[test]
fn a_segment_2_to_the_31_away_is_out_of_the_window() {
    let mut s = Session::established(roomy());
    s.client(1, b"data");
    s.client(5_u32.wrapping_add(1 << 31), b"evil");
    s.client(5, b"more");
    assert_eq!(s.client_text(), "datamore");
    s.assert_counters(|c| {
        c.in_order = 2;
        c.refused = 1;
        c.anomalies[Anomaly::OutOfWindow as usize] = 1;
    });
}
