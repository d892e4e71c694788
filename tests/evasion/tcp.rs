//! Insertion and evasion by TCP segments: Ptacek and Newsham 1998, section 5, and what fragroute and Novak's papers add.

use super::wire::{ACK, Connection, FIN, PSH, RST, SYN, Segment, URG, check, client, server, timestamps};

/// Runs a case with IPv4 and with IPv6.
fn both(mut case: impl FnMut(bool)) {
    case(false);
    case(true);
}

/// Something that the target drops stands where the attack goes on, and the target reads it all.
fn insertion(evil: &Segment, anomaly: &str) {
    both(|v6| {
        let mut c = Connection::open(v6);
        c.send(&client(1, "GET /att"));
        c.send(evil);
        c.send(&client(9, "ack"));
        c.send(&server(1, 12, "seen"));
        check(&c, "GET /attack", &[anomaly]);
    });
}

/// The opposite: what the target drops would complete the attack, and what it reads is harmless.
fn decoy(evil: &Segment, anomaly: &str) {
    both(|v6| {
        let mut c = Connection::open(v6);
        c.send(&client(1, "GET /att"));
        c.send(evil);
        c.send(&client(9, "ire"));
        c.send(&server(1, 12, "seen"));
        check(&c, "GET /attire", &[anomaly]);
    });
}

#[test]
fn a_segment_with_a_wrong_checksum() {
    insertion(&Segment { wrong_checksum: true, ..client(9, "ZZZ") }, "pkt_bad_checksum");
    decoy(&Segment { wrong_checksum: true, ..client(9, "ack") }, "pkt_bad_checksum");
}

#[test]
fn a_segment_without_the_ack_flag() {
    insertion(&Segment { flags: PSH, ..client(9, "ZZZ") }, "pkt_flags_null");
    decoy(&Segment { flags: 0, ..client(9, "ack") }, "pkt_flags_null");
}

#[test]
fn a_segment_with_a_low_ttl() {
    insertion(&Segment { ttl: 3, ..client(9, "ZZZ") }, "pkt_ttl_too_low");
    decoy(&Segment { ttl: 3, ..client(9, "ack") }, "pkt_ttl_too_low");
}

#[test]
fn a_segment_that_acknowledges_what_was_never_sent() {
    insertion(&Segment { ack: 5000, ..client(9, "ZZZ") }, "pkt_invalid_ack");
    decoy(&Segment { ack: 5000, ..client(9, "ack") }, "pkt_invalid_ack");
}

#[test]
fn a_segment_with_a_signature() {
    let options = [vec![19, 18], vec![7; 16], vec![1, 1]].concat();
    insertion(&Segment { options: options.clone(), ..client(9, "ZZZ") }, "pkt_signature_surprise");
    decoy(&Segment { options, ..client(9, "ack") }, "pkt_signature_surprise");
}

#[test]
fn a_syn_with_data_inside_the_session() {
    insertion(&Segment { flags: SYN, ..client(9, "ZZZ") }, "est_syn_resend");
    decoy(&Segment { flags: SYN, ..client(8, "ack") }, "est_syn_resend");
}

#[test]
fn flags_that_no_sender_sets_together() {
    insertion(&Segment { flags: SYN | FIN, ..client(9, "ZZZ") }, "pkt_flags_syn_fin");
    decoy(&Segment { flags: FIN | PSH | URG, ..client(9, "ack") }, "pkt_flags_fin_without_ack");
}

#[test]
fn a_fin_that_does_not_arrive() {
    let fin = Segment { flags: FIN | ACK, ..client(9, "") };
    insertion(&Segment { ttl: 3, ..fin.clone() }, "pkt_ttl_too_low");
    insertion(&Segment { wrong_checksum: true, ..fin.clone() }, "pkt_bad_checksum");
    insertion(&Segment { flags: FIN, ..fin }, "pkt_flags_fin_without_ack");
}

