//! Names of dictionaries, by configuration.
//!
//! An alert waits in a ring while the configuration may change, so the event thread has to know the names of both. The
//! control thread adds a page before the first worker has the new dictionaries, and says when the last one has. The
//! event thread tears the old pages out once it has seen every ring empty since.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::names::DictionaryNames;

/// Number of the configuration that a run starts with.
pub const FIRST_CONFIGURATION: u32 = 1;

/// The dictionaries of a configuration: `AlertEvent::dictionary` is an index into it.
pub type Dictionaries = Arc<[DictionaryNames]>;

/// The book, shared by control thread and event thread. Locked for moments only, and by neither of them for a worker.
#[derive(Clone, Debug, Default)]
pub struct NameBook(Arc<Book>);

#[derive(Debug, Default)]
struct Book {
    /// By number of the configuration; few.
    pages: Mutex<Vec<(u32, Dictionaries)>>,
    /// Written by the control thread: no worker raises alerts of configurations before this one.
    first_in_use: AtomicU32,
}

impl NameBook {
    /// A book with the dictionaries of [`FIRST_CONFIGURATION`].
    #[must_use]
    pub fn new(dictionaries: Dictionaries) -> Self {
        let book = Self::default();
        book.add(FIRST_CONFIGURATION, dictionaries);
        book
    }

    /// Adds the page of a configuration, before a worker raises an alert of it.
    pub fn add(&self, configuration: u32, dictionaries: Dictionaries) {
        self.pages().push((configuration, dictionaries));
    }

    /// No worker raises alerts of configurations before this one any more.
    pub fn retire_before(&self, configuration: u32) {
        self.0.first_in_use.store(configuration, Ordering::Release);
    }

    /// What the control thread has last said by [`NameBook::retire_before`]; 0 at first. To be asked before rings are
    /// looked into: what is in them of earlier configurations is there by then.
    pub(super) fn first_in_use(&self) -> u32 {
        self.0.first_in_use.load(Ordering::Acquire)
    }

    /// Tears out the pages of configurations before this one.
    pub(super) fn forget_before(&self, configuration: u32) {
        self.pages().retain(|(number, _)| *number >= configuration);
    }

    /// The page of a configuration.
    #[must_use]
    pub fn of(&self, configuration: u32) -> Option<Dictionaries> {
        self.pages().iter().find(|(number, _)| *number == configuration).map(|(_, page)| Arc::clone(page))
    }

    fn pages(&self) -> MutexGuard<'_, Vec<(u32, Dictionaries)>> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
