//! Any datagrams as a QUIC flow: nothing panics, and every byte is handed on. The first byte, plus one, is the size of the
//! client's first datagram; the rest goes both ways in datagrams of that size, in turn.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate::event::Direction::{ToClient, ToServer};
use tidegate::proto::quic::Quic;

#[path = "../shared/told.rs"]
mod told;

fuzz_target!(|input: &[u8]| {
    let [size, datagrams @ ..] = input else { return };
    let size = (usize::from(*size) + 1) * 8;
    let pieces = datagrams.chunks(size).zip([ToServer, ToClient].into_iter().cycle()).map(|(piece, way)| (way, piece));
    let told = told::feed(&mut Quic::default(), pieces);
    assert_eq!(told.bytes, datagrams.len());
    assert!(told.records <= 1);
});
