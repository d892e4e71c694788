//! Memory for what arrived before its turn: descriptors, and buffers that several of them may share.

/// "None" for piece and buffer numbers.
pub(super) const NONE: u32 = u32::MAX;

/// Bytes of one buffer: a segment of Ethernet's usual size. Longer ones take several.
pub(super) const BUFFER: usize = 2048;

/// Descriptors for each buffer. Small segments share buffers, so that one-byte segments use up descriptors, of which
/// there are many, and not buffers.
pub(super) const PIECES_PER_BUFFER: u32 = 4;

/// A stored piece of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Sequence number of its first byte.
    pub(super) seq: u32,
    /// The number after its last: bytes, what the capture cut off after them, and the FIN.
    pub(super) end: u32,
    /// Where the segment began that brought it.
    pub(super) from: u32,
    /// Where that segment ended.
    pub(super) to: u32,
    /// Piece before it in its tree's sense; in lists the next one.
    pub(super) left: u32,
    /// Piece after it in its tree's sense.
    pub(super) right: u32,
    pub(super) arrived_ns: u64,
    buffer: u32,
    start: u16,
    /// Bytes at hand.
    pub(super) len: u16,
    /// It ends with a FIN.
    pub(super) fin: bool,
    /// For a doubtful piece: what speaks against it, as a place in [`super::Anomaly::ALL`].
    pub(super) doubt: u8,
    /// For a doubtful piece: the TTL it came with.
    pub(super) ttl: u8,
}

impl Piece {
    const EMPTY: Self = Self {
        seq: 0,
        end: 0,
        from: 0,
        to: 0,
        left: NONE,
        right: NONE,
        arrived_ns: 0,
        buffer: NONE,
        start: 0,
        len: 0,
        fin: false,
        doubt: 0,
        ttl: 0,
    };
}

#[derive(Clone, Copy, Debug)]
struct Buffer {
    /// Pieces in it; unused buffers: the next unused one.
    refs: u32,
    /// Bytes taken from its start.
    fill: u16,
}

/// A fixed number of buffers and descriptors, taken and given back.
#[derive(Debug)]
pub(super) struct Pool {
    pieces: Box<[Piece]>,
    buffers: Box<[Buffer]>,
    bytes: Box<[u8]>,
    free_piece: u32,
    free_buffer: u32,
    pieces_used: u32,
    buffers_used: u32,
}

impl Pool {
    pub(super) fn new(buffers: u32) -> Self {
        let pieces = buffers.saturating_mul(PIECES_PER_BUFFER);
        let next = |number: u32, count: u32| if number + 1 == count { NONE } else { number + 1 };
        let first = if buffers == 0 { NONE } else { 0 };
        Self {
            pieces: (0..pieces).map(|number| Piece { left: next(number, pieces), ..Piece::EMPTY }).collect(),
            buffers: (0..buffers).map(|number| Buffer { refs: next(number, buffers), fill: 0 }).collect(),
            bytes: vec![0; usize::try_from(buffers).unwrap_or(0) * BUFFER].into_boxed_slice(),
            free_piece: first,
            free_buffer: first,
            pieces_used: 0,
            buffers_used: 0,
        }
    }

    /// Bytes that one buffer and its share of descriptors take.
    pub(super) const BYTES_PER_BUFFER: usize =
        BUFFER + size_of::<Buffer>() + PIECES_PER_BUFFER as usize * size_of::<Piece>();

    pub(super) const fn buffers_used(&self) -> u32 {
        self.buffers_used
    }

    pub(super) const fn pieces_used(&self) -> u32 {
        self.pieces_used
    }

