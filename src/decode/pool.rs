//! Decoders that are taken from a pool and given back: all their memory is taken when it is made.

use super::decoder::Decoder;
use super::format::{FORMATS, Format};
use super::limits::{Limits, Totals};

/// Decoders for any number of trees that take turns, what limits each object, and what was done.
#[derive(Debug)]
pub struct Decoders {
    pub(super) limits: Limits,
    pub(super) totals: Totals,
    idle: Vec<Idle>,
}

#[derive(Debug)]
struct Idle {
    format: &'static Format,
    decoders: Vec<Box<dyn Decoder>>,
}

impl Decoders {
    /// As many of each format as `limits` say.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let idle = FORMATS.iter().map(|format| {
            let count = limits.decoders_of(format.memory);
            Idle { format, decoders: (0..count).map(|_| (format.make)()).collect() }
        });
        Self { idle: idle.collect(), limits, totals: Totals::default() }
    }

    /// What a pool for `limits` holds, bytes.
    #[must_use]
    pub fn memory_bytes(limits: &Limits) -> usize {
        FORMATS.iter().map(|format| limits.decoders_of(format.memory) * format.memory).sum()
    }

    /// What was done so far.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// An idle decoder, if there is one.
    pub(super) fn take(&mut self, format: &'static Format) -> Option<Box<dyn Decoder>> {
        self.of(format)?.pop()
    }

    pub(super) fn give_back(&mut self, format: &'static Format, mut decoder: Box<dyn Decoder>) {
        decoder.reset();
        if let Some(idle) = self.of(format) {
            // There was room for it before it was taken.
            idle.push(decoder);
        }
    }

    fn of(&mut self, format: &'static Format) -> Option<&mut Vec<Box<dyn Decoder>>> {
        self.idle.iter_mut().find(|idle| std::ptr::eq(idle.format, format)).map(|idle| &mut idle.decoders)
    }
}
