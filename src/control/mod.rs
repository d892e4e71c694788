//! The control thread's side: signals, figures, the shell, telemetry, reload.

mod console;
pub mod figures;
pub mod reload;
mod reporter;
mod run_state;
pub mod sensor;
pub mod shell;
mod signals;
pub mod steering;
pub mod telemetry;

pub use console::Console;
pub use reporter::Reporter;
pub use run_state::{FILE as RUN_STATE_FILE, RunState, StateFile};
pub use shell::ShellEnd;
pub use signals::{install as install_signals, install_hangup};

#[cfg(test)]
mod tests;
