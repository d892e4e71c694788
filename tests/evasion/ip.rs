//! Insertion and evasion below TCP: fragments and IP headers (Ptacek and Newsham 1998, section 4).

use super::wire::{Connection, check, client, server};

const LINE: &str = "GET /attack HTTP/1.0";

/// The client's segment as one IP payload: 20 bytes of header, then [`LINE`] at 20.
fn packet(c: &Connection) -> Vec<u8> {
    let bytes = c.tcp(&client(1, LINE));
    assert_eq!(bytes.len(), 40);
    bytes
}

/// Fragments by offset, length and whether more follow, for both families.
fn fragments(order: &[(u16, usize, bool)]) {
    for v6 in [false, true] {
        let mut c = Connection::open(v6);
        let whole = packet(&c);
        for (offset, length, more) in order {
            let from = usize::from(*offset);
            c.fragment(77, *offset, *more, &whole[from..from + length]);
        }
        check(&c, LINE, &[]);
    }
}

#[test]
fn fragments_in_order_reversed_and_twice() {
    let [a, b, c] = [(0, 24, true), (24, 8, true), (32, 8, false)];
    for order in [vec![a, b, c], vec![c, b, a], vec![b, c, a], vec![a, a, b, b, c], vec![c, a, c, b, a]] {
        fragments(&order);
    }
}

#[test]
fn fragments_of_eight_bytes() {
    let order: Vec<_> = (0..5_u16).map(|at| (at * 8, 8, at < 4)).collect();
    for v6 in [false, true] {
        let mut c = Connection::open(v6);
        let whole = packet(&c);
        for (offset, length, more) in &order {
            let from = usize::from(*offset);
            c.fragment(77, *offset, *more, &whole[from..from + length]);
        }
        if v6 {
            // The first has to hold all headers (RFC 7112).
            check(&c, "", &["decoder.ipv6.frag_incomplete_header_chain"]);
        } else {
            check(&c, LINE, &["decoder.ipv4.frag_tiny_first", "decoder.ipv4.frag_tiny_offset"]);
        }
    }
}

#[test]
fn a_fragment_behind_the_last() {
    let mut c = Connection::open(false);
    let whole = [packet(&c), vec![b'X'; 8]].concat();
    c.fragment(5, 32, false, &whole[32..40]);
    c.fragment(5, 40, true, &whole[40..48]);
    c.fragment(5, 0, true, &whole[..24]);
    c.fragment(5, 24, true, &whole[24..32]);
    check(&c, "", &["decoder.ipv4.frag_past_end"]);
}

/// Two versions of the bytes from 24 on: in the line `/attack ` becomes `/ZZZZZZ `, and the checksum is that of the first.
fn conflicting(v6: bool, config: &str, old_first: bool) -> Connection {
    let mut c = Connection::open(v6);
    c.config = config.to_owned();
    let whole = packet(&c);
    let mut other = whole[24..32].to_vec();
    other[1..7].fill(b'X');
    let [first, second] = if old_first { [whole[24..32].to_vec(), other] } else { [other, whole[24..32].to_vec()] };
    c.fragment(9, 24, true, &first);
    c.fragment(9, 24, true, &second);
    c.fragment(9, 0, true, &whole[..24]);
    c.fragment(9, 32, false, &whole[32..]);
    c
}

#[test]
fn overlapping_fragments_of_which_the_old_one_counts() {
    let c = conflicting(false, "defrag.policy = \"first\"\n", true);
    let seen = check(&c, LINE, &["decoder.ipv4.frag_overlap_conflict"]);
    assert_eq!(seen.kept, ["first"]);
}

#[test]
fn overlapping_fragments_of_which_the_new_one_counts() {
    let c = conflicting(false, "defrag.policy = \"last\"\n", false);
    let seen = check(&c, LINE, &["decoder.ipv4.frag_overlap_conflict"]);
    assert_eq!(seen.kept, ["later"]);
}

#[test]
fn overlapping_fragments_that_are_thrown_away() {
    let c = conflicting(false, "defrag.policy = \"drop\"\n", true);
    let seen = check(&c, "", &["decoder.ipv4.frag_overlap_conflict"]);
    assert_eq!(seen.kept, ["neither"]);
    // All hosts discard such a packet in IPv6 (RFC 5722).
    for policy in ["first", "last"] {
        let c = conflicting(true, &format!("defrag.policy = \"{policy}\"\n"), true);
        let seen = check(&c, "", &["decoder.ipv6.frag_overlap_conflict"]);
        assert_eq!(seen.kept, ["neither"], "{policy}");
    }
}

#[test]
fn a_repeated_fragment_with_other_bytes_is_passed_over_by_linux() {
    for (v6, event) in [(false, "decoder.ipv4.frag_overlap_conflict"), (true, "decoder.ipv6.frag_overlap_conflict")] {
        let seen = check(&conflicting(v6, "", true), LINE, &[event]);
        assert_eq!(seen.kept, ["first"], "{event}");
    }
}

/// A Linux host throws away what it has when fragments overlap otherwise.
fn thrown_away(v6: bool) -> Connection {
    let mut c = Connection::open(v6);
    let whole = packet(&c);
    c.fragment(9, 24, false, &whole[24..]);
    c.fragment(9, 16, true, &[b'X'; 16]);
    c.fragment(9, 0, true, &whole[..24]);
    c
}

