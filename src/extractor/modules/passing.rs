//! What the decoder that works in passing finds, for objects that a module cannot read.

use super::watched::Watched;
use crate::decode::{Out, Taken, format};

/// Taken at a time.
const PIECE: usize = 64 << 10;

/// Decodes an object of that format as if it passed, and tells nothing of what keeps it from being read. False: no more is
/// wanted of it.
pub(super) fn decode(name: &str, object: &[u8], out: &mut dyn Out) -> bool {
    let Some(format) = format(name) else { return true };
    let mut decoder = (format.make)();
    let mut out = Watched { quiet: true, ..Watched::new(out) };
    for piece in object.chunks(PIECE) {
        match decoder.push(piece, &mut out) {
            Ok(Taken::All) => {}
            Ok(Taken::End(_) | Taken::Enough) | Err(_) => break,
        }
    }
    decoder.finish(&mut out);
    !out.enough
}
