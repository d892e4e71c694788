//! What is kept of a side's first packet.

use super::*;
use crate::tcp::Options;
use crate::wire::tcp_flag;

/// The opening of a SYN with `options`.
fn opening(options: &[u8], checked: bool) -> Opening {
    let mut frame = vec![0xee; 54];
    frame.extend(options);
    let mut packet = headers(proto::TCP, (1, 40_000), (2, 80));
    packet.tcp = TcpHeader { seq: 7, ack: 8, window: 9, flags: tcp_flag::SYN };
    packet.ttl = 61;
    packet.transport_at = 34;
    packet.payload_at = u32::try_from(frame.len()).unwrap();
    Opening::of(&packet, &Options::read(packet.tcp_header(&frame).1), checked)
}

#[test]
fn the_header_is_kept() {
    let opening = opening(&[], true);
    assert_eq!(opening.header(), TcpHeader { seq: 7, ack: 8, window: 9, flags: tcp_flag::SYN });
    assert_eq!((opening.ttl, opening.is_checked()), (61, true));
    assert_eq!(opening.options(), Options::default());
    assert_eq!(size_of::<Opening>(), 17);
}

#[test]
fn options_are_kept_but_for_the_other_side_s_timestamp() {
    // As Linux sends them: MSS, SACK permitted, timestamps, no-operation, window scale.
    let linux = [2, 4, 5, 180, 4, 2, 8, 10, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 9, 1, 3, 3, 7];
    let mut signed = vec![19, 18];
    signed.extend([1; 16]);
    let cases: [(&[u8], Options); 4] = [
        (
            &linux,
            Options { timestamps: Some((0x1234_5678, 0)), window_scale: Some(7), sack: true, ..Options::default() },
        ),
        (&[3, 3, 14, 0], Options { window_scale: Some(14), ..Options::default() }),
        (&[3, 3, 0, 0], Options { window_scale: Some(0), ..Options::default() }),
        (&signed, Options { signed: true, ..Options::default() }),
    ];
    for (bytes, expected) in cases {
        let opening = opening(bytes, false);
        assert_eq!((opening.options(), opening.is_checked()), (expected, false));
    }
}

#[test]
fn a_frame_that_was_cut_within_the_options_has_none() {
    let mut packet = headers(proto::TCP, (1, 40_000), (2, 80));
    (packet.transport_at, packet.payload_at) = (34, 74);
    assert_eq!(
        Opening::of(&packet, &Options::read(packet.tcp_header(&[0; 60]).1), false).options(),
        Options::default()
    );
}
