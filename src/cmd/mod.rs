//! The command line: one file a subcommand.

mod arguments;
mod bench;
mod build;
mod check;
mod claim;
mod extract;
mod extractor;
mod mesh;
mod output;
mod replay;
mod run;
mod scan;
mod streams;
mod watchdog;

use std::process::ExitCode;

pub use arguments::Arguments;
use arguments::{Command, Shown};
pub use output::Failure;

/// Runs what the command line asks for. The exit code is 0 when done, 1 when it
/// failed while running, 2 when the input or the configuration is wrong.
#[must_use]
pub fn main(arguments: Arguments) -> ExitCode {
    let done = match arguments.command {
        Command::Shown(Shown::Replay(options)) => replay::replay(&options),
        Command::Shown(Shown::Run(options)) => run::run(&options),
        Command::Shown(Shown::Scan(options)) => scan::scan(&options),
        Command::Shown(Shown::Bench(options)) => bench::bench(&options),
        Command::Shown(Shown::Check(options)) => check::check(&options),
        Command::Shown(Shown::Completion { shell }) => arguments::completion(shell),
        Command::Extractor(options) => extractor::serve(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            failure.exit_code()
        }
    }
}
