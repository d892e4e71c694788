//! Any bytes as a capture file: every packet is read, the reading ends, the buffer stays within its bound.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use tidegate::steer::capture::{CaptureReader, MAX_BLOCK_BYTES, MAX_PACKET_BYTES};

fuzz_target!(|file: &[u8]| {
    let mut reader = match CaptureReader::from_reader("fuzz", Box::new(Cursor::new(file.to_vec()))) {
        Ok(reader) => reader,
        Err(error) => {
            assert!(!error.to_string().contains('\n'));
            return;
        }
    };
    loop {
        match reader.next() {
            Ok(Some(packet)) => {
                assert!(packet.data.len() <= MAX_PACKET_BYTES as usize);
                assert!(packet.wire_len as usize >= packet.data.len());
            }
            Ok(None) => break,
            Err(error) => {
                assert!(!error.to_string().contains('\n'));
                break;
            }
        }
    }
    assert!(matches!(reader.next(), Ok(None)));
    assert!(reader.buffer_bytes() <= MAX_BLOCK_BYTES as usize);
    assert!(reader.bytes_read() <= file.len() as u64);
});
