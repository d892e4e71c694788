//! What the frame of a whole packet looks like, byte by byte.

use super::*;
use crate::wire::proto;

/// The frame that the packet would have been in if it had not been cut.
fn uncut(first: &Fragment, payload: &[u8]) -> Vec<u8> {
    let whole = Fragment { offset: 0, more: false, payload: payload.to_vec(), padding: 0, ..first.clone() };
    let mut frame = whole.frame();
    if first.v6 {
        // Without the fragment header, whose next header goes into the field before it.
        let network = 14 + 4 * first.vlan.len();
        let fragment = network + 40 + first.options.1.len();
        frame.drain(fragment..fragment + 8);
        let length = (frame.len() - network - 40) as u16;
        frame[network + 4..network + 6].copy_from_slice(&length.to_be_bytes());
        let field = match first.options.1.len() {
            0 => network + 6,
            // The tests' last extension header is its last 8 bytes.
            length => network + 40 + length - 8,
        };
        frame[field] = first.proto;
    }
    frame
}

/// Sends `payload` in pieces of `size` bytes with the headers of `template`, and expects the uncut frame.
fn expect_uncut(template: &Fragment, payload: &[u8], size: usize) {
    for policy in Policy::ALL {
        let mut lab = Lab::with(policy);
        let mut last = Fate::Held;
        for at in (0..payload.len()).step_by(size) {
            let end = (at + size).min(payload.len());
            let more = end != payload.len();
            let part = payload[at..end].to_vec();
            last = lab.send(&Fragment { offset: at as u32, more, payload: part, ..template.clone() });
        }
        assert!(matches!(last, Fate::Whole(_)), "{policy} {last:?}");
        assert_eq!(lab.frame, uncut(template, payload), "{policy}");
        assert_eq!(lab.report, None);
        lab.end();
    }
}

#[test]
fn ipv4() {
    expect_uncut(&v4(0, true, []), &bytes(100), 32);
}

#[test]
fn ipv4_with_options() {
    // Router alert (RFC 2113), and a loose source route of two bytes less padded.
    let options = vec![0x94, 4, 0, 0, 0x83, 7, 4, 10, 0, 0, 1, 0];
    expect_uncut(&Fragment { options: (0, options), ..v4(0, true, []) }, &bytes(3000), 1472);
}

#[test]
fn the_first_fragment_s_options_are_kept_and_the_others_do_not_count() {
    // RFC 791 section 3.1: options without the copied flag stand in the first fragment only.
    let mut lab = Lab::with(Policy::Linux);
    let first = Fragment { options: (0, vec![7, 7, 4, 0, 0, 0, 0, 0]), ..v4(0, true, bytes(16)) };
    assert_eq!(lab.send(&v4(16, false, bytes(5))), Fate::Held);
    let payload = [bytes(16), bytes(5)].concat();
    assert_eq!(lab.send(&first), Fate::Whole(payload.clone()));
    assert_eq!(lab.frame, uncut(&first, &payload));
}

#[test]
fn ipv4_flags() {
    // "Don't fragment" and the reserved bit stay as the first fragment has them.
    let template = Fragment { dont_fragment: true, tos: 0xb8, ..v4(0, true, []) };
    expect_uncut(&template, &bytes(50), 24);
    let mut lab = Lab::with(Policy::Linux);
    lab.send(&template);
    assert_eq!(lab.defragmenter.counters().dont_fragment, 1);
}

#[test]
fn ipv6() {
    expect_uncut(&v6(0, true, []), &bytes(2000), 1232);
}

#[test]
fn ipv6_with_extension_headers() {
    // Hop-by-hop (router alert, RFC 2711), a routing header and destination options before the fragment header.
    let hop = [60, 0, 5, 2, 0, 0, 1, 0];
    let options = [44, 0, 1, 4, 0, 0, 0, 0];
    expect_uncut(&Fragment { options: (0, [hop, options].concat()), ..v6(0, true, []) }, &bytes(100), 40);
    // And destination options behind it, in the part that is cut.
    let payload = [vec![proto::UDP, 0, 1, 4, 0, 0, 0, 0, 0x30, 0x39, 0, 53, 0, 100, 0, 0], bytes(92)].concat();
    expect_uncut(&Fragment { proto: 60, ..v6(0, true, []) }, &payload, 48);
}

#[test]
fn an_authentication_header_is_counted_in_words_of_four_bytes() {
    // RFC 4302: 16 bytes, so "payload len" 2.
    let header = vec![44, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9];
    let mut lab = Lab::with(Policy::Linux);
    let with = |fragment| Fragment { options: (51, header.clone()), ..fragment };
    assert_eq!(lab.send(&with(v6(0, true, bytes(8)))), Fate::Held);
    assert_eq!(lab.send(&with(v6(8, false, bytes(3)))), Fate::Whole([bytes(8), bytes(3)].concat()));
    assert_eq!((lab.frame[20], lab.frame[54]), (51, EXPERIMENT));
}

#[test]
fn link_layers_stay() {
    let tagged = Fragment { vlan: vec![5, 6], ..v4(0, true, []) };
    expect_uncut(&tagged, &bytes(100), 40);
    expect_uncut(&Fragment { v6: true, ..tagged }, &bytes(100), 40);
}

#[test]
fn padding_is_no_payload() {
    for v6 in [false, true] {
        expect_uncut(&Fragment { padding: 18, ..ip(v6, 0, true, []) }, &bytes(20), 8);
    }
}

#[test]
fn congestion_of_one_fragment_is_the_packet_s() {
    // RFC 3168 section 5.3, ECT(0) and CE.
    for v6 in [false, true] {
        let mut lab = Lab::with(Policy::Linux);
        assert_eq!(lab.send(&Fragment { tos: 0xb8 | 2, ..ip(v6, 0, true, bytes(8)) }), Fate::Held);
        assert_eq!(
            lab.send(&Fragment { tos: 3, ..ip(v6, 8, false, bytes(8)) }),
            Fate::Whole([bytes(8), bytes(8)].concat())
        );
        assert_eq!(lab.report, None);
        let first = Fragment { tos: 0xb8 | 3, ..ip(v6, 0, true, []) };
        assert_eq!(lab.frame, uncut(&first, &[bytes(8), bytes(8)].concat()));
    }
}

#[test]
fn the_protocol_of_an_ipv6_packet_is_its_first_fragment_s() {
    let mut lab = Lab::with(Policy::Linux);
    lab.send(&Fragment { proto: proto::TCP, ..v6(24, false, bytes(8)) });
    assert_eq!(lab.send(&v6(0, true, bytes(24))), Fate::Whole([bytes(24), bytes(8)].concat()));
    assert_eq!(lab.frame[20], EXPERIMENT);
}

#[test]
fn what_is_known_of_the_fragments() {
    let mut lab = Lab::with(Policy::Linux);
    let parts = [v4(0, true, bytes(16)), v4(0, true, bytes(16)), v4(16, false, bytes(1))];
    let begin = lab.now_ns + 1;
    lab.send(&parts[0]);
    lab.now_ns += SECOND;
    lab.send(&parts[1]);
    let frame = parts[2].frame();
    let headers = parse(LinkType::Ethernet, &frame, 2000, true).unwrap();
    let verdict = lab.defragmenter.fragment(&frame, &headers, 2000, lab.now_ns);
    let Outcome::Whole(whole) = verdict.outcome else { panic!("{verdict:?}") };
    assert_eq!((whole.fragments, whole.wire_len, whole.first_ns), (3, 50 + 50 + 2000, begin));
}
