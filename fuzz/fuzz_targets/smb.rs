//! Any bytes as an SMB connection: nothing panics, objects begin before they end, and cutting the streams into pieces
//! changes nothing.

#![no_main]

#[path = "../turns.rs"]
mod turns;

use libfuzzer_sys::fuzz_target;
use tidegate::proto::Heads;
use tidegate::proto::smb::{Smb, guess};

fuzz_target!(|input: &[u8]| {
    let _ = guess(&Heads { to_server: input, to_client: input });
    turns::check::<Smb>(input, false);
});
