//! What Initial packets carry: CRYPTO frames among others (RFC 9000 section 19).

use super::packet::varint;

const PADDING: u64 = 0;
const PING: u64 = 1;
const ACK: u64 = 2;
const ACK_ECN: u64 = 3;
const CRYPTO: u64 = 6;
const CONNECTION_CLOSE: u64 = 0x1C;

/// Calls `crypto` with offset and bytes of each CRYPTO frame; false where the frames do not add up.
pub(super) fn read(frames: &[u8], mut crypto: impl FnMut(u64, &[u8])) -> bool {
    let mut rest = frames;
    while !rest.is_empty() {
        if frame(&mut rest, &mut crypto).is_none() {
            return false;
        }
    }
    true
}

fn frame(rest: &mut &[u8], crypto: &mut impl FnMut(u64, &[u8])) -> Option<()> {
    match varint(rest)? {
        PADDING | PING => {}
        kind @ (ACK | ACK_ECN) => {
            varint(rest)?;
            varint(rest)?;
            let ranges = varint(rest)?;
            varint(rest)?;
            for _ in 0..ranges {
                varint(rest)?;
                varint(rest)?;
            }
            if kind == ACK_ECN {
                varint(rest)?;
                varint(rest)?;
                varint(rest)?;
            }
        }
        CRYPTO => {
            let offset = varint(rest)?;
            crypto(offset, bytes(rest)?);
        }
        CONNECTION_CLOSE => {
            varint(rest)?;
            varint(rest)?;
            bytes(rest)?;
        }
        _ => return None,
    }
    Some(())
}

/// Bytes behind their length.
fn bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}
