//! Whatever the bytes, reading ends with a configuration or with one line.

use std::path::Path;

use proptest::prelude::*;
use tidegate::config::{Config, Dictionary, DictionaryOptions};

use crate::right::FULL;

const TERN: &str = include_str!("../captures/tern.toml");

/// Reads `bytes` as everything that they could be.
fn read(bytes: &[u8]) -> Result<(), TestCaseError> {
    let options = DictionaryOptions::default();
    let errors = [
        Config::from_bytes(Path::new("sensor.toml"), bytes).err(),
        Dictionary::from_bytes(Path::new("tern.toml"), bytes, &options).err(),
        Dictionary::from_bytes(Path::new("tern.txt"), bytes, &options).err(),
    ];
    for message in errors.iter().flatten().map(ToString::to_string) {
        prop_assert!(!message.contains(char::is_control), "{message:?}");
        prop_assert!(message.starts_with("sensor.toml:") || message.starts_with("tern.t"), "{message}");
    }
    Ok(())
}

/// A right file with some of its bytes replaced, and its end cut off.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![Just(FULL), Just(TERN)];
    let at = any::<prop::sample::Index>();
    (text, prop::collection::vec((at.clone(), any::<u8>()), 0..8), at).prop_map(|(text, changes, end)| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(text.len() + 1));
        bytes
    })
}

/// Lines of a right file in another order, some of them more than once.
fn shuffled() -> impl Strategy<Value = Vec<u8>> {
    let lines: Vec<&'static str> = FULL.lines().chain(TERN.lines()).collect();
    prop::collection::vec(prop::sample::select(lines), 0..40).prop_map(|lines| lines.join("\n").into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes)?;
    }

    #[test]
    fn random_text(text in "[\\[\\]{}=.,\"'#a-z0-9\\n ]{0,200}") {
        read(text.as_bytes())?;
    }

    #[test]
    fn mangled_files(bytes in mangled()) {
        read(&bytes)?;
    }

    #[test]
    fn shuffled_lines(bytes in shuffled()) {
        read(&bytes)?;
    }
}

#[test]
fn every_truncation() {
    for text in [FULL, TERN] {
        for end in 0..=text.len() {
            read(&text.as_bytes()[..end]).unwrap();
        }
    }
}

#[test]
fn deep_nesting_is_an_error_not_an_overflow() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let text = format!("eal = {}1{}\n", open.repeat(100_000), close.repeat(100_000));
        let message = Config::from_bytes(Path::new("sensor.toml"), text.as_bytes()).unwrap_err().to_string();
        assert!(message.starts_with("sensor.toml:1: "), "{message}");
    }
}
