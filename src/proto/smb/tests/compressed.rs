//! Compressed messages, chained and not, of algorithms that are known and not, and such that lie.

#[allow(clippy::wildcard_imports)] // all that messages are made of
use super::build::*;
use super::{Dialogue, lines, says, told, told_whole};
use crate::decode::pack_lznt1;
use crate::event::Direction::{ToClient, ToServer};

const TEXT: &[u8] = b"Project Tern, Project Tern, Project Tern: the launch valuation is confidential.";

/// A message in one compressed piece behind its first bytes: an algorithm, and what it has made.
fn unchained(message: &Message, plain: usize, algorithm: u16, packed: &[u8]) -> Vec<u8> {
    let bytes = frame(std::slice::from_ref(message))[4..].to_vec();
    let head = [
        &b"\xFCSMB"[..],
        &((bytes.len() - plain) as u32).to_le_bytes(),
        &algorithm.to_le_bytes(),
        &[0, 0],
        &(plain as u32).to_le_bytes(),
    ];
    framed(&[&head.concat()[..], &bytes[..plain], packed].concat())
}

/// A message in parts.
fn chained(length: usize, parts: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut content = [&b"\xFCSMB"[..], &(length as u32).to_le_bytes()].concat();
    for (at, (algorithm, part)) in parts.iter().enumerate() {
        content.extend(algorithm.to_le_bytes());
        content.extend([u8::from(at == 0), 0]);
        content.extend((part.len() as u32).to_le_bytes());
        content.extend(part);
    }
    framed(&content)
}

/// A file is opened, read with that response, and closed.
fn reading(size: u64, response: Vec<u8>) -> Dialogue {
    vec![
        says(ToServer, &[create(1, "f", 0)]),
        says(ToClient, &[created(1, id(3), size, 0)]),
        says(ToServer, &[read(2, id(3), 0, 1 << 20)]),
        (ToClient, response),
        says(ToServer, &[close(3, id(3))]),
        says(ToClient, &[closed(3)]),
    ]
}

#[test]
fn lznt1_is_undone() {
    let message = data(2, TEXT);
    for plain in [0, 80] {
        let bytes = frame(std::slice::from_ref(&message))[4..].to_vec();
        let packed = unchained(&message, plain, 1, &pack_lznt1(&bytes[plain..]));
        let seen = told(&reading(TEXT.len() as u64, packed));
        assert_eq!(seen.objects(), [(TEXT.to_vec(), true)], "{plain} bytes as they are");
        assert_eq!(lines(&seen.told(), "anomaly"), [""; 0]);
    }
}

#[test]
fn parts_make_a_message() {
    let content = [TEXT, &[0; 3000], TEXT].concat();
    let bytes = frame(&[data(2, &content)])[4..].to_vec();
    let head = 80 + TEXT.len();
    let lznt1 = |bytes: &[u8]| [&(bytes.len() as u32).to_le_bytes()[..], &pack_lznt1(bytes)].concat();
    let zeros = [&[0; 4][..], &3000_u32.to_le_bytes()].concat();
    let parts = [(0, bytes[..80].to_vec()), (1, lznt1(&bytes[80..head])), (4, zeros), (0, TEXT.to_vec())];
    let seen = told(&reading(content.len() as u64, chained(bytes.len(), &parts)));
    assert_eq!(seen.objects(), [(content, true)]);
}

/// Plain LZ77 without a match but the last: seven bytes as they are, then as many of the same as are said.
fn lz77(bytes: &[u8], repeated: &[u8], times: usize) -> Vec<u8> {
    let mut packed = Vec::new();
    for part in bytes.chunks(32) {
        packed.extend([0; 4]);
        packed.extend(part);
    }
    let last = (bytes.len() / 32) * 36;
    let used = bytes.len() % 32 + repeated.len();
    assert!(used < 32 && repeated.len() < 9, "the last flags have room");
    packed.extend(repeated);
    // All elements behind those are matches.
    packed[last..last + 4].copy_from_slice(&(u32::MAX >> used).to_le_bytes());
    let distance = (repeated.len() as u16 - 1) << 3;
    let length = (repeated.len() * times - 3) as u16;
    packed.extend((distance | 7).to_le_bytes());
    packed.extend([0x0f, 0xff]);
    packed.extend(length.to_le_bytes());
    packed
}

