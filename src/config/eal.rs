//! `[eal]`: how DPDK's environment is started. Only `run` uses it.

use super::spec::{Flag, Size, Text, Words, section};
use super::value::{GIB, MIB, TIB};

section! {
    /// `[eal]`: arguments of DPDK's Environment Abstraction Layer.
    pub struct EalConfig at "eal" {
        /// Passed to the EAL as they are, after those that the other keys make.
        "args" => args: Vec<String> = Words;
        /// Memory comes from hugepages; without, from ordinary pages (`--no-huge`).
        "hugepages" => hugepages: bool = Flag(true);
        /// How much memory to take without hugepages, in bytes, whole MiB (`-m`).
        "memory" => memory_bytes: u64 = Size { default: GIB, min: 64 * MIB, max: TIB, step: MIB };
        /// Tells several DPDK processes on one machine apart (`--file-prefix`).
        "file_prefix" => file_prefix: String = Text {
            default: "tidegate",
            check: is_file_prefix,
            expected: "1 to 32 letters, digits, \"-\" or \"_\"",
        };
        /// EAL `--lcores` expression; empty: chosen from the cores that this process may use.
        "lcores" => lcores: String = Text {
            default: "",
            check: |text| text.bytes().all(|b| b.is_ascii_digit() || b"-,@()".contains(&b)),
            expected: "an EAL lcores expression such as \"0-3\" or \"(0-3)@(0,1)\"",
        };
    }
}

fn is_file_prefix(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
