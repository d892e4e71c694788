//! Brotli (RFC 7932), as HTTP's content coding `br`: it has no magic number, so nothing is recognised as such.
//!
//! Windows are up to 16 MiB, which are all that RFC 7932 has; large windows, an extension, are malformed. Brotli has no
//! sum. Where content turns out to be malformed is not known exactly, so what follows that is not scanned, and how much of
//! what came just before it comes out depends on where pieces end. All memory is taken when the decoder is made.

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
}

impl Brotli {
    fn new() -> Self {
        Self { state: Box::new(start(memory::bytes(WINDOW), memory::words(), memory::codes())), begun: false }
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
                if self.hand_out(out) {
                    out.cut(Cut::Malformed);
                }
                return Ok(Taken::Enough);
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
        self.begun = false;
    }
}

impl std::fmt::Debug for Brotli {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Brotli").field("begun", &self.begun).finish_non_exhaustive()
    }
}
