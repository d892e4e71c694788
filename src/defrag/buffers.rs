//! Buffers that packets are put together in.

use super::units::units;

/// Bytes before the payload, for the link layer and the IP headers of the first fragment.
pub(super) const HEADROOM: usize = 512;

/// Payload of a small buffer, bytes.
pub(super) const SMALL: usize = 4096;

/// Payload of the largest packet, bytes.
const LARGEST: usize = 65_536;

const LINE: usize = 64;

/// Which buffer a descriptor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Buffer {
    pub(super) large: bool,
    number: u32,
}

/// Buffers of one size, each with its two bitmaps.
#[derive(Debug)]
pub(super) struct Class {
    bytes: Box<[u8]>,
    bits: Box<[u64]>,
    /// Numbers of those that are free; the first `free_len` count. The last given back is the first taken: the cache
    /// still has it.
    free: Box<[u32]>,
    free_len: usize,
    payload: usize,
    stride: usize,
    words: usize,
    bit_stride: usize,
    large: bool,
}

/// A buffer as its parts.
pub(super) struct View<'a> {
    /// Where the first fragment's headers end.
    pub(super) head: &'a mut [u8],
    pub(super) payload: &'a mut [u8],
    /// Units that have arrived.
    pub(super) have: &'a mut [u64],
    /// Units at which a piece begins.
    pub(super) starts: &'a mut [u64],
}

impl Class {
    fn new(count: u32, payload: usize, large: bool) -> Self {
        let count = usize::try_from(count).unwrap_or(0);
        let words = payload.div_ceil(LINE * 8);
        // An odd number of lines, so that the same places of different buffers do not share a set of the cache.
        let odd = |lines: usize| lines | 1;
        let stride = odd((HEADROOM + payload).div_ceil(LINE)) * LINE;
        let bit_stride = odd((2 * words).div_ceil(8)) * 8;
        Self {
            bytes: vec![0; count * stride].into_boxed_slice(),
            bits: vec![0; count * bit_stride].into_boxed_slice(),
            free: (0..count).rev().filter_map(|number| u32::try_from(number).ok()).collect(),
            free_len: count,
            payload,
            stride,
            words,
            bit_stride,
            large,
        }
    }

    fn take(&mut self) -> Option<Buffer> {
        let at = self.free_len.checked_sub(1)?;
        let number = self.free.get(at).copied()?;
        self.free_len = at;
        Some(Buffer { large: self.large, number })
    }

    fn used(&self) -> u32 {
        u32::try_from(self.free.len().saturating_sub(self.free_len)).unwrap_or(u32::MAX)
    }

    #[inline]
    fn view(&mut self, number: u32) -> Option<View<'_>> {
        let at = usize::try_from(number).ok()?;
        let bytes = self.bytes.get_mut(at.checked_mul(self.stride)?..)?.get_mut(..HEADROOM + self.payload)?;
        let bits = self.bits.get_mut(at.checked_mul(self.bit_stride)?..)?.get_mut(..2 * self.words)?;
        let (head, payload) = bytes.split_at_mut_checked(HEADROOM)?;
        let (have, starts) = bits.split_at_mut_checked(self.words)?;
        Some(View { head, payload, have, starts })
    }

    /// Gives a buffer back; `top` is how far its bitmaps were used, bytes.
    fn release(&mut self, number: u32, top: u32) {
        let used = units(top).div_ceil(64);
        if let Some(view) = self.view(number) {
            for map in [view.have, view.starts] {
                if let Some(used) = map.get_mut(..used) {
                    used.fill(0);
                }
            }
        }
        if let Some(place) = self.free.get_mut(self.free_len) {
            *place = number;
            self.free_len = self.free_len.saturating_add(1);
        }
    }
}

/// All buffers of a defragmenter.
#[derive(Debug)]
pub(super) struct Buffers {
    small: Class,
    large: Class,
}

impl Buffers {
    /// `small` small buffers, and `large` of the size that packets of `max_packet` bytes need.
    pub(super) fn new(small: u32, large: u32, max_packet: u32) -> Self {
        let largest = usize::try_from(max_packet).unwrap_or(LARGEST).next_multiple_of(LINE * 8).clamp(SMALL, LARGEST);
        Self { small: Class::new(small, SMALL, false), large: Class::new(large, largest, true) }
    }

    /// A buffer for a packet of which a fragment ends at `end`; `more` fragments of `length` bytes are to come.
    ///
    /// A packet of long fragments will most likely outgrow a small buffer, so it gets a large one as long as they are
    /// plenty, which saves moving it.
    #[inline]
    pub(super) fn take(&mut self, end: u32, length: usize, more: bool) -> Option<Buffer> {
        if usize::try_from(end).is_ok_and(|end| end <= SMALL) {
            let plenty = self.large.free_len > self.large.free.len() / 2;
            if !(plenty && more && length > SMALL / 4) {
                return self.small.take();
            }
        }
        self.large.take()
    }

    pub(super) fn take_large(&mut self) -> Option<Buffer> {
        self.large.take()
    }

    #[inline]
    pub(super) fn view(&mut self, buffer: Buffer) -> Option<View<'_>> {
        if buffer.large { self.large.view(buffer.number) } else { self.small.view(buffer.number) }
    }

    #[inline]
    pub(super) fn release(&mut self, buffer: Buffer, top: u32) {
        let class = if buffer.large { &mut self.large } else { &mut self.small };
        class.release(buffer.number, top);
    }

    /// Moves a packet from a small buffer into a large one; `top` and `head_len` are how much of it is used. The small
    /// one is still the caller's to give back.
    pub(super) fn grow(&mut self, from: Buffer, to: Buffer, top: u32, head_len: u16) {
        let (Some(old), Some(new)) = (self.small.view(from.number), self.large.view(to.number)) else { return };
        let words = units(top).div_ceil(64);
        let length = usize::try_from(top).unwrap_or(0);
        let head = HEADROOM.saturating_sub(usize::from(head_len));
        copy(old.head.get(head..), new.head.get_mut(head..));
        copy(old.payload.get(..length), new.payload.get_mut(..length));
        copy(old.have.get(..words), new.have.get_mut(..words));
        copy(old.starts.get(..words), new.starts.get_mut(..words));
    }

    /// The whole frame in a buffer: `head_len` bytes of headers and `length` of payload.
    pub(super) fn frame(&mut self, buffer: Buffer, head_len: u16, length: u32) -> Option<&mut [u8]> {
        let class = if buffer.large { &mut self.large } else { &mut self.small };
        let at = usize::try_from(buffer.number).ok()?.checked_mul(class.stride)?;
        let start = at.checked_add(HEADROOM.checked_sub(usize::from(head_len))?)?;
        let end = at.checked_add(HEADROOM)?.checked_add(usize::try_from(length).ok()?)?;
        class.bytes.get_mut(start..end)
    }

    /// Small and large ones in use.
    pub(super) fn used(&self) -> (u32, u32) {
        (self.small.used(), self.large.used())
    }

    /// Their memory and that of their bitmaps, for advice to the kernel.
    pub(super) fn memory(&self) -> ([&[u8]; 2], [&[u64]; 2]) {
        ([&self.small.bytes, &self.large.bytes], [&self.small.bits, &self.large.bits])
    }
}

/// Copies between slices of the same length.
fn copy<T: Copy>(from: Option<&[T]>, to: Option<&mut [T]>) {
    if let (Some(from), Some(to)) = (from, to)
        && from.len() == to.len()
    {
        to.copy_from_slice(from);
    }
}
