//! Any bytes as DNS: as a datagram, and as both directions of a connection, where cutting the stream into pieces changes
//! nothing. The input is as `shared/told.rs` says.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate::event::Direction::ToServer;
use tidegate::proto::dns::{Dns, DnsTcp};

#[path = "../shared/told.rs"]
mod told;

fuzz_target!(|input: &[u8]| {
    told::same_wherever_cut(DnsTcp::default, input);
    let told = told::feed(&mut Dns::default(), [(ToServer, input)]);
    assert_eq!(told.records, usize::from(input.len() >= 12), "one record a message");
});
