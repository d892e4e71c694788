//! tidegate: command line.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    if let Some(instructions) = tidegate::dpdk::cpu::missing() {
        // Where even that cannot be said, the exit code says enough.
        let _ = writeln!(
            std::io::stderr(),
            "tidegate: this processor has no {instructions}, which this build needs (x86-64-v3: Intel since Haswell, AMD since \
             Zen); build it here with RUSTFLAGS=-Ctarget-cpu=native"
        );
        return ExitCode::FAILURE;
    }
    tidegate::cmd::main(tidegate::cmd::Arguments::parse())
}
