//! The short way through the headers says what the long way says.

use super::frames::all;
use super::*;
use crate::wire::{fast, parse};

/// Reads a frame both ways; true when the short way took it.
fn agree(name: &str, frame: &[u8], wire_len: usize, verify: bool) -> bool {
    let wire_len = wire_len.max(frame.len());
    let mut short = Headers { ttl: 99, ..Headers::default() };
    if !fast::plain4(frame, wire_len, verify, &mut short) {
        assert_eq!(short, Headers { ttl: 99, ..Headers::default() }, "{name}: nothing is written");
        return false;
    }
    let mut long = Headers::default();
    let result = parse::parse_any(LinkType::Ethernet, frame, wire_len, verify, &Tunnels::none(), &mut long);
    assert_eq!(
        (result.map(|_| ()), short),
        (Ok(()), long),
        "{name}, {wire_len} bytes of which {} are there",
        frame.len()
    );
    true
}

#[test]
fn both_ways_agree_on_frames_that_are_right_cut_or_damaged() {
    let mut taken = 0;
    for good in all() {
        let (name, frame) = (good.name, good.frame);
        for verify in [false, true] {
            for len in 0..=frame.len() {
                taken += u32::from(agree(&name, &frame[..len], frame.len(), verify));
            }
            agree(&name, &frame, usize::try_from(u32::MAX).unwrap(), verify);
            for place in 0..frame.len().min(80) {
                for value in [0, 1, 4, 5, 6, 0x0f, 0x20, 0x40, 0x45, 0x46, 0x50, 0x60, 0x7f, 0x80, 0xf0, 0xff] {
                    let mut damaged = frame.clone();
                    damaged[place] = value;
                    taken += u32::from(agree(&name, &damaged, frame.len(), verify));
                    agree(&name, &damaged[..frame.len().min(60)], frame.len(), verify);
                }
            }
        }
    }
    assert!(taken > 1000, "the short way took {taken} frames only");
}

#[test]
fn a_wrong_checksum_is_for_the_long_way_to_name() {
    let good = all().into_iter().find(|good| agree(&good.name, &good.frame, good.frame.len(), true)).unwrap();
    let mut frame = good.frame;
    frame[24] ^= 1;
    assert!(agree(&good.name, &frame, frame.len(), false));
    assert!(!agree(&good.name, &frame, frame.len(), true));
    assert_eq!(parse_whole(LinkType::Ethernet, &frame), Err(Reject::Ipv4BadChecksum));
}
