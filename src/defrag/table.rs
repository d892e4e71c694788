//! Descriptors: one for each packet that is not whole yet, found by its key.

use super::age::{ByAge, ByLargeBuffer, Chain, Links, NONE};
use super::buffers::Buffer;
use super::key::{Key, KeyHash};
use super::piece::Piece;
use super::policy::Policy;

/// What a descriptor is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// In the free chain.
    #[default]
    Free,
    /// Gathers fragments.
    Open,
    /// Ignores fragments.
    Bad,
}

/// Control data of one packet. Two cache lines; public only as memory to be locked.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Descriptor {
    pub(super) key: Key,
    pub(super) first_ns: u64,
    /// Bytes that have arrived, each counted once.
    pub(super) received: u32,
    /// Where the last fragment ends, bytes; [`UNKNOWN`] before it has arrived.
    pub(super) total: u32,
    /// Where the furthest fragment ends, bytes.
    pub(super) top: u32,
    pub(super) buffer: Option<Buffer>,
    /// Next of its index chain, or of the free chain.
    next: u32,
    /// Its index chain.
    place: u32,
    pub(super) age: Links,
    pub(super) large: Links,
    pub(super) wire_len: u32,
    /// Faults that were reported, as [`super::Fault::bit`].
    pub(super) reported: u32,
    pub(super) fragments: u16,
    /// Bytes of the first fragment's headers, which stand before the payload; 0 before it has arrived.
    pub(super) head_len: u16,
    /// Where the IP header begins in them.
    pub(super) network_at: u16,
    pub(super) state: State,
    pub(super) policy: Policy,
    /// One bit for each ECN code point that fragments had.
    pub(super) ecn: u8,
    pub(super) restarts: u8,
}

const _: () = assert!(size_of::<Descriptor>() == 128, "a descriptor is two cache lines");

/// The total length of a packet whose last fragment has not arrived.
pub(super) const UNKNOWN: u32 = u32::MAX;

impl Descriptor {
    /// Policy `linux`: whether a fragment that covers nothing which has arrived goes on the furthest run, as the
    /// kernel appends it (`fragrun_append_to_last`).
    #[inline]
    pub(super) const fn goes_on(&self, piece: &Piece<'_>) -> bool {
        matches!(self.policy, Policy::Linux) && piece.start == self.top && self.top != 0
    }

    const FREE: Self = Self {
        key: Key::EMPTY,
        first_ns: 0,
        received: 0,
        total: UNKNOWN,
        top: 0,
        buffer: None,
        next: NONE,
        place: 0,
        age: Links::new(),
        large: Links::new(),
        wire_len: 0,
        reported: 0,
        fragments: 0,
        head_len: 0,
        network_at: 0,
        state: State::Free,
        policy: Policy::Drop,
        ecn: 0,
        restarts: 0,
    };

    /// Forgets what was gathered; the buffer is the caller's to give back.
    pub(super) const fn forget(&mut self) {
        self.received = 0;
        self.total = UNKNOWN;
        self.top = 0;
        self.wire_len = 0;
        self.fragments = 0;
        self.head_len = 0;
        self.ecn = 0;
    }
}

/// A fixed number of descriptors and the index over them.
#[derive(Debug)]
pub(super) struct Table {
    all: Box<[Descriptor]>,
    /// First descriptor of each index chain; a power of two of them.
    heads: Box<[u32]>,
    hash: KeyHash,
    free: u32,
    used: u32,
    pub(super) age: Chain<ByAge>,
    pub(super) large: Chain<ByLargeBuffer>,
    /// Where the last look-up ended: fragments of a packet come in a row.
    last: u32,
}

impl Table {
    pub(super) fn new(count: u32, seed: u64) -> Self {
        let count = count.clamp(1, 1 << 24);
        let all = (0..count)
            .map(|number| Descriptor { next: if number + 1 == count { NONE } else { number + 1 }, ..Descriptor::FREE })
            .collect();
        let heads = usize::try_from(count).unwrap_or(1).next_power_of_two().saturating_mul(2);
        Self {
            all,
            heads: vec![NONE; heads].into_boxed_slice(),
            hash: KeyHash::new(seed),
            free: 0,
            used: 0,
            age: Chain::new(),
            large: Chain::new(),
            last: 0,
        }
    }

