//! Which end is told, and of which direction.

use super::anomalies::{Segment, from_client, from_server};
use super::*;

/// Both directions' ends.
fn ends(s: &Session) -> [Option<StreamEnd>; 2] {
    [s.log(ToServer).end, s.log(ToClient).end]
}

const RESET: Option<StreamEnd> = Some(StreamEnd::Reset);

#[test]
fn a_session_that_is_over_ends_both_directions_whatever_they_hold() {
    for reason in [EndReason::Timeout, EndReason::Forced, EndReason::TcpReuse, EndReason::Shutdown] {
        let mut s = Session::established(roomy());
        s.client(1, b"text");
        assert!(!s.pair.is_finished());
        for _ in 0..2 {
            s.tcp.finish(&mut s.pair, StreamEnd::Session(reason), &mut s.logs);
        }
        assert_eq!(ends(&s), [Some(StreamEnd::Session(reason)); 2]);
        assert!(s.pair.is_finished());
        assert_eq!(StreamEnd::Session(reason).name(), reason.name());
    }
}

#[test]
fn a_refused_connection_ends_by_reset_whatever_comes_after() {
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    s.send(ToClient, RST | ACK, 0, 1, b"");
    assert_eq!(ends(&s), [RESET, RESET]);
    s.send(ToClient, ACK, 1, 1, b"nobody reads this");
    s.finish();
    assert_eq!((ends(&s), s.log(ToClient).text().as_str()), ([RESET, RESET], ""));
}

#[test]
fn what_comes_after_a_reset_from_a_side_not_seen_before_ends_by_it() {
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"");
    s.send(ToServer, RST, 1, 0, b"");
    assert_eq!(ends(&s), [RESET, None]);
    s.send(ToClient, ACK, 1, 1, b"late");
    s.finish();
    assert_eq!((ends(&s), s.log(ToClient).text().as_str()), ([RESET, RESET], ""));
}

#[test]
fn a_direction_that_only_a_syn_ack_tells_of_has_no_end() {
    for flags in [FIN | ACK, RST | ACK] {
        let mut s = Session::new(roomy());
        s.send(ToClient, SYN | ACK, 0, 1, b"");
        s.send(ToClient, ACK, 1, 1, b"answer");
        s.send(ToClient, flags, 7, 1, b"");
        s.finish();
        assert_eq!(ends(&s)[0], None);
        assert!(ends(&s)[1].is_some());
    }
}

/// A client's FIN that its receiver should refuse, for its TTL, after which the receiver resets and acknowledges `ack`.
fn doubted_fin(ack: u32) -> Session {
    let mut s = Session::established(roomy());
    s.client(1, b"text");
    s.send(ToClient, ACK, 1, 5, b"");
    s.give(Segment { flags: FIN | ACK, ttl: 9, ..from_client(5, b"") });
    s.give(Segment { flags: RST | ACK, ..from_server(1, ack, b"") });
    s.finish();
    s
}

#[test]
fn a_reset_acknowledges_what_its_sender_took() {
    assert_eq!(ends(&doubted_fin(6)), [Some(StreamEnd::Fin), RESET]);
    assert_eq!(ends(&doubted_fin(5)), [RESET, RESET]);
    // Of what was never sent it is no acknowledgement.
    assert_eq!(ends(&doubted_fin(4000)), [RESET, RESET]);
}

#[test]
fn a_closed_port_s_reset_does_not_take_the_data_of_the_syn() {
    let mut s = Session::new(roomy());
    s.send(ToServer, SYN, 0, 0, b"data");
    s.send(ToClient, RST | ACK, 0, 5, b"");
    s.finish();
    assert_eq!((ends(&s), s.client_text().as_str()), ([RESET, RESET], ""));
}
