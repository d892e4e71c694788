//! How far ahead of what is shown files are looked at: one that takes long does not have all others wait in memory.

use std::sync::{Condvar, Mutex, PoisonError};

/// The files that may be looked at: so many from the one that is shown next.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    /// The file that is shown next; `None` where nothing more is.
    next: Mutex<Option<usize>>,
    moved: Condvar,
}

impl Window {
    pub(super) const fn new(size: usize) -> Self {
        Self { size, next: Mutex::new(Some(0)), moved: Condvar::new() }
    }

    /// Waits until a file is within it. False: nobody wants it any more.
    pub(super) fn wait_for(&self, number: usize) -> bool {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *next {
                None => return false,
                Some(first) if number < first.saturating_add(self.size) => return true,
                Some(_) => next = self.moved.wait(next).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// All files before that one were shown.
    pub(super) fn shown(&self, next: usize) {
        self.set(Some(next));
    }

    /// No more are shown.
    pub(super) fn close(&self) {
        self.set(None);
    }

    fn set(&self, next: Option<usize>) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
        self.moved.notify_all();
    }
}

/// Where the thread that has it panics, nobody waits for its file.
#[derive(Debug)]
pub(super) struct Watch<'a>(pub(super) &'a Window);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_far_ahead_waits_for_those_before_it() {
        let window = Window::new(2);
        assert!(window.wait_for(0) && window.wait_for(1));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| window.wait_for(2));
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert!(!waiting.is_finished());
            window.shown(1);
            assert!(waiting.join().unwrap());
            let waiting = scope.spawn(|| window.wait_for(9));
            let panicked = scope.spawn(|| {
                let _watch = Watch(&window);
                panic!("as a decoder might");
            });
            assert!(panicked.join().is_err());
            assert!(!waiting.join().unwrap());
        });
    }
}