    pub(super) const fn used(&self) -> u32 {
        self.used
    }

    #[inline]
    pub(super) fn get(&self, slot: u32) -> Option<&Descriptor> {
        self.all.get(usize::try_from(slot).ok()?)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut Descriptor> {
        self.all.get_mut(usize::try_from(slot).ok()?)
    }

    /// The descriptor of `key`.
    #[inline(always)]
    pub(super) fn find(&mut self, key: &Key) -> Option<u32> {
        if self.get(self.last).is_some_and(|last| last.key.is(key) && last.state != State::Free) {
            return Some(self.last);
        }
        let place = self.place(key);
        let mut slot = self.heads.get(place).copied()?;
        while let Some(descriptor) = self.get(slot) {
            if descriptor.key.is(key) {
                self.last = slot;
                return Some(slot);
            }
            slot = descriptor.next;
        }
        None
    }

    /// Begins a packet; `None` when no descriptor is free.
    #[inline]
    pub(super) fn open(&mut self, key: &Key, policy: Policy, now_ns: u64) -> Option<u32> {
        let slot = self.free;
        let place = self.place(key);
        let head = self.heads.get(place).copied()?;
        let descriptor = self.get_mut(slot)?;
        let free = descriptor.next;
        *descriptor = Descriptor {
            key: *key,
            first_ns: now_ns,
            next: head,
            place: u32::try_from(place).unwrap_or(0),
            state: State::Open,
            policy,
            ..Descriptor::FREE
        };
        self.free = free;
        if let Some(head) = self.heads.get_mut(place) {
            *head = slot;
        }
        self.used = self.used.saturating_add(1);
        self.last = slot;
        self.age.push(&mut self.all, slot);
        Some(slot)
    }

    /// Gives a descriptor back, whose buffer is no longer its own.
    #[inline]
    pub(super) fn close(&mut self, slot: u32) {
        let Some((place, next)) = self.get(slot).map(|descriptor| (descriptor.place, descriptor.next)) else { return };
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        self.age.unlink(&mut self.all, slot);
        let first = self.heads.get(place).copied().unwrap_or(NONE);
        if first == slot {
            if let Some(head) = self.heads.get_mut(place) {
                *head = next;
            }
        } else {
            let mut before = first;
            while let Some(descriptor) = self.get_mut(before) {
                if descriptor.next == slot {
                    descriptor.next = next;
                    break;
                }
                before = descriptor.next;
            }
        }
        let free = self.free;
        if let Some(descriptor) = self.get_mut(slot) {
            descriptor.state = State::Free;
            descriptor.next = free;
        }
        self.free = slot;
        self.used = self.used.saturating_sub(1);
    }

    /// Makes a descriptor the youngest.
    pub(super) fn renew(&mut self, slot: u32, now_ns: u64) {
        self.age.unlink(&mut self.all, slot);
        self.age.push(&mut self.all, slot);
        if let Some(descriptor) = self.get_mut(slot) {
            descriptor.first_ns = now_ns;
        }
    }

    /// Notes that a descriptor got a large buffer.
    pub(super) fn got_large(&mut self, slot: u32) {
        self.large.push(&mut self.all, slot);
    }

    /// Notes that it has it no longer.
    pub(super) fn gave_large(&mut self, slot: u32) {
        self.large.unlink(&mut self.all, slot);
    }

    /// Descriptors and index, for advice to the kernel.
    pub(super) fn memory(&self) -> (&[Descriptor], &[u32]) {
        (&self.all, &self.heads)
    }

    #[inline]
    fn place(&self, key: &Key) -> usize {
        // The number of heads is a power of two.
        let mask = self.heads.len().wrapping_sub(1);
        usize::try_from(self.hash.hash(key)).unwrap_or(0) & mask
    }
}
