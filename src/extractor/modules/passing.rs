//! What the decoder that works in passing finds, for objects that a module has nothing to add to.

use crate::decode::{Child, Out, Taken, format};

/// Taken at a time.
const PIECE: usize = 64 << 10;

/// Decodes an object of that format as if it passed. True: all of it was read.
pub(super) fn decode(name: &str, object: &[u8], out: &mut dyn Out) -> bool {
    let Some(format) = format(name) else { return false };
    let mut decoder = (format.make)();
    let mut at = 0;
    for piece in object.chunks(PIECE) {
        match decoder.push(piece, out) {
            Ok(Taken::All) => at += piece.len(),
            Ok(Taken::End(end)) => {
                // What is behind its end is no part of it.
                let behind = object.get(at + end..).unwrap_or(&[]);
                if !behind.is_empty() && out.begin_text(&Child { name: b"(trailing)" }) {
                    out.data(behind);
                    out.end();
                }
                return true;
            }
            Ok(Taken::Enough) => return true,
            Err(_) => {
                decoder.finish(out);
                return false;
            }
        }
    }
    decoder.finish(out)
}
