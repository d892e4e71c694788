//! Chains of descriptors in the order of their age.

use super::table::Descriptor;

/// "None" for descriptor numbers.
pub(super) const NONE: u32 = u32::MAX;

/// Neighbours in a chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    older: u32,
    newer: u32,
}

impl Links {
    pub(super) const fn new() -> Self {
        Self { older: NONE, newer: NONE }
    }
}

/// Which of a descriptor's links a chain goes through.
pub(super) trait Chained {
    fn links(descriptor: &mut Descriptor) -> &mut Links;
}

/// All descriptors in use, by the arrival of their first fragment.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByAge;

impl Chained for ByAge {
    #[inline]
    fn links(descriptor: &mut Descriptor) -> &mut Links {
        &mut descriptor.age
    }
}

/// Those with a large buffer, by when they got it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByLargeBuffer;

impl Chained for ByLargeBuffer {
    #[inline]
    fn links(descriptor: &mut Descriptor) -> &mut Links {
        &mut descriptor.large
    }
}

/// A doubly linked chain through the descriptors' own links, oldest first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain<C> {
    oldest: u32,
    newest: u32,
    by: std::marker::PhantomData<C>,
}

impl<C: Chained> Chain<C> {
    pub(super) const fn new() -> Self {
        Self { oldest: NONE, newest: NONE, by: std::marker::PhantomData }
    }

    pub(super) const fn oldest(&self) -> u32 {
        self.oldest
    }

    /// Appends descriptor `slot`, which is not in this chain, as the newest.
    #[inline]
    pub(super) fn push(&mut self, all: &mut [Descriptor], slot: u32) {
        if let Some(links) = links::<C>(all, slot) {
            *links = Links { older: self.newest, newer: NONE };
        }
        match links::<C>(all, self.newest) {
            Some(before) => before.newer = slot,
            None => self.oldest = slot,
        }
        self.newest = slot;
    }

    /// Takes descriptor `slot` out of this chain.
    #[inline]
    pub(super) fn unlink(&mut self, all: &mut [Descriptor], slot: u32) {
        let Some(Links { older, newer }) = links::<C>(all, slot).copied() else { return };
        match links::<C>(all, older) {
            Some(links) => links.newer = newer,
            None => self.oldest = newer,
        }
        match links::<C>(all, newer) {
            Some(links) => links.older = older,
            None => self.newest = older,
        }
    }
}

#[inline]
fn links<C: Chained>(all: &mut [Descriptor], slot: u32) -> Option<&mut Links> {
    Some(C::links(all.get_mut(usize::try_from(slot).ok()?)?))
}
