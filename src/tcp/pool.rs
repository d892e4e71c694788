//! Buffers for segments that arrived before their turn.

/// "None" for segment numbers.
pub(super) const NO_SEGMENT: u32 = u32::MAX;

/// Bytes of one buffer: a segment of Ethernet's usual size. Longer ones take several.
pub(super) const BUFFER: usize = 2048;

/// One stored piece of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) seq: u32,
    pub(super) next: u32,
    pub(super) arrived_ns: u64,
    /// Bytes after it that were on the wire but not captured.
    pub(super) missing: u32,
    pub(super) len: u16,
    pub(super) fin: bool,
}

/// A fixed number of buffers, taken and given back.
#[derive(Debug)]
pub(super) struct Pool {
    segments: Box<[Segment]>,
    bytes: Box<[u8]>,
    free: u32,
    used: u32,
}

impl Pool {
    pub(super) fn new(count: u32) -> Self {
        let segments = (0..count)
            .map(|number| Segment {
                seq: 0,
                next: if number + 1 == count { NO_SEGMENT } else { number + 1 },
                arrived_ns: 0,
                missing: 0,
                len: 0,
                fin: false,
            })
            .collect();
        let bytes = vec![0; usize::try_from(count).unwrap_or(0) * BUFFER].into_boxed_slice();
        Self { segments, bytes, free: if count == 0 { NO_SEGMENT } else { 0 }, used: 0 }
    }

    pub(super) const fn used(&self) -> u32 {
        self.used
    }

    pub(super) fn available(&self) -> usize {
        self.segments.len().saturating_sub(usize::try_from(self.used).unwrap_or(0))
    }

    pub(super) fn memory(&self) -> &[u8] {
        &self.bytes
    }

    /// Stores at most [`BUFFER`] bytes of a segment; `None` when no buffer is free. The rest of the segment's facts
    /// are the caller's to write.
    pub(super) fn store(&mut self, seq: u32, bytes: &[u8], now_ns: u64) -> Option<u32> {
        let number = self.free;
        let at = usize::try_from(number).ok()?;
        let segment = self.segments.get_mut(at)?;
        let start = at.checked_mul(BUFFER)?;
        let place = self.bytes.get_mut(start..)?.get_mut(..bytes.len().min(BUFFER))?;
        place.copy_from_slice(bytes.get(..place.len())?);
        self.free = segment.next;
        let len = u16::try_from(place.len()).unwrap_or(0);
        *segment = Segment { seq, next: NO_SEGMENT, arrived_ns: now_ns, missing: 0, len, fin: false };
        self.used = self.used.saturating_add(1);
        Some(number)
    }

    pub(super) fn get(&self, number: u32) -> Option<&Segment> {
        self.segments.get(usize::try_from(number).ok()?)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Segment> {
        self.segments.get_mut(usize::try_from(number).ok()?)
    }

    pub(super) fn data(&self, number: u32) -> &[u8] {
        let Some(at) = usize::try_from(number).ok() else { return &[] };
        let Some(segment) = self.segments.get(at) else { return &[] };
        self.bytes.get(at.saturating_mul(BUFFER)..).and_then(|rest| rest.get(..usize::from(segment.len))).unwrap_or(&[])
    }

    /// Gives a buffer back.
    pub(super) fn release(&mut self, number: u32) {
        let free = self.free;
        if let Some(segment) = self.get_mut(number) {
            segment.next = free;
            self.free = number;
            self.used = self.used.saturating_sub(1);
        }
    }
}
