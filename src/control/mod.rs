//! The control thread's side: signals, figures, the shell, telemetry.

pub mod figures;
pub mod sensor;
mod signals;

pub use signals::install as install_signals;
