//! Sums of headers, made right: those of 7z and of RAR.

/// Makes the sums of an archive's headers right, where it is one.
pub(crate) fn sums(object: &mut [u8]) {
    if object.starts_with(b"7z\xbc\xaf\x27\x1c") {
        let _ = sevenzip(object);
    } else if object.starts_with(b"Rar!\x1a\x07\x01\0") {
        let mut at = 8;
        while let Some(next) = rar5(object, at) {
            at = next;
        }
    } else if object.starts_with(b"Rar!\x1a\x07\0") {
        let mut at = 7;
        while let Some(next) = rar4(object, at) {
            at = next;
        }
    }
}

fn word(object: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(*object.get(at..)?.first_chunk()?)).ok()
}

fn put(object: &mut [u8], at: usize, sum: &[u8]) -> Option<()> {
    object.get_mut(at..at.checked_add(sum.len())?)?.copy_from_slice(sum);
    Some(())
}

fn sevenzip(object: &mut [u8]) -> Option<()> {
    let from = word(object, 12)?.checked_add(32)?;
    let header = object.get(from..from.checked_add(word(object, 20)?)?)?;
    let sum = crc32fast::hash(header);
    put(object, 28, &sum.to_le_bytes())?;
    let sum = crc32fast::hash(object.get(12..32)?);
    put(object, 8, &sum.to_le_bytes())
}

/// Takes a number of seven bits a byte from the front.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}

/// Mends a header, and says where the next is.
fn rar5(object: &mut [u8], at: usize) -> Option<usize> {
    let summed = object.get(at.checked_add(4)?..)?;
    let mut rest = summed;
    let length = usize::try_from(number(&mut rest)?).ok()?;
    let end = (summed.len() - rest.len()).checked_add(length)?;
    let (_kind, flags) = (number(&mut rest)?, number(&mut rest)?);
    let _extra = if flags & 1 != 0 { number(&mut rest)? } else { 0 };
    let data = if flags & 2 != 0 { number(&mut rest)? } else { 0 };
    let sum = crc32fast::hash(summed.get(..end)?);
    put(object, at, &sum.to_le_bytes())?;
    at.checked_add(4)?.checked_add(end)?.checked_add(usize::try_from(data).ok()?)
}

/// As [`rar5`], of versions before that.
fn rar4(object: &mut [u8], at: usize) -> Option<usize> {
    let block = object.get(at..)?;
    let half = |at: usize| Some(u16::from_le_bytes(*block.get(at..)?.first_chunk()?));
    let (flags, length) = (half(3)?, usize::from(half(5)?).max(7));
    let long = flags & 0x8000 != 0 || matches!(block.get(2)?, 0x74 | 0x7a);
    let data = if long { u32::from_le_bytes(*block.get(7..)?.first_chunk()?) } else { 0 };
    let [low, high, ..] = crc32fast::hash(block.get(2..length)?).to_le_bytes();
    put(object, at, &[low, high])?;
    at.checked_add(length)?.checked_add(usize::try_from(data).ok()?)
}