#[test]
fn a_thrown_away_packet_is_sent_again() {
    for (v6, event) in [(false, "decoder.ipv4.frag_overlap_conflict"), (true, "decoder.ipv6.frag_overlap_conflict")] {
        check(&thrown_away(v6), "", &[event]);
        // Its target has it no more, so the client's TCP sends it again.
        let mut c = thrown_away(v6);
        c.send(&client(1, LINE));
        c.send(&server(1, 21, ""));
        check(&c, LINE, &[event]);
    }
}

#[test]
fn a_fragment_whose_length_is_no_multiple_of_eight() {
    for v6 in [false, true] {
        let mut c = Connection::open(v6);
        let whole = packet(&c);
        for (offset, length, more) in [(0_u16, 24, true), (24, 12, true), (32, 8, false)] {
            let from = usize::from(offset);
            c.fragment(77, offset, more, &whole[from..from + length]);
        }
        if v6 {
            check(&c, "", &["decoder.ipv6.frag_invalid_length"]);
        } else {
            // Linux cuts it to a multiple.
            check(&c, LINE, &["decoder.ipv4.frag_invalid_length"]);
        }
    }
}

#[test]
fn fragments_that_together_are_too_long() {
    let mut c = Connection::open(false);
    let whole = packet(&c);
    c.fragment(3, 0, true, &whole[..24]);
    c.fragment(3, 65_528, false, &[b'X'; 400]);
    c.fragment(3, 24, false, &whole[24..]);
    check(&c, "", &["decoder.ipv4.frag_pkt_too_large"]);
}

#[test]
fn a_last_fragment_inside_what_has_arrived() {
    let mut c = Connection::open(false);
    let whole = packet(&c);
    c.fragment(4, 0, true, &whole[..32]);
    c.fragment(4, 16, false, &whole[16..24]);
    check(&c, "", &["decoder.ipv4.frag_teardrop"]);
}

#[test]
fn tcp_at_offset_eight_over_the_flags() {
    let mut c = Connection::open(false);
    let whole = packet(&c);
    c.fragment(4, 0, true, &whole[..24]);
    c.fragment(4, 8, true, &whole[8..24]);
    c.fragment(4, 24, false, &whole[24..]);
    // The target passes over it, as over any repetition.
    check(&c, LINE, &["decoder.ipv4.frag_tiny_offset"]);
}

#[test]
fn fragments_of_overlapping_segments() {
    for v6 in [false, true] {
        let mut c = Connection::open(v6);
        let evil = c.tcp(&client(5, "/ZZZZZZ"));
        c.fragment(1, 24, false, &evil[24..]);
        c.fragment(1, 0, true, &evil[..24]);
        // It begins before: a Linux host takes it.
        let good = c.tcp(&client(4, " /attack"));
        c.fragment(2, 0, true, &good[..24]);
        c.fragment(2, 24, false, &good[24..]);
        c.send(&client(1, "GET"));
        check(&c, "GET /attack", &["reassembly_overlap_different_data"]);
    }
}

#[test]
fn a_low_ttl_within_fragments_is_that_of_the_first() {
    let mut c = Connection::open(false);
    let bytes = c.tcp(&client(1, "GET /ZZZZZZ"));
    for (offset, more, range) in [(0_u16, true, 0..24), (24, false, 24..bytes.len())] {
        let frame = c.ipv4(true, 3, (offset, more), 6, &bytes[range]);
        c.raw(frame);
    }
    c.send(&client(1, "GET /attack"));
    c.send(&server(1, 12, ""));
    check(&c, "GET /attack", &["pkt_ttl_too_low"]);
}

#[test]
fn a_wrong_ip_header_checksum() {
    let mut c = Connection::open(false);
    c.config = "decoder.ipv4_checksum = \"verify\"\n".to_owned();
    c.send(&client(1, "GET /att"));
    let bytes = c.tcp(&client(9, "ZZZ"));
    let mut frame = c.ipv4(true, 64, (0, false), 0, &bytes);
    frame[24] ^= 0xff;
    c.raw(frame);
    c.send(&client(9, "ack"));
    let seen = check(&c, "GET /attack", &[]);
    assert_eq!(seen.counter("decoder.reject.ipv4_bad_checksum"), 1);
}

#[test]
fn malformed_ip_options() {
    let mut c = Connection::open(false);
    c.send(&client(1, "GET /att"));
    let bytes = c.tcp(&client(9, "ZZZ"));
    let mut frame = c.ipv4(true, 64, (0, false), 0, &bytes);
    // Four bytes of options, of which the record route option claims forty.
    frame.splice(34..34, [7, 40, 4, 0]);
    frame[14] = 0x46;
    frame[17] += 4;
    c.raw(frame);
    c.send(&client(9, "ack"));
    let seen = check(&c, "GET /attack", &[]);
    assert_eq!(seen.counter("decoder.reject.ipv4_bad_option"), 1);
}

#[test]
fn a_packet_shorter_than_its_header_says() {
    let mut c = Connection::open(false);
    c.send(&client(1, "GET /att"));
    let bytes = c.tcp(&client(9, "ZZZ"));
    let mut frame = c.ipv4(true, 64, (0, false), 0, &bytes);
    // The TCP header claims 60 bytes.
    frame[46] = 0xf0;
    c.raw(frame);
    c.send(&client(9, "ack"));
    let seen = check(&c, "GET /attack", &[]);
    assert_eq!(seen.counter("decoder.reject.tcp_offset_beyond_segment"), 1);
}
