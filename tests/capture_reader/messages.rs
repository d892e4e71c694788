//! The one line that each kind of bad file gets.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;
use tidegate::steer::capture::CaptureReader;

use crate::build::{
    Order, block, enhanced, gzip, interface, packets, pcap, pcap_header, pcap_record, section, simple, zstd,
};
use crate::{read, skipped};

/// The message that opening `path` and reading it to its end gives.
fn message(path: &Path) -> String {
    let outcome = CaptureReader::open(path).and_then(|mut reader| {
        while reader.next()?.is_some() {}
        Ok(())
    });
    outcome.expect_err("an error").to_string()
}

#[test]
fn what_is_no_capture_is_named() {
    let dir = TempDir::new().unwrap();
    let elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";
    let expected = "expected pcap or pcapng, plain, gzip or zstd";
    for (content, found) in [
        (b"".to_vec(), "an empty file"),
        (elf.to_vec(), "an ELF program"),
        (b"# not packets\n".to_vec(), "text"),
        (gzip(b"# not packets\n"), "gzip data that holds text"),
        (zstd(elf), "zstd data that holds an ELF program"),
        (gzip(b""), "gzip data that holds an empty file"),
        (gzip(&gzip(b"twice")), "gzip data that holds gzip data"),
        (vec![1, 2, 3, 4, 5], "data that begins with 01 02 03 04"),
        (vec![0xd4, 0xc3], "data that begins with d4 c3"),
        (pcap_header(Order::Big, 0xa1b2_cd34, 1), "a big-endian pcap of the modified kind"),
    ] {
        let path = dir.path().join("input.pcap");
        File::create(&path).unwrap().write_all(&content).unwrap();
        assert_eq!(message(&path), format!("{}: not a capture: found {found}; {expected}", path.display()));
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let dir = TempDir::new().unwrap();
    let shown = dir.path().display();
    assert_eq!(message(dir.path()), format!("{shown}: cannot be read: Is a directory (os error 21)"));
    assert_eq!(
        message(&dir.path().join("none.pcap")),
        format!("{shown}/none.pcap: cannot be read: No such file or directory (os error 2)")
    );
    let locked = dir.path().join("locked.pcap");
    File::create(&locked).unwrap().set_permissions(PermissionsExt::from_mode(0o000)).unwrap();
    if File::open(&locked).is_ok() {
        skipped("this user may read files of mode 0");
        return;
    }
    assert_eq!(message(&locked), format!("{shown}/locked.pcap: cannot be read: Permission denied (os error 13)"));
}

/// The message for a file in memory.
fn said(file: &[u8]) -> String {
    read(file).1.expect("an error").to_string()
}

#[test]
fn damage_in_pcap_is_placed() {
    let order = Order::Little;
    let whole = pcap(order, 0xa1b2_c3d4, &packets());
    assert_eq!(said(&whole[..20]), "test.cap: file header at byte 0: the file ends in the middle of it");
    assert_eq!(said(&whole[..110]), "test.cap: packet 2 at byte 100: the file ends in the middle of it");
    assert_eq!(
        said(&gzip(&whole[..150])),
        "test.cap: packet 2 at byte 100 of the unpacked data: the file ends in the middle of it"
    );
    let lying = [whole.clone(), pcap_record(order, 0, 0, u32::MAX, 1)].concat();
    assert_eq!(
        said(&lying),
        format!(
            "test.cap: packet 6 at byte {}: record says 4294967295 bytes, more than the largest packet 262144",
            whole.len()
        )
    );
    let mut version = whole.clone();
    version[4] = 9;
    assert_eq!(said(&version), "test.cap: file header at byte 0: format version 9.4 is unknown; expected 2.4");
    assert_eq!(
        said(&pcap_header(order, 0xa1b2_c3d4, 147)),
        "test.cap: file header at byte 0: link type 147 is not supported; expected Ethernet (1), raw IP \
         (101, 12, 14, 228, 229), null (0), loop (108), Linux cooked (113) or Linux cooked v2 (276)"
    );
}

#[test]
fn damage_in_packed_data_is_told_from_damage_in_the_capture() {
    let whole = pcap(Order::Little, 0xa1b2_c3d4, &packets());
    let mut damaged = gzip(&whole);
    let crc = damaged.len() - 8;
    damaged[crc] ^= 1;
    assert_eq!(
        said(&damaged),
        format!(
            "test.cap: packet 6 at byte {} of the unpacked data: gzip data is damaged: corrupt gzip stream does not \
             have a matching checksum",
            whole.len()
        )
    );
    let followed = [zstd(&whole), b"text".to_vec()].concat();
    assert_eq!(
        said(&followed),
        format!(
            "test.cap: packet 6 at byte {} of the unpacked data: zstd data is damaged: what follows a frame is no frame",
            whole.len()
        )
    );
}

#[test]
fn damage_in_pcapng_is_placed() {
    let order = Order::Big;
    let head = [section(order), interface(order, 1, 0, &[])].concat();
    let at = head.len();
    let packet = enhanced(order, 0, 0, &packets()[0]);
    let changed = |offset: usize, value: u32| {
        let mut file = [head.clone(), packet.clone()].concat();
        file[at + offset..at + offset + 4].copy_from_slice(&order.u32(value));
        said(&file)
    };
    let len = packet.len();
    let place = format!("test.cap: packet 1 at byte {at}: ");
    assert_eq!(changed(4, 28), format!("{place}block says 28 bytes, less than the 32 of its kind"));
    assert_eq!(changed(4, 33), format!("{place}block says 33 bytes, not a multiple of 4"));
    assert_eq!(changed(4, 1 << 30), format!("{place}block says 1073741824 bytes, more than the largest block 1048576"));
    assert_eq!(changed(4, len as u32 + 4), format!("{place}the file ends in the middle of it"));
    assert_eq!(changed(len - 4, 8), format!("{place}block says {len} bytes at its start and 8 at its end"));
    assert_eq!(changed(20, 262_145), format!("{place}record says 262145 bytes, more than the largest packet 262144"));
    assert_eq!(changed(20, 200), format!("{place}record says 200 bytes, more than fit into its block of {len}"));
    assert_eq!(changed(8, 3), format!("{place}packet is of interface 3, but its section has described 1 so far"));

    let early = [section(order), simple(order, &packets()[0])].concat();
    assert!(said(&early).ends_with("packet is of interface 0, but its section has described 0 so far"));
    let usb = [section(order), interface(order, 220, 0, &[]), packet].concat();
    assert!(said(&usb).starts_with(&format!("{place}link type 220 is not supported; expected Ethernet (1), ")));
    let mut magic = section(order);
    magic[8] = 0;
    assert_eq!(
        said(&magic),
        "test.cap: block before packet 1 at byte 0: 0x4d3c2b00 is no byte-order magic; expected 0x1a2b3c4d"
    );
    let mut skipped = [head.clone(), block(order, 0x0bad, &[0; 8])].concat();
    let last = skipped.len() - 1;
    skipped[last] = 21;
    assert_eq!(
        said(&skipped),
        format!("test.cap: block before packet 1 at byte {at}: block says 20 bytes at its start and 21 at its end")
    );
}
