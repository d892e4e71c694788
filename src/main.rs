//! tidegate: command line.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    if let Some(instructions) = tidegate::dpdk::cpu::missing() {
        eprintln!(
            "tidegate: this processor has no {instructions}, which this build needs (x86-64-v3: Intel since Haswell, AMD since \
             Zen); build it here with RUSTFLAGS=-Ctarget-cpu=native"
        );
        return ExitCode::FAILURE;
    }
    tidegate::cmd::main(tidegate::cmd::Arguments::parse())
}
