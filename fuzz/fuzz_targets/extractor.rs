//! Any bytes as an object that needs to be whole: no module panics, children begin and end in turn, and nothing is handed out
//! behind the word that it is not wanted.
//!
//! The first byte says which module, and in its highest bit how much is wanted. Sums of headers are mended first, or hardly
//! any input would come past them.

#![no_main]

#[path = "../shared/mend.rs"]
mod mend;

use libfuzzer_sys::fuzz_target;
use tidegate::decode::{Child, Cut, Out};
use tidegate::extractor::MODULES;

/// What is wanted at most.
const MUCH: usize = 1 << 20;
const LITTLE: usize = 100;

/// Counts what it hears.
#[derive(Default)]
struct Counter {
    most: usize,
    given: usize,
    open: bool,
    enough: bool,
    children: usize,
}

impl Out for Counter {
    fn begin(&mut self, _: &Child<'_>) -> bool {
        assert!(!self.open && !self.enough, "begins within another, or unwanted");
        self.children += 1;
        // Now and then one is refused.
        self.open = self.children % 7 != 0;
        self.open
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        assert!(self.open && !self.enough, "bytes of no child, or unwanted");
        self.given += bytes.len();
        self.enough = self.given > self.most;
        !self.enough
    }

    fn end(&mut self) {
        assert!(self.open && !self.enough, "no child ends");
        self.open = false;
    }

    fn cut(&mut self, _: Cut) {}
}

fuzz_target!(|data: &[u8]| {
    let Some((first, object)) = data.split_first() else { return };
    let most = if first & 0x80 == 0 { MUCH } else { LITTLE };
    let Some(module) = MODULES.get(usize::from(first & 0x7f) % MODULES.len()) else { return };
    let mut object = object.to_vec();
    mend::sums(&mut object);
    let mut counter = Counter { most, ..Counter::default() };
    let Some(extract) = module.extract else { return };
    let whole = extract(&object, &mut counter);
    assert!(!counter.open || counter.enough, "a child has not ended");
    assert!(!whole || !counter.enough, "all of it was read, and not all was wanted");
});
