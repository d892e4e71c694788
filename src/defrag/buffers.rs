//! Buffers that packets are put together in.

use super::units::{self, units};

/// Bytes before the payload, for the link layer and the IP headers of the first fragment.
pub(super) const HEADROOM: usize = 512;

/// Payload of a small buffer, bytes.
pub(super) const SMALL: u32 = 4096;

/// Payload of the largest packet, bytes.
const LARGEST: usize = 65_536;

const LINE: usize = 64;

/// Which buffer a descriptor has: where its parts begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Buffer {
    /// In the bytes of all buffers, cache lines.
    line: u32,
    /// In the bitmaps of all buffers, words.
    word: u32,
    pub(super) large: bool,
}

/// Buffers of one size.
#[derive(Debug)]
struct Class {
    /// Those that are free; the first `free_len` count. The last given back is the first taken: the cache still has it.
    free: Box<[Buffer]>,
    free_len: usize,
    /// Payload, bytes.
    payload: usize,
    /// Words of each bitmap.
    words: usize,
}

/// A buffer without its head room.
pub(super) struct View<'a> {
    pub(super) payload: &'a mut [u8],
    /// Units that have arrived.
    pub(super) have: &'a mut [u64],
    /// Units at which a piece begins.
    pub(super) starts: &'a mut [u64],
}

impl Class {
    /// `count` buffers after the `lines` and `words` that others have; both are moved on.
    fn new(count: u32, payload: usize, large: bool, lines: &mut usize, words: &mut usize) -> Self {
        let of_map = payload.div_ceil(LINE * 8);
        // An odd number of lines, so that the same places of different buffers do not share a set of the cache.
        let stride = (HEADROOM + payload).div_ceil(LINE) | 1;
        let bit_stride = ((2 * of_map).div_ceil(8) | 1) * 8;
        let mut free: Box<[Buffer]> = (0..count)
            .filter_map(|_| {
                let buffer = Buffer { line: u32::try_from(*lines).ok()?, word: u32::try_from(*words).ok()?, large };
                *lines += stride;
                *words += bit_stride;
                Some(buffer)
            })
            .collect();
        free.reverse();
        Self { free_len: free.len(), free, payload, words: of_map }
    }

    #[inline]
    fn take(&mut self) -> Option<Buffer> {
        let at = self.free_len.checked_sub(1)?;
        let buffer = self.free.get(at).copied()?;
        self.free_len = at;
        Some(buffer)
    }

    fn used(&self) -> u32 {
        u32::try_from(self.free.len().saturating_sub(self.free_len)).unwrap_or(u32::MAX)
    }
}

/// All buffers of a defragmenter, each with its two bitmaps.
#[derive(Debug)]
pub(super) struct Buffers {
    bytes: Box<[u8]>,
    bits: Box<[u64]>,
    small: Class,
    large: Class,
}

