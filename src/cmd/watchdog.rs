//! The end of a replay that was told to stop but cannot: what it writes to takes nothing.

use std::io;
use std::process;
use std::thread;
use std::time::Duration;

use super::output::complain;
use crate::dpdk::lcore::StopFlag;

/// Time to end in after the signal: to write the events of millions of flows to a slow disk.
const END_WITHIN: Duration = Duration::from_secs(20);
/// Between two looks at the flag.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Starts a thread that ends the process with exit code 1 when it still runs 20 s after `stop` was raised. A thread
/// that is held up in a write to a pipe without a reader, or to a disk that does not answer, can be ended in no other way.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(stop: &StopFlag) -> io::Result<()> {
    let stop = stop.clone();
    thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
        while !stop.raised() {
            thread::sleep(LOOK_EVERY);
        }
        thread::sleep(END_WITHIN);
        complain(&format!(
            "did not end within {} s of the signal, since its output takes nothing; the last events are lost",
            END_WITHIN.as_secs()
        ));
        process::exit(1);
    })?;
    Ok(())
}
