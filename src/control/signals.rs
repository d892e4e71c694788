//! SIGINT and SIGTERM ask for a clean stop; a second one ends the process at once. SIGHUP asks for a reload.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::dpdk::lcore::StopFlag;

/// Makes both signals raise `stop`.
///
/// # Errors
/// When the system refuses a handler.
pub fn install(stop: &StopFlag) -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // Order matters: the first signal finds the flag down and only raises it, the second ends the process with
        // the exit code shells use for it.
        flag::register_conditional_shutdown(signal, 128 + signal, stop.shared())?;
        flag::register(signal, Arc::clone(&stop.shared()))?;
    }
    Ok(())
}

/// Makes SIGHUP raise the flag that is returned.
///
/// # Errors
/// When the system refuses a handler.
pub fn install_hangup() -> io::Result<Arc<AtomicBool>> {
    let hangup = Arc::new(AtomicBool::new(false));
    flag::register(SIGHUP, Arc::clone(&hangup))?;
    Ok(hangup)
}
