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
pub use output::Failure;

/// Runs what the command line asks for. The exit code is 0 when done, 1 when it
/// failed while running, 2 when the input or the configuration is wrong.
#[must_use]
pub fn main(arguments: Arguments) -> ExitCode {
    let done = match arguments.command {
        arguments::Command::Replay(options) => replay::replay(&options),
        arguments::Command::Run(options) => run::run(&options),
        arguments::Command::Scan(options) => scan::scan(&options),
        arguments::Command::Bench(options) => bench::bench(&options),
        arguments::Command::Check(options) => check::check(&options),
        arguments::Command::Extractor(options) => extractor::serve(&options),
        arguments::Command::Completion { shell } => arguments::completion(shell),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            failure.exit_code()
        }
    }
}
