//! The control thread's side: signals, figures, the shell, telemetry.

mod signals;

pub use signals::install as install_signals;