#[test]
fn a_reset_that_ends_nothing() {
    let reset = Segment { flags: RST, ..client(9, "") };
    insertion(&Segment { seq: 10, ..reset.clone() }, "suspected_rst_inject");
    insertion(&Segment { seq: 8, ..reset.clone() }, "suspected_rst_inject");
    insertion(&Segment { wrong_checksum: true, ..reset.clone() }, "pkt_bad_checksum");
    insertion(&Segment { ttl: 3, ..reset }, "pkt_ttl_too_low");
}

#[test]
fn a_reset_of_the_server_that_ends_nothing() {
    insertion(&Segment { flags: RST, ..server(2, 9, "") }, "suspected_rst_inject");
    insertion(&Segment { flags: RST, ttl: 3, ..server(1, 9, "") }, "pkt_ttl_too_low");
}

#[test]
fn a_segment_with_an_old_timestamp() {
    for (evil, text) in [("ZZZ", "GET /attack"), ("ack", "GET /attire")] {
        both(|v6| {
            let mut c = Connection::new(v6);
            c.handshake(&timestamps(5000));
            c.send(&Segment { options: timestamps(5001), ..client(1, "GET /att") });
            c.send(&Segment { options: timestamps(4000), ..client(9, evil) });
            c.send(&Segment { options: timestamps(5002), ..client(9, &text[8..]) });
            c.send(&Segment { options: timestamps(5002), ..server(1, 12, "seen") });
            check(&c, text, &["pkt_invalid_timestamp"]);
        });
    }
}

#[test]
fn a_segment_outside_the_window() {
    insertion(&client(9000, "ZZZ"), "est_packet_out_of_window");
    decoy(&client(9000, "attack"), "est_packet_out_of_window");
}

#[test]
fn options_that_do_not_fit_their_header_hide_nothing() {
    both(|v6| {
        let mut c = Connection::open(v6);
        c.send(&Segment { options: vec![8, 60, 1, 1], ..client(1, "GET /attack") });
        check(&c, "GET /attack", &["pkt_bad_options"]);
    });
}

#[test]
fn data_on_a_syn_that_the_target_passes_over() {
    both(|v6| {
        let mut c = Connection::new(v6);
        c.send(&Segment { flags: SYN, ..client(0, "ZZZZZZ") });
        c.send(&Segment { flags: SYN | ACK, ..server(0, 1, "") });
        c.send(&client(1, "GET /attack"));
        c.send(&server(1, 12, ""));
        check(&c, "GET /attack", &["3whs_syn_with_data"]);
    });
}

#[test]
fn data_on_a_syn_that_the_target_takes() {
    both(|v6| {
        let mut c = Connection::new(v6);
        c.send(&Segment { flags: SYN, ..client(0, "GET /att") });
        c.send(&Segment { flags: SYN | ACK, ..server(0, 9, "") });
        c.send(&client(9, "ack"));
        check(&c, "GET /attack", &["3whs_syn_with_data"]);
    });
}

#[test]
fn a_syn_with_another_number_before_the_real_one() {
    both(|v6| {
        let mut c = Connection::new(v6);
        c.send(&Segment { flags: SYN, ttl: 3, ..client(50_000, "") });
        c.handshake(&[]);
        c.send(&client(1, "GET /attack"));
        c.send(&server(1, 12, ""));
        check(&c, "GET /attack", &["3whs_syn_resend_diff_seq_on_syn_recv"]);
    });
}

#[test]
fn a_syn_after_the_handshake_to_desynchronise() {
    both(|v6| {
        let mut c = Connection::open(v6);
        c.send(&Segment { flags: SYN, ..client(70_000, "") });
        c.send(&client(70_001, "ZZZZZZ"));
        c.send(&client(1, "GET /attack"));
        c.send(&server(1, 12, ""));
        check(&c, "GET /attack", &["est_packet_out_of_window", "est_syn_resend"]);
    });
}

#[test]
fn a_forged_syn_ack_before_the_real_one() {
    both(|v6| {
        let mut c = Connection::new(v6);
        c.send(&Segment { flags: SYN, ..client(0, "") });
        c.send(&Segment { flags: SYN | ACK, ..server(80_000, 400, "") });
        c.send(&Segment { flags: SYN | ACK, ..server(0, 1, "") });
        c.send(&client(1, "GET /page"));
        c.send(&server(1, 10, "attack"));
        let seen = check(&c, "GET /page", &["3whs_synack_with_wrong_ack"]);
        assert_eq!(seen.to_client, "attack");
    });
}

