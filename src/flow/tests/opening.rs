//! What is read of a side's first packet.

use super::*;
use crate::wire::tcp_flag;

/// The opening of a SYN with `options`.
fn opening(options: &[u8]) -> Opening {
    let mut frame = vec![0xee; 54];
    frame.extend(options);
    let mut packet = headers(proto::TCP, (1, 40_000), (2, 80));
    packet.tcp = TcpHeader { seq: 7, ack: 8, window: 9, flags: tcp_flag::SYN };
    packet.ttl = 61;
    packet.payload_at = u32::try_from(frame.len()).unwrap();
    Opening::of(&packet, &frame)
}

/// Window scale, SACK permitted, timestamp.
fn read(options: &[u8]) -> (Option<u8>, bool, Option<u32>) {
    let opening = opening(options);
    (opening.window_scale(), opening.sack_permitted(), opening.timestamp())
}

#[test]
fn the_header_is_kept() {
    let opening = opening(&[]);
    assert_eq!(opening.header(), TcpHeader { seq: 7, ack: 8, window: 9, flags: tcp_flag::SYN });
    assert_eq!(opening.ttl, 61);
    assert_eq!((opening.window_scale(), opening.sack_permitted(), opening.timestamp()), (None, false, None));
    assert_eq!(size_of::<Opening>(), 20);
}

#[test]
fn options_are_read_in_any_order() {
    // As Linux sends them: MSS, SACK permitted, timestamps, no-operation, window scale.
    let linux = [2, 4, 5, 180, 4, 2, 8, 10, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 1, 3, 3, 7];
    assert_eq!(read(&linux), (Some(7), true, Some(0x1234_5678)));
    assert_eq!(read(&[1, 1, 3, 3, 0, 0, 4, 2]), (Some(0), false, None), "nothing counts after the end of the list");
    assert_eq!(read(&[8, 10, 0, 0, 0, 0, 0, 0, 0, 0]), (None, false, Some(0)));
}

#[test]
fn a_window_scale_above_14_is_14() {
    for (shift, expected) in [(14, 14), (15, 14), (255, 14)] {
        assert_eq!(read(&[3, 3, shift, 0]), (Some(expected), false, None));
    }
}

#[test]
fn damaged_options_end_the_reading() {
    assert_eq!(read(&[3]), (None, false, None), "no length");
    assert_eq!(read(&[3, 0, 4, 2]), (None, false, None), "length 0");
    assert_eq!(read(&[3, 1, 4, 2]), (None, false, None), "length 1");
    assert_eq!(read(&[3, 4, 7, 0]), (None, false, None), "a length that is not the option's");
    assert_eq!(read(&[4, 2, 8, 10, 1, 2, 3, 4]), (None, true, None), "past the end");
    assert_eq!(read(&[8, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 4, 2, 0]), (None, true, None), "another length");
}

#[test]
fn a_frame_that_was_cut_within_the_options_has_none() {
    let mut packet = headers(proto::TCP, (1, 40_000), (2, 80));
    packet.payload_at = 74;
    let opening = Opening::of(&packet, &[0; 60]);
    assert_eq!((opening.window_scale(), opening.sack_permitted(), opening.timestamp()), (None, false, None));
}
