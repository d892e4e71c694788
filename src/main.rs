//! tidegate: command line.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    tidegate::cmd::main(tidegate::cmd::Arguments::parse())
}
