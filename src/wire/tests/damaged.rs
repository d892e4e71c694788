//! Frames that end anywhere, have any byte changed, or are no frames at all.

use proptest::collection::vec;
use proptest::prelude::*;

use super::frames::{Good, all};
use super::*;

const LINKS: [LinkType; 7] = [
    LinkType::Ethernet,
    LinkType::RawIp,
    LinkType::Null,
    LinkType::Loop,
    LinkType::LinuxSll,
    LinkType::LinuxSll2,
    LinkType::Resumed,
];

/// The same for what [`parse_into`] finds within tunnels, and for what an ICMP error quotes.
pub(super) fn try_all_through(tunnels: &Tunnels, link: LinkType, frame: &[u8], wire_len: u32) {
    for verify in [false, true] {
        for wire_len in [0, frame.len() as u32, wire_len, u32::MAX] {
            let mut headers = Headers::default();
            if parse_into(link, frame, wire_len, verify, tunnels, &mut headers).is_ok() {
                assert_within(frame, wire_len, &headers);
                assert_eq!(headers.icmp_error, crate::wire::quote::of(frame, &headers).is_some());
            }
        }
    }
}

/// Parses a frame in every way, and checks what comes out.
fn try_all(link: LinkType, frame: &[u8], wire_len: u32) {
    for verify in [false, true] {
        for wire_len in [0, frame.len() as u32, wire_len, u32::MAX] {
            if let Ok(headers) = parse(link, frame, wire_len, verify) {
                assert_within(frame, wire_len, &headers);
            }
        }
    }
    try_all_through(&Tunnels::all(), link, frame, wire_len);
}

#[test]
fn a_frame_may_end_anywhere() {
    for Good { name, link, frame, payload, .. } in all() {
        let wire_len = frame.len() as u32;
        let (mut read, mut short) = (0, 0);
        for len in 0..frame.len() {
            let cut = &frame[..len];
            try_all(link, cut, wire_len);
            assert!(parse_whole(link, cut).is_err(), "{name}: {len} bytes pass for all of it");
            match parse(link, cut, wire_len, true) {
                Ok(headers) => {
                    read += 1;
                    let total = headers.payload_len + headers.missing_len;
                    assert_eq!(total as usize, payload.len(), "{name} cut to {len}");
                }
                Err(why) => {
                    short += 1;
                    assert_eq!(read, 0, "{name}: {len} bytes are {why:?}, fewer were enough");
                    assert!(why.name().ends_with("_truncated"), "{name} cut to {len}: {why:?}");
                }
            }
        }
        assert!(short >= 20, "{name}: {short} short of a header");
    }
}

#[test]
fn any_byte_may_be_wrong() {
    for Good { link, mut frame, .. } in all() {
        let wire_len = frame.len() as u32;
        for at in 0..frame.len() {
            let right = frame[at];
            for wrong in [0, 0xff, right ^ 0x01, right ^ 0x80, right ^ 0x10, right.wrapping_sub(1)] {
                frame[at] = wrong;
                try_all(link, &frame, wire_len);
            }
            frame[at] = right;
        }
    }
}

#[test]
fn any_two_bytes_of_a_header_may_be_wrong() {
    for Good { link, mut frame, .. } in all().into_iter().filter(|good| good.network_at == 14) {
        let wire_len = frame.len() as u32;
        let end = frame.len().min(14 + 60);
        for (a, b) in (12..end).flat_map(|a| (12..a).map(move |b| (a, b))) {
            let right = (frame[a], frame[b]);
            for wrong in [0_u8, 0xff, 0x2c] {
                (frame[a], frame[b]) = (wrong, wrong ^ 0x2b);
                try_all(link, &frame, wire_len);
            }
            (frame[a], frame[b]) = right;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_harmless(bytes in vec(any::<u8>(), 0..200), wire_len in 0..400_u32) {
        for link in LINKS {
            try_all(link, &bytes, wire_len);
        }
    }

    /// Random bytes behind the start of a frame that is right, and the other way round.
    #[test]
    fn half_a_frame_is_harmless(
        which in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        bytes in vec(any::<u8>(), 0..100),
        wire_len in 0..400_u32,
    ) {
        let frames = FRAMES.with(Clone::clone);
        let good = which.get(&frames);
        let (head, tail) = good.frame.split_at(cut.index(good.frame.len()));
        try_all(good.link, &[head, &bytes].concat(), wire_len);
        try_all(good.link, &[&bytes, tail].concat(), wire_len);
    }
}

thread_local! {
    /// Built once; the property takes them again for every case.
    static FRAMES: std::rc::Rc<Vec<Good>> = std::rc::Rc::new(all());
}