#[test]
fn tiny_segments() {
    both(|v6| {
        let mut c = Connection::open(v6);
        for (seq, byte) in (1..).zip("GET /attack".chars()) {
            c.send(&client(seq, &byte.to_string()));
        }
        check(&c, "GET /attack", &[]);
    });
}

#[test]
fn tiny_segments_in_reversed_order() {
    both(|v6| {
        let mut c = Connection::open(v6);
        for (seq, byte) in (1..).zip("GET /attack".chars()).collect::<Vec<_>>().into_iter().rev() {
            c.send(&client(seq, &byte.to_string()));
        }
        check(&c, "GET /attack", &[]);
    });
}

#[test]
fn every_segment_twice_and_interleaved() {
    both(|v6| {
        let mut c = Connection::open(v6);
        for (seq, text) in [(5, "/att"), (1, "GET "), (9, "ack"), (5, "/att"), (9, "ack"), (1, "GET ")] {
            c.send(&client(seq, text));
        }
        check(&c, "GET /attack", &[]);
    });
}

#[test]
fn sequence_numbers_that_wrap_within_the_attack() {
    both(|v6| {
        let mut c = Connection { isns: [u32::MAX - 7, 0x7fff_fff0], ..Connection::new(v6) };
        c.handshake(&[]);
        c.send(&client(9, "ack"));
        c.send(&client(1, "GET /att"));
        check(&c, "GET /attack", &[]);
    });
}

#[test]
fn a_retransmission_with_other_bytes() {
    for (first, later) in [("GET /attack", "GET /ZZZZZZ"), ("GET /ZZZZZZ", "GET /attack")] {
        both(|v6| {
            let mut c = Connection::open(v6);
            c.send(&client(1, first));
            c.send(&client(1, later));
            check(&c, first, &["reassembly_overlap_different_data"]);
        });
    }
}

/// "attack" and "ZZZZZZ" for the same place, both before their turn, under a policy of the destination.
fn overlap(policy: &str, segments: &[(u32, &str)], text: &str) {
    both(|v6| {
        let mut c = Connection::open(v6);
        c.config = format!("tcp.policy = \"{policy}\"\n");
        for (seq, payload) in segments {
            c.send(&client(*seq, payload));
        }
        c.send(&client(1, "GET "));
        check(&c, text, &["reassembly_overlap_different_data"]);
    });
}

#[test]
fn overlapping_segments_of_which_the_old_one_counts() {
    let segments = [(6, "attack"), (6, "ZZZZZZ"), (5, "/")];
    for policy in ["first", "linux", "windows", "bsd"] {
        overlap(policy, &segments, "GET /attack");
    }
    for policy in ["last", "solaris"] {
        overlap(policy, &segments, "GET /ZZZZZZ");
    }
}

#[test]
fn overlapping_segments_of_which_the_new_one_counts() {
    let backward = [(6, "ZZZZZZ"), (5, "/attack")];
    for policy in ["last", "linux", "windows", "bsd", "solaris"] {
        overlap(policy, &backward, "GET /attack");
    }
    overlap("first", &backward, "GET /ZZZZZZ");
}

#[test]
fn a_new_segment_that_reaches_further() {
    let forward = [(6, "attXX"), (8, "tack"), (5, "/")];
    for policy in ["solaris", "last"] {
        overlap(policy, &forward, "GET /attack");
    }
    for policy in ["first", "linux", "windows", "bsd"] {
        overlap(policy, &forward, "GET /attXXk");
    }
}

#[test]
fn an_urgent_byte_within_the_attack() {
    both(|v6| {
        let mut c = Connection::open(v6);
        c.send(&Segment { flags: ACK | URG, urgent: 9, ..client(1, "GET /attXack") });
        check(&c, "GET /attack", &["pkt_urgent_data"]);
    });
    both(|v6| {
        let mut c = Connection::open(v6);
        c.config = "tcp.urgent_inline = true\n".to_owned();
        c.send(&Segment { flags: ACK | URG, urgent: 9, ..client(1, "GET /attXack") });
        check(&c, "GET /attXack", &[]);
    });
}

