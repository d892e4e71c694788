//! Any bytes as an NFS connection over TCP, and as datagrams: nothing panics, objects begin before they end, and cutting
//! the streams into pieces changes nothing.

#![no_main]

#[path = "../turns.rs"]
mod turns;

use libfuzzer_sys::fuzz_target;
use tidegate::proto::Heads;
use tidegate::proto::nfs::{Nfs, NfsUdp, guess_tcp, guess_udp};

fuzz_target!(|input: &[u8]| {
    let heads = Heads { to_server: input, to_client: input };
    let _ = (guess_tcp(&heads), guess_udp(&heads));
    turns::check::<Nfs>(input, false);
    turns::check::<NfsUdp>(input, true);
});
