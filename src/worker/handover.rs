//! How a worker gets new settings and gives the old ones back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::pipeline::Pipeline;
use super::settings::Settings;

/// One worker's. Control thread: posts, waits, and takes the old settings back. Worker: looks at the flag in its
/// housekeeping and when it is idle, and tries the lock only when there is something.
#[derive(Debug, Default)]
pub struct Handover {
    /// Written by control (true) and by the worker (false).
    waiting: AtomicBool,
    settings: Mutex<Option<Box<Settings>>>,
}

impl Handover {
    /// Lays new settings out for the worker.
    pub fn post(&self, settings: Box<Settings>) {
        *self.lock() = Some(settings);
        self.waiting.store(true, Ordering::Release);
    }

    /// True until the worker has taken what was posted.
    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }

    /// Takes the old settings back, or, from a worker that has ended, the new ones.
    pub fn take_back(&self) -> Option<Box<Settings>> {
        let settings = self.lock().take();
        self.waiting.store(false, Ordering::Relaxed);
        settings
    }

    /// The worker's side, between two bursts: exchanges what was posted, if the pipeline can take it now.
    pub fn exchange(&self, pipeline: &mut Pipeline) {
        if !self.waiting.load(Ordering::Acquire) {
            return;
        }
        let taken = match self.settings.try_lock() {
            Ok(mut settings) => settings.as_mut().is_none_or(|settings| pipeline.exchange(settings)),
            Err(TryLockError::Poisoned(error)) => {
                error.into_inner().as_mut().is_none_or(|settings| pipeline.exchange(settings))
            }
            // The next housekeeping is soon enough; a worker waits for nobody.
            Err(TryLockError::WouldBlock) => false,
        };
        // After the lock is free, so that whoever waits for this does not have to be woken.
        if taken {
            self.waiting.store(false, Ordering::Release);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Settings>>> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
