//! Any bytes as a TFTP dialogue: nothing panics, every byte is delivered at most once
//! and objects end.

#![no_main]

#[path = "../dialogue.rs"]
mod dialogue;

use libfuzzer_sys::fuzz_target;
use tidegate::proto::Heads;
use tidegate::proto::tftp::{Tftp, guess};

fuzz_target!(|input: &[u8]| {
    let _ = guess(&Heads { to_server: input, to_client: input });
    dialogue::check::<Tftp>(input, true);
});
