//! What a bzip2 block becomes: Burrows and Wheeler's transform undone, then runs of equal bytes.

use super::super::decoder::Out;

/// Most bytes of a block, before its runs are undone.
pub(super) const MOST: usize = 900_000;
/// Bytes handed out at a time.
const PIECE: usize = 16 * 1024;

/// CRC-32 as bzip2 has it: the highest bit first.
#[expect(clippy::indexing_slicing, reason = "it is computed while this is built, which fails at a wrong index")]
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0u32;
    while byte < 256 {
        let mut value = byte << 24;
        let mut bit = 0;
        while bit < 8 {
            value = if value >> 31 == 1 { value << 1 ^ 0x04c1_1db7 } else { value << 1 };
            bit += 1;
        }
        table[byte as usize] = value;
        byte += 1;
    }
    table
};

/// The bytes of one block, and what comes out of it.
#[derive(Debug)]
pub(super) struct Block {
    /// The lowest eight bits of each: the block's bytes. Above them, once it is complete: which follows it.
    links: Box<[u32]>,
    len: usize,
    counts: [u32; 256],
    piece: Box<[u8]>,
    /// Sum of what came out, before its bits are inverted.
    sum: u32,
}

impl Block {
    pub(super) fn new() -> Self {
        Self {
            links: vec![0; MOST].into_boxed_slice(),
            len: 0,
            counts: [0; 256],
            piece: vec![0; PIECE].into_boxed_slice(),
            sum: 0,
        }
    }

    pub(super) const fn clear(&mut self) {
        self.len = 0;
        self.counts = [0; 256];
    }

    /// Appends a byte, so many times. False where there is no room in a block of `most` bytes.
    pub(super) fn append(&mut self, byte: u8, times: usize, most: usize) -> bool {
        let to = self.len.saturating_add(times);
        let Some(places) = self.links.get_mut(self.len..to).filter(|_| to <= most) else { return false };
        places.fill(u32::from(byte));
        self.len = to;
        if let (Some(count), Ok(times)) = (self.counts.get_mut(usize::from(byte)), u32::try_from(times)) {
            *count += times;
        }
        true
    }

    /// Hands out the complete block, which begins at `origin`; gives its sum. `None` where no more is wanted.
    ///
    /// # Errors
    /// It has no byte at `origin`.
    pub(super) fn emit(&mut self, origin: u32, out: &mut dyn Out) -> Result<Option<u32>, ()> {
        let Some(links) = self.links.get_mut(..self.len) else { return Err(()) };
        let mut total = 0;
        for count in &mut self.counts {
            total += std::mem::replace(count, total);
        }
        for at in 0..links.len() {
            let Some(byte) = links.get(at).map(|link| link.to_le_bytes()[0]) else { continue };
            let Some(place) = self.counts.get_mut(usize::from(byte)) else { continue };
            if let Some(link) = links.get_mut(*place as usize) {
                *link |= u32::try_from(at).unwrap_or(0) << 8;
            }
            *place += 1;
        }
        let Some(mut next) = links.get(origin as usize).map(|link| link >> 8) else { return Err(()) };
        self.sum = u32::MAX;
        let (mut filled, mut run, mut last) = (0, 0, 0);
        for _ in 0..links.len() {
            let Some(link) = links.get(next as usize) else { break };
            let byte = link.to_le_bytes()[0];
            next = link >> 8;
            // Four equal bytes are followed by how many more there are.
            let (value, times) = if run == 4 { (last, usize::from(byte)) } else { (byte, 1) };
            run = if run == 4 {
                0
            } else if run != 0 && byte == last {
                run + 1
            } else {
                1
            };
            last = value;
            if self.piece.len() - filled < times {
                if !hand_out(&mut self.sum, &self.piece, filled, out) {
                    return Ok(None);
                }
                filled = 0;
            }
            if let Some(places) = self.piece.get_mut(filled..filled + times) {
                places.fill(value);
                filled += times;
            }
        }
        Ok(hand_out(&mut self.sum, &self.piece, filled, out).then_some(!self.sum))
    }
}

fn hand_out(sum: &mut u32, piece: &[u8], filled: usize, out: &mut dyn Out) -> bool {
    let bytes = piece.get(..filled).unwrap_or(&[]);
    *sum = bytes.iter().fold(*sum, |sum, byte| {
        let at = usize::from(sum.to_be_bytes()[0] ^ byte);
        sum << 8 ^ TABLE.get(at).copied().unwrap_or(0)
    });
    bytes.is_empty() || out.data(bytes)
}
