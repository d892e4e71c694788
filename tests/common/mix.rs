//! The public mix: a large capture of many public ones, which is not in the repository.

use std::env;
use std::path::PathBuf;

/// Where it is: `pcaps/public-mix.pcap` in the directory that `TIDEGATE_SHARED` names,
/// without it in `../shared`. `None`, and a line that says so, where there is none.
pub(crate) fn public_mix() -> Option<PathBuf> {
    let shared = env::var_os("TIDEGATE_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let file = shared.join("pcaps/public-mix.pcap");
    if file.exists() {
        return Some(file);
    }
    skipped(&format!("{} is not there; TIDEGATE_SHARED names the directory above pcaps/", file.display()));
    None
}

/// Says on the terminal that a test, or the rest of it, was not run, and why.
#[allow(clippy::print_stdout)] // for whoever reads the test's output
pub(crate) fn skipped(reason: &str) {
    println!("skipped: {reason}");
}
