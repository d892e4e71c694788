//! Capture files of every kind, whole and damaged, as `replay` and `bench` read them.

use std::io::Cursor;

use tidegate::steer::capture::{CaptureError, CaptureReader};
use tidegate::wire::LinkType;

#[path = "capture_reader/build.rs"]
mod build;
#[path = "capture_reader/damage.rs"]
mod damage;
#[path = "capture_reader/formats.rs"]
mod formats;
#[path = "capture_reader/messages.rs"]
mod messages;
#[path = "capture_reader/tshark.rs"]
mod tshark;

/// A packet as it was read, in memory of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Got {
    timestamp_ns: u64,
    wire_len: u32,
    link: LinkType,
    interface: u32,
    data: Vec<u8>,
}

/// All packets of a file in memory and the error that ended it, if one did.
fn read(file: &[u8]) -> (Vec<Got>, Option<CaptureError>) {
    let mut reader = match CaptureReader::from_reader("test.cap", Box::new(Cursor::new(file.to_vec()))) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut got = Vec::new();
    let error = loop {
        match reader.next() {
            Ok(Some(packet)) => got.push(Got {
                timestamp_ns: packet.timestamp_ns,
                wire_len: packet.wire_len,
                link: packet.link,
                interface: packet.interface,
                data: packet.data.to_vec(),
            }),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    assert!(matches!(reader.next(), Ok(None)), "after the end, and after an error, comes the end");
    assert_eq!(reader.packets(), got.len() as u64);
    (got, error)
}

/// All packets of a file that has to be whole.
fn read_whole(file: &[u8]) -> Vec<Got> {
    let (got, error) = read(file);
    assert!(error.is_none(), "{}", error.unwrap());
    got
}

/// The built packets as they have to come out of a file with one Ethernet interface.
fn expected(packets: &[build::Packet]) -> Vec<Got> {
    packets
        .iter()
        .map(|packet| Got {
            timestamp_ns: packet.time_us * 1_000,
            wire_len: packet.wire_len,
            link: LinkType::Ethernet,
            interface: 0,
            data: packet.data.clone(),
        })
        .collect()
}

/// Says on the terminal that the rest of a test was not run, and why.
#[allow(clippy::print_stdout)] // for whoever reads the test's output
fn skipped(reason: &str) {
    println!("skipped: {reason}");
}