#[inline]
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Buffers {
    /// `small` small buffers, and `large` of the size that packets of `max_packet` bytes need.
    pub(super) fn new(small: u32, large: u32, max_packet: u32) -> Self {
        let least = index(SMALL);
        let largest = index(max_packet).next_multiple_of(LINE * 8).clamp(least, LARGEST);
        let (mut lines, mut words) = (0, 0);
        let small = Class::new(small, least, false, &mut lines, &mut words);
        let large = Class::new(large, largest, true, &mut lines, &mut words);
        let (bytes, bits) = (vec![0; lines * LINE], vec![0; words]);
        Self { bytes: bytes.into_boxed_slice(), bits: bits.into_boxed_slice(), small, large }
    }

    /// A buffer for a packet of which a fragment ends at `end`; `more` fragments of `length` bytes are to come.
    ///
    /// A packet of long fragments will most likely outgrow a small buffer, so it gets a large one as long as they are
    /// plenty, which saves moving it.
    #[inline]
    pub(super) fn take(&mut self, end: u32, length: u32, more: bool) -> Option<Buffer> {
        let plenty = self.large.free_len > self.large.free.len() / 2;
        if end <= SMALL && !(plenty && more && length > SMALL / 4) {
            return self.small.take();
        }
        self.large.take()
    }

    pub(super) fn take_large(&mut self) -> Option<Buffer> {
        self.large.take()
    }

    const fn class(&self, buffer: Buffer) -> &Class {
        if buffer.large { &self.large } else { &self.small }
    }

    /// A buffer's payload and bitmaps.
    pub(super) fn view(&mut self, buffer: Buffer) -> Option<View<'_>> {
        let (length, words) = (self.class(buffer).payload, self.class(buffer).words);
        let payload = self.bytes.get_mut(index(buffer.line) * LINE + HEADROOM..)?.get_mut(..length)?;
        let bits = self.bits.get_mut(index(buffer.word)..)?.get_mut(..2 * words)?;
        let (have, starts) = bits.split_at_mut_checked(words)?;
        Some(View { payload, have, starts })
    }

    /// Puts `payload` at `start` if no unit of it has arrived, and says whether it did. `run`: it goes on the piece
    /// before it. The caller has made sure that it fits.
    #[inline]
    pub(super) fn put(&mut self, buffer: Buffer, start: u32, payload: &[u8], run: bool) -> Option<bool> {
        let words = self.class(buffer).words;
        let bits = self.bits.get_mut(index(buffer.word)..)?.get_mut(..2 * words)?;
        let from = units(start);
        let to = from + payload.len().div_ceil(8);
        let (have, starts) = bits.split_at_mut_checked(words)?;
        if !units::claim(have, from, to) {
            return Some(false);
        }
        *starts.get_mut(from / 64)? |= u64::from(!run) << (from % 64);
        let at = index(buffer.line) * LINE + HEADROOM + index(start);
        self.bytes.get_mut(at..)?.get_mut(..payload.len())?.copy_from_slice(payload);
        Some(true)
    }

    /// Gives a buffer back; `top` is how far its bitmaps were used, bytes.
    #[inline]
    pub(super) fn release(&mut self, buffer: Buffer, top: u32) {
        let words = self.class(buffer).words;
        let used = units(top).div_ceil(64).min(words);
        for map in [0, words] {
            let map = index(buffer.word) + map;
            for word in self.bits.get_mut(map..map + used).unwrap_or(&mut []) {
                *word = 0;
            }
        }
        let class = if buffer.large { &mut self.large } else { &mut self.small };
        if let Some(place) = class.free.get_mut(class.free_len) {
            *place = buffer;
            class.free_len += 1;
        }
    }

    /// Moves a packet from a small buffer into a large one, and gives the small one back; `top` and `head_len` are how
    /// much of it is used.
    pub(super) fn grow(&mut self, from: Buffer, to: Buffer, top: u32, head_len: u16) {
        let head = HEADROOM.saturating_sub(usize::from(head_len));
        let (old, new) = (index(from.line) * LINE, index(to.line) * LINE);
        self.bytes.copy_within(old + head..old + HEADROOM + index(top), new + head);
        let words = units(top).div_ceil(64);
        for (old, new) in [(0, 0), (self.small.words, self.large.words)] {
            let (old, new) = (index(from.word) + old, index(to.word) + new);
            self.bits.copy_within(old..old + words, new);
        }
        self.release(from, top);
    }

    /// The whole frame in a buffer: `head_len` bytes of headers and `length` of payload.
    #[inline]
    pub(super) fn frame(&mut self, buffer: Buffer, head_len: u16, length: u32) -> Option<&mut [u8]> {
        let payload = index(buffer.line) * LINE + HEADROOM;
        self.bytes.get_mut(payload.checked_sub(usize::from(head_len))?..payload + index(length))
    }

    /// Small and large ones in use.
    pub(super) fn used(&self) -> (u32, u32) {
        (self.small.used(), self.large.used())
    }

    /// Their memory and that of their bitmaps, for advice to the kernel.
    pub(super) fn memory(&self) -> (&[u8], &[u64]) {
        (&self.bytes, &self.bits)
    }
}
