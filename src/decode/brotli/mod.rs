//! Brotli (RFC 7932), as HTTP's content coding `br`: it has no magic number, so nothing is recognised as such.
//!
//! Windows are up to 16 MiB, which are all that RFC 7932 has; large windows, an extension, are malformed. Brotli has no
//! sum. Where content turns out to be malformed is not known exactly: the fault is at the start of that piece, so that nothing
//! of it is passed by, and how much of what came just before it comes out depends on where pieces end. A stream that begins
//! with metadata is a fault too: no program writes such, and text that is no Brotli may look so (`l` would pass 16 MiB by).
//! All memory is taken when the decoder is made.

mod memory;

use self::memory::Pool;
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Out, Taken};
use super::format::{Format, Guess};
use brotli_decompressor::{
    Allocator as _, BrotliDecoderErrorCode, BrotliDecoderTakeOutput, BrotliDecompressStream, BrotliResult, BrotliState,
    HuffmanCode,
};

/// The largest window.
const WINDOW: usize = 16 << 20;
/// Bytes handed out at a time.
const PIECE: usize = 64 << 10;

pub(super) static FORMAT: Format = Format {
    name: "br",
    recognise: |_| Guess::No,
    make: || Box::new(Brotli::new()),
    memory: WINDOW + (3500 << 10),
    scanned: false,
    carries: false,
};

type State = BrotliState<Pool<u8>, Pool<u32>, Pool<HuffmanCode>>;

struct Brotli {
    state: Box<State>,
    begun: bool,
    /// The first two bytes, which have all that is asked of them, and how many of them there are.
    lead: [u8; 2],
    have: usize,
}

impl Brotli {
    fn new() -> Self {
        Self {
            state: Box::new(start(memory::bytes(WINDOW), memory::words(), memory::codes())),
            begun: false,
            lead: [0; 2],
            have: 0,
        }
    }

    /// Hands out what has come out. False where no more is wanted.
    fn hand_out(&mut self, out: &mut dyn Out) -> bool {
        loop {
            let mut size = PIECE;
            let bytes = BrotliDecoderTakeOutput(&mut self.state, &mut size);
            if bytes.is_empty() {
                return true;
            }
            if !out.data(bytes) {
                return false;
            }
        }
    }
}

/// Whether a stream's first block is metadata, and not empty (RFC 7932 sections 9.1 and 9.2): empty ones end what is flushed.
fn begins_with_metadata(lead: [u8; 2]) -> bool {
    let bits = u16::from_le_bytes(lead);
    let window = match bits {
        _ if bits & 1 == 0 => 1,
        _ if bits & 0xf != 1 => 4,
        _ => 7,
    };
    let block = bits >> window;
    // Not the last; no nibbles of a length; how many bytes of a length.
    block & 1 == 0 && block >> 1 & 3 == 3 && block >> 4 & 3 != 0
}

fn start(bytes: Pool<u8>, words: Pool<u32>, codes: Pool<HuffmanCode>) -> State {
    let mut state = BrotliState::new_strict(bytes, words, codes);
    // One block is the window, whatever size that has: it must not grow from another one.
    state.set_initial_ring_buffer_size(u32::MAX);
    state
}

impl Decoder for Brotli {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        if !self.begun {
            self.begun = true;
            if !out.begin(&Child::default()) {
                return Ok(Taken::Enough);
            }
        }
        for byte in piece.iter().take(self.lead.len() - self.have) {
            if let Some(place) = self.lead.get_mut(self.have) {
                *place = *byte;
            }
            self.have += 1;
            if self.have == self.lead.len() && begins_with_metadata(self.lead) {
                return Err(Fault { at: 0 });
            }
        }
        let (mut left, mut at) = (piece.len(), 0);
        loop {
            let (mut no_room, mut no_place, mut total) = (0, 0, 0);
            let result = BrotliDecompressStream(
                &mut left,
                &mut at,
                piece,
                &mut no_room,
                &mut no_place,
                &mut [],
                &mut total,
                &mut self.state,
            );
            if matches!(result, BrotliResult::ResultFailure) {
                // What came out before the fault is still there, and is handed out all the same.
                self.state.error_code = BrotliDecoderErrorCode::BROTLI_DECODER_SUCCESS;
                self.state.meta_block_remaining_len = self.state.meta_block_remaining_len.max(0);
                return if self.hand_out(out) { Err(Fault { at: 0 }) } else { Ok(Taken::Enough) };
            }
            if !self.hand_out(out) {
                return Ok(Taken::Enough);
            }
            match result {
                BrotliResult::NeedsMoreInput => return Ok(Taken::All),
                BrotliResult::ResultSuccess => {
                    out.end();
                    return Ok(Taken::End(at));
                }
                BrotliResult::NeedsMoreOutput | BrotliResult::ResultFailure => {}
            }
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        out.cut(Cut::Truncated);
        if self.begun {
            out.end();
        }
        false
    }

    fn reset(&mut self) {
        let state = &mut *self.state;
        state.BrotliStateCleanupAfterMetablock();
        state.alloc_u8.free_cell(std::mem::take(&mut state.ringbuffer));
        let trees = &mut state.block_type_length_state;
        for cell in [&mut trees.block_type_trees, &mut trees.block_len_trees, &mut state.context_map_table] {
            state.alloc_hc.free_cell(std::mem::take(cell));
        }
        let bytes = std::mem::take(&mut state.alloc_u8);
        let words = std::mem::take(&mut state.alloc_u32);
        let codes = std::mem::take(&mut state.alloc_hc);
        *state = start(bytes, words, codes);
        (self.begun, self.have) = (false, 0);
    }
}

impl std::fmt::Debug for Brotli {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Brotli").field("begun", &self.begun).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_looks_like_metadata_is_no_brotli() {
        // Windows of 16, 17, 24 and 10 bits; lengths of one, two and three bytes; none; a block of text.
        let cases: [([u8; 2], bool); 8] = [
            (*b"lo", true),
            (*b"Lo", true),
            (*b",x", true),
            ([0x6f, 5], true),
            ([0x21, 3 | 1 << 3], true),
            ([0x0c, 0], false),
            ([0x0b, 0x02], false),
            ([0x1b, 0x0f], false),
        ];
        for (lead, expected) in cases {
            assert_eq!(begins_with_metadata(lead), expected, "{lead:02x?}");
        }
    }
}