#[test]
fn lz77_is_undone() {
    let content = [TEXT, &b"Tern ".repeat(201)].concat();
    let message = data(2, &content);
    let bytes = frame(std::slice::from_ref(&message))[4..].to_vec();
    let plain = bytes.len() - content.len();
    let packed = lz77(TEXT, b"Tern ", 200);
    let whole = unchained(&message, plain, 2, &packed);
    let counted = [&(content.len() as u32).to_le_bytes()[..], &packed].concat();
    // Behind a part of another algorithm, too.
    let other = [&(plain as u32).to_le_bytes()[..], &pack_lznt1(&bytes[..plain])].concat();
    let parts = chained(bytes.len(), &[(1, other), (2, counted)]);
    for (what, packed) in [("whole", whole), ("in parts", parts)] {
        let seen = told(&reading(content.len() as u64, packed));
        assert_eq!(seen.objects(), [(content.clone(), true)], "{what}");
        assert_eq!(lines(&seen.told(), "anomaly"), [""; 0], "{what}");
    }
}

#[test]
fn a_match_without_end_fills_the_message_and_no_more() {
    let endless = b"\xff\xff\xff\x7fa\x07\0\x0f\xff\0\0\xff\xff\xff\xff";
    let seen = told(&reading(TEXT.len() as u64, unchained(&data(2, TEXT), 80, 2, endless)));
    assert_eq!(seen.objects(), [(vec![b'a'; TEXT.len()], true)]);
    assert_eq!(lines(&seen.told(), "anomaly"), ["anomaly smb.malformed_compression"]);
}

#[test]
fn other_algorithms_leave_a_hole() {
    let seen = told(&reading(TEXT.len() as u64, unchained(&data(2, TEXT), 80, 3, b"huffman knows")));
    let told = seen.told();
    assert_eq!(lines(&told, "anomaly"), ["anomaly smb.compression_not_read"]);
    assert_eq!(
        lines(&told, "< object"),
        ["< object 1 begins smb/file name=f", &format!("< object 1 gap {}", TEXT.len()), "< object 1 ends incomplete"]
    );
}

#[test]
fn compression_that_lies() {
    let message = data(2, TEXT);
    let bytes = frame(std::slice::from_ref(&message))[4..].to_vec();
    let packed = pack_lznt1(&bytes[80..]);
    let right = unchained(&message, 80, 1, &packed);
    let with = |at: usize, value: u32| {
        let mut wrong = right.clone();
        wrong[at..at + 4].copy_from_slice(&value.to_le_bytes());
        wrong
    };
    let bomb = [&[b'a', 0, 0, 0][..], &u32::MAX.to_le_bytes()].concat();
    let cases = [
        ("more than there is", with(8, 3)),
        ("a total beyond all numbers", with(8, u32::MAX)),
        ("a bomb", chained(1 << 24, &[(4, bomb.clone())])),
        ("a pattern that goes on", chained(400, &[(4, bomb)])),
        ("a pattern that is cut", chained(400, &[(4, vec![1, 2, 3])])),
        ("a part behind the end", chained(400, &[(0, vec![0; 9])])[..20].to_vec()),
        ("a match before the first byte", unchained(&message, 80, 2, &[0xFF, 0xFF, 0xFF, 0xFF, 0, 0])),
        ("no chunk", unchained(&message, 80, 1, &[0x02, 0xB0, 0xFF, 0xFF, 0xFF])),
    ];
    for (what, mut response) in cases {
        let length = response.len() as u32 - 4;
        response[..4].copy_from_slice(&length.to_be_bytes());
        let seen = told(&reading(TEXT.len() as u64, response));
        let told = seen.told();
        assert_eq!(lines(&told, "anomaly smb.malformed_compression").len(), 1, "{what}: {told:?}");
        assert!(seen.objects().iter().all(|(_, complete)| !complete), "{what}: {told:?}");
    }
}

/// Zeros of a write that is compressed well: 4 MiB in some bytes.
#[test]
fn a_packet_brings_no_more_than_its_budget() {
    const COUNT: u32 = 4 << 20;
    let bytes = frame(&[data(2, &vec![0; COUNT as usize])])[4..].to_vec();
    let zeros = [&[0; 4][..], &COUNT.to_le_bytes()].concat();
    let response = chained(bytes.len(), &[(0, bytes[..80].to_vec()), (4, zeros)]);
    let room = (1 << 20) + 1000 * response.len() - 80;
    let seen = told_whole(&reading(u64::from(COUNT), response));
    assert_eq!(lines(&seen.told(), "anomaly"), ["anomaly smb.compression_limit"]);
    assert_eq!(seen.objects().iter().map(|(bytes, whole)| (bytes.len(), *whole)).collect::<Vec<_>>(), [(room, false)]);
}
