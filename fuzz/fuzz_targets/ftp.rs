//! Any bytes as an FTP dialogue: nothing panics, every byte is delivered at most once, objects end, and cutting the streams
//! into pieces changes nothing.

#![no_main]

#[path = "../dialogue.rs"]
mod dialogue;

use libfuzzer_sys::fuzz_target;
use tidegate::proto::Heads;
use tidegate::proto::ftp::{Ftp, guess};

fuzz_target!(|input: &[u8]| {
    let _ = guess(&Heads { to_server: input, to_client: input });
    dialogue::check::<Ftp>(input, false);
});
