//! Files cut off, changed, and lying about their lengths.

use std::io::{self, Cursor, Read};

use tidegate::steer::capture::{CaptureErrorKind, CaptureReader, Item, MAX_BLOCK_BYTES};

use crate::build::{
    ORDERS, Order, PACKED, Packed, block, enhanced, interface, packets, pcap, pcap_header, pcap_record, pcapng, section,
};
use crate::{expected, read};

/// Where each packet's record begins and ends in a built file.
fn records(file: &[u8], order: Order) -> Vec<(usize, usize)> {
    let u32_at = |at: usize| {
        let raw = file[at..at + 4].try_into().unwrap();
        (if order == Order::Little { u32::from_le_bytes(raw) } else { u32::from_be_bytes(raw) }) as usize
    };
    let mut found = Vec::new();
    if file[..4] == [0x0a, 0x0d, 0x0d, 0x0a] {
        let mut at = 0;
        while at < file.len() {
            let end = at + u32_at(at + 4);
            if u32_at(at) == 6 {
                found.push((at, end));
            }
            at = end;
        }
    } else {
        let mut at = 24;
        while at < file.len() {
            let end = at + 16 + u32_at(at + 8);
            found.push((at, end));
            at = end;
        }
    }
    found
}

#[test]
fn a_file_cut_anywhere_gives_the_packets_before_and_names_the_one_it_cuts() {
    let packets = packets();
    let expected = expected(&packets);
    for order in ORDERS {
        for file in [pcap(order, 0xa1b2_c3d4, &packets), pcapng(order, 6, &packets)] {
            let ng = file[0] == 0x0a;
            let records = records(&file, order);
            assert_eq!(records.len(), packets.len());
            for cut in 4..file.len() {
                let (got, error) = read(&file[..cut]);
                let whole = records.iter().filter(|(_, end)| *end <= cut).count();
                assert_eq!(got, expected[..whole], "cut at {cut}");
                let Some(error) = error else {
                    let boundary = records.iter().any(|(start, end)| cut == *start || cut == *end);
                    assert!(boundary || ng && is_block_boundary(&file, order, cut), "cut at {cut} is no error");
                    continue;
                };
                assert!(matches!(error.kind(), CaptureErrorKind::Truncated(_)), "cut at {cut}: {error}");
                let place = error.place().unwrap();
                let inside = records.iter().position(|(start, end)| (*start + 8..*end).contains(&cut));
                match (inside, place.item) {
                    (Some(index), Item::Packet(number)) => {
                        assert_eq!((number, place.offset), (index as u64 + 1, records[index].0 as u64));
                    }
                    (None, Item::Packet(number)) => assert_eq!((ng, number), (false, whole as u64 + 1)),
                    (None, Item::Block(after)) => assert_eq!(after, whole as u64),
                    (None, Item::Header) => assert!(cut < 24 && !ng),
                    other => panic!("cut at {cut}: {other:?}"),
                }
            }
        }
    }
}

fn is_block_boundary(file: &[u8], order: Order, cut: usize) -> bool {
    let mut at = 0;
    while at < cut {
        let raw = file[at + 4..at + 8].try_into().unwrap();
        at += (if order == Order::Little { u32::from_le_bytes(raw) } else { u32::from_be_bytes(raw) }) as usize;
    }
    at == cut
}

#[test]
fn a_packed_file_cut_anywhere_gives_an_error_and_only_true_packets() {
    let packets = packets();
    let expected = expected(&packets);
    let file = pcap(Order::Little, 0xa1b2_c3d4, &packets);
    for packed in PACKED {
        if packed == Packed::Plain {
            continue;
        }
        let stored = packed.pack(&file);
        let mut most = 0;
        for cut in 4..stored.len() {
            let (got, error) = read(&stored[..cut]);
            assert_eq!(got, expected[..got.len()], "{packed:?} cut at {cut}");
            let error = error.unwrap_or_else(|| panic!("{packed:?} cut at {cut} is no error"));
            assert!(matches!(error.kind(), CaptureErrorKind::Truncated(_)), "{packed:?} cut at {cut}: {error}");
            let place = error.place().unwrap();
            match place.item {
                Item::Packet(number) => assert_eq!(number, got.len() as u64 + 1),
                Item::Header => assert!(got.is_empty()),
                Item::Block(_) => panic!("pcap has no blocks"),
            }
            assert!(place.packed || got.is_empty());
            most = most.max(got.len());
        }
        if matches!(packed, Packed::Gzip | Packed::GzipMembers) {
            assert_eq!(most, packets.len(), "without gzip's last byte, every packet is there");
        }
    }
}