    pub(super) fn memory(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn get(&self, number: u32) -> Option<&Piece> {
        self.pieces.get(usize::try_from(number).ok()?)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Piece> {
        self.pieces.get_mut(usize::try_from(number).ok()?)
    }

    /// The bytes of a piece.
    pub(super) fn data(&self, piece: &Piece) -> &[u8] {
        let Some(at) = place(piece.buffer) else { return &[] };
        self.bytes
            .get(at.saturating_add(usize::from(piece.start))..)
            .and_then(|rest| rest.get(..usize::from(piece.len)))
            .unwrap_or(&[])
    }

    /// Stores at most [`BUFFER`] bytes, in the buffer of piece `beside` where they fit. `None` when there is no
    /// descriptor or no buffer left; nothing has changed then. Of the piece only the bytes are set.
    pub(super) fn store(&mut self, bytes: &[u8], beside: u32) -> Option<u32> {
        let number = self.free_piece;
        let next = self.get(number)?.left;
        let mut piece = Piece::EMPTY;
        if !bytes.is_empty() {
            let shared = self.get(beside).map_or(NONE, |beside| beside.buffer);
            let buffer = if self.room(shared) >= bytes.len() { shared } else { self.take_buffer()? };
            let at = place(buffer)?;
            let held = self.buffers.get_mut(usize::try_from(buffer).ok()?)?;
            let start = held.fill;
            let target = self.bytes.get_mut(at.checked_add(usize::from(start))?..)?.get_mut(..bytes.len())?;
            target.copy_from_slice(bytes);
            piece.len = u16::try_from(bytes.len()).ok()?;
            piece.start = start;
            piece.buffer = buffer;
            held.fill = start.saturating_add(piece.len);
            held.refs = held.refs.saturating_add(1);
        }
        *self.get_mut(number)? = piece;
        self.free_piece = next;
        self.pieces_used = self.pieces_used.saturating_add(1);
        Some(number)
    }

    /// A second piece over the same bytes, from the `from`-th on; `None` when no descriptor is left. The caller sets
    /// its numbers, and shortens the first.
    pub(super) fn split(&mut self, number: u32, from: usize) -> Option<u32> {
        let mut piece = *self.get(number)?;
        let second = self.free_piece;
        let next = self.get(second)?.left;
        let from = u16::try_from(from).unwrap_or(u16::MAX).min(piece.len);
        piece.start = piece.start.saturating_add(from);
        piece.len = piece.len.saturating_sub(from);
        if piece.len == 0 {
            piece.buffer = NONE;
        } else if let Some(held) = usize::try_from(piece.buffer).ok().and_then(|at| self.buffers.get_mut(at)) {
            held.refs = held.refs.saturating_add(1);
        }
        *self.get_mut(second)? = piece;
        self.free_piece = next;
        self.pieces_used = self.pieces_used.saturating_add(1);
        Some(second)
    }

    /// Drops bytes from a piece's front and end, so that it reaches from `seq` to `end`, both within it.
    pub(super) fn trim(&mut self, number: u32, seq: u32, end: u32) {
        let Some(piece) = self.get_mut(number) else { return };
        let front = seq.wrapping_sub(piece.seq);
        let front = u16::try_from(front).unwrap_or(u16::MAX).min(piece.len);
        piece.start = piece.start.saturating_add(front);
        piece.len = piece.len.saturating_sub(front);
        piece.seq = seq;
        if end != piece.end {
            // The FIN is the last number.
            piece.fin = false;
            piece.end = end;
        }
        let span = end.wrapping_sub(seq);
        piece.len = piece.len.min(u16::try_from(span).unwrap_or(u16::MAX));
    }

    /// Gives a descriptor back, and its buffer with the last piece in it.
    pub(super) fn release(&mut self, number: u32) {
        let free = self.free_piece;
        let Some(piece) = self.get_mut(number) else { return };
        let buffer = piece.buffer;
        piece.buffer = NONE;
        piece.left = free;
        self.free_piece = number;
        self.pieces_used = self.pieces_used.saturating_sub(1);
        let free = self.free_buffer;
        let Some(held) = usize::try_from(buffer).ok().and_then(|at| self.buffers.get_mut(at)) else { return };
        held.refs = held.refs.saturating_sub(1);
        if held.refs == 0 {
            *held = Buffer { refs: free, fill: 0 };
            self.free_buffer = buffer;
            self.buffers_used = self.buffers_used.saturating_sub(1);
        }
    }

    fn room(&self, buffer: u32) -> usize {
        let held = usize::try_from(buffer).ok().and_then(|at| self.buffers.get(at));
        held.map_or(0, |held| BUFFER.saturating_sub(usize::from(held.fill)))
    }

    fn take_buffer(&mut self) -> Option<u32> {
        let number = self.free_buffer;
        let held = self.buffers.get_mut(usize::try_from(number).ok()?)?;
        self.free_buffer = held.refs;
        *held = Buffer { refs: 0, fill: 0 };
        self.buffers_used = self.buffers_used.saturating_add(1);
        Some(number)
    }
}

/// Where a buffer's bytes begin.
fn place(buffer: u32) -> Option<usize> {
    if buffer == NONE { None } else { usize::try_from(buffer).ok()?.checked_mul(BUFFER) }
}