#[test]
fn data_behind_the_fin() {
    both(|v6| {
        let mut c = Connection::open(v6);
        c.send(&Segment { flags: FIN | ACK, ..client(1, "GET /att") });
        c.send(&client(10, "attack"));
        check(&c, "GET /att", &["fin_data_after"]);
    });
}

#[test]
fn a_session_that_is_closed_and_opened_again_on_the_same_ports() {
    both(|v6| {
        let mut c = Connection::open(v6);
        c.send(&client(1, "GET /page"));
        c.send(&Segment { flags: RST, ..client(10, "") });
        c.isns = [500_000, 900_000];
        c.handshake(&[]);
        c.send(&client(1, "GET /attack"));
        check(&c, "GET /pageGET /attack", &[]);
    });
}

#[test]
fn a_low_ttl_from_the_beginning_hides_no_insertion() {
    both(|v6| {
        let mut c = Connection::new(v6);
        c.send(&Segment { flags: SYN, ttl: 3, ..client(0, "") });
        c.handshake(&[]);
        c.send(&client(1, "GET /att"));
        c.send(&Segment { ttl: 3, ..client(9, "ZZZ") });
        c.send(&client(9, "ack"));
        c.send(&server(1, 12, ""));
        check(&c, "GET /attack", &["pkt_ttl_too_low"]);
    });
}

/// Options of which the second claims no length.
const MALFORMED: [u8; 4] = [1, 3, 0, 7];

#[test]
fn malformed_options_before_there_is_a_flow() {
    for v6 in [false, true] {
        let syn = Segment { flags: SYN, options: MALFORMED.to_vec(), ..client(0, "") };
        let mut c = Connection::new(v6);
        c.send(&syn);
        let seen = check(&c, "", &["pkt_bad_options"]);
        assert_eq!((seen.counter("tcp.anomaly.pkt_bad_options"), seen.told), (1, 1));
        // Each is counted, and all are one event.
        c.send(&syn);
        c.send(&Segment { flags: SYN | ACK, options: MALFORMED.to_vec(), ..server(0, 1, "") });
        let seen = check(&c, "", &["pkt_bad_options"]);
        assert_eq!((seen.counter("tcp.anomaly.pkt_bad_options"), seen.told), (3, 1));
        // The flow that comes of them reads what they were, and counts none again.
        c.send(&client(1, "GET /attack"));
        let seen = check(&c, "GET /attack", &["pkt_bad_options"]);
        assert_eq!((seen.counter("tcp.anomaly.pkt_bad_options"), seen.told), (3, 1));
        // One more of the same in the flow.
        c.send(&Segment { options: MALFORMED.to_vec(), ..server(1, 12, "seen") });
        let seen = check(&c, "GET /attack", &["pkt_bad_options"]);
        assert_eq!((seen.counter("tcp.anomaly.pkt_bad_options"), seen.told), (4, 2));
    }
}

#[test]
fn both_kinds_of_oddity_before_there_is_a_flow_are_told() {
    let mut c = Connection::new(false);
    c.send(&Segment { flags: SYN | URG | PSH | FIN, options: MALFORMED.to_vec(), ..client(0, "") });
    let seen = check(&c, "", &["pkt_bad_options", "pkt_flags_syn_fin"]);
    assert_eq!(seen.told, 2);
}

#[test]
fn illegal_flags_that_make_a_half_open_session_a_flow_are_counted_once() {
    let mut c = Connection::new(false);
    c.send(&Segment { flags: SYN, ..client(0, "") });
    c.send(&Segment { flags: SYN | FIN, ..client(0, "") });
    let seen = check(&c, "", &["pkt_flags_syn_fin"]);
    assert_eq!((seen.counter("tcp.anomaly.pkt_flags_syn_fin"), seen.told), (1, 1));
}