#[test]
fn a_changed_byte_anywhere_never_panics_and_the_reading_ends() {
    let packets = packets();
    for order in ORDERS {
        for file in [pcap(order, 0xa1b2_c3d4, &packets), pcapng(order, 6, &packets)] {
            for packed in PACKED {
                let stored = packed.pack(&file);
                for at in 0..stored.len() {
                    for change in [0x01, 0x80, 0xff] {
                        let mut changed = stored.clone();
                        changed[at] ^= change;
                        let (got, _) = read(&changed);
                        assert!(got.len() <= file.len() / 12, "{packed:?} byte {at}: {} packets", got.len());
                    }
                }
            }
        }
    }
}

/// The head of a file, and then as many bytes as anyone cares to read.
struct Endless(Cursor<Vec<u8>>);

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into)? {
            0 => {
                into.fill(0);
                Ok(into.len())
            }
            n => Ok(n),
        }
    }
}

#[test]
fn a_lying_length_takes_no_memory() {
    let packets = packets();
    for said in [262_145, 0x7fff_ffff, u32::MAX - 3, u32::MAX] {
        let mut pcap = pcap_header(Order::Little, 0xa1b2_c3d4, 1);
        pcap.extend(pcap_record(Order::Little, 0, 0, said, said));
        let mut enhanced_len = section(Order::Little);
        enhanced_len.extend(interface(Order::Little, 1, 0, &[]));
        let at = enhanced_len.len();
        enhanced_len.extend(enhanced(Order::Little, 0, 0, &packets[0]));
        let mut captured_len = enhanced_len.clone();
        enhanced_len[at + 4..at + 8].copy_from_slice(&(said & !3).max(MAX_BLOCK_BYTES + 4).to_le_bytes());
        captured_len[at + 20..at + 24].copy_from_slice(&said.to_le_bytes());
        for file in [pcap, enhanced_len, captured_len] {
            let mut reader = CaptureReader::from_reader("endless", Box::new(Endless(Cursor::new(file)))).unwrap();
            let error = reader.next().unwrap_err();
            assert_eq!(error.place().unwrap().item, Item::Packet(1));
            assert!(error.to_string().contains(" more than the largest "), "{error}");
            assert!(reader.buffer_bytes() <= MAX_BLOCK_BYTES as usize, "{} bytes", reader.buffer_bytes());
            assert!(reader.bytes_read() <= u64::from(MAX_BLOCK_BYTES), "{} bytes", reader.bytes_read());
        }
    }
}

#[test]
fn a_block_to_skip_may_be_larger_than_the_buffer() {
    let order = Order::Little;
    let file = [
        section(order),
        interface(order, 1, 0, &[]),
        block(order, 0x0bad, &vec![1; 3 << 20]),
        enhanced(order, 0, 1, &packets()[0]),
    ]
    .concat();
    let mut reader = CaptureReader::from_reader("skip", Box::new(Cursor::new(file))).unwrap();
    assert_eq!(reader.next().unwrap().map(|packet| packet.timestamp_ns), Some(1_000));
    assert!(reader.buffer_bytes() <= MAX_BLOCK_BYTES as usize);
}

#[test]
fn a_failing_disk_is_told_from_damage() {
    struct Failing(Cursor<Vec<u8>>);
    impl Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match self.0.read(into)? {
                0 => Err(io::Error::other("the disk is on fire")),
                n => Ok(n),
            }
        }
    }
    let packets = packets();
    for packed in PACKED {
        let stored = packed.pack(&pcap(Order::Little, 0xa1b2_c3d4, &packets));
        let half = stored[..stored.len() - 1].to_vec();
        let outcome =
            CaptureReader::from_reader("disk", Box::new(Failing(Cursor::new(half)))).and_then(|mut reader| {
                loop {
                    if reader.next()?.is_none() {
                        panic!("no error");
                    }
                }
            });
        let error: tidegate::steer::capture::CaptureError = match outcome {
            Ok(()) => unreachable!("the loop above never ends well"),
            Err(error) => error,
        };
        assert_eq!(error.to_string(), "disk: cannot be read: the disk is on fire", "{packed:?}");
    }
}
