//! Any bytes as both directions of a TLS session: nothing panics, every byte is handed on, and cutting the stream into
//! pieces changes nothing. The input is as `shared/told.rs` says.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate::proto::tls::Tls;

#[path = "../shared/told.rs"]
mod told;

fuzz_target!(|input: &[u8]| told::same_wherever_cut(Tls::default, input));
