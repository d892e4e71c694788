//! Calls of processors whose instructions have a fixed length: their targets are made relative again.
//!
//! Each takes code whose first byte has that address, and returns how much of it is whole instructions.

/// Goes over words of `N` bytes, with the address of each.
fn words<const N: usize>(bytes: &mut [u8], address: u32, mut each: impl FnMut(&mut [u8; N], u32)) -> usize {
    let (words, _) = bytes.as_chunks_mut::<N>();
    let mut at = address;
    for word in &mut *words {
        each(word, at);
        at = at.wrapping_add(u32::try_from(N).unwrap_or(0));
    }
    words.len() * N
}

pub(super) fn arm(bytes: &mut [u8], address: u32) -> usize {
    words::<4>(bytes, address, |word, at| {
        if let [a, b, c, 0xeb] = *word {
            let target = (u32::from_le_bytes([a, b, c, 0]) << 2).wrapping_sub(at.wrapping_add(8)) >> 2;
            let [a, b, c, _] = target.to_le_bytes();
            *word = [a, b, c, 0xeb];
        }
    })
}

pub(super) fn arm64(bytes: &mut [u8], address: u32) -> usize {
    words::<4>(bytes, address, |word, at| {
        let code = u32::from_le_bytes(*word);
        if code >> 26 == 0x25 {
            // BL: the distance in instructions.
            *word = (0x9400_0000 | code.wrapping_sub(at >> 2) & 0x03ff_ffff).to_le_bytes();
        } else if code & 0x9f00_0000 == 0x9000_0000 {
            // ADRP: the distance in pages, where it is less than 512 MiB.
            let source = code >> 29 & 3 | code >> 3 & 0x001f_fffc;
            if source.wrapping_add(0x0002_0000) & 0x001c_0000 == 0 {
                let target = source.wrapping_sub(at >> 12);
                let sign = 0_u32.wrapping_sub(target & 0x0002_0000) & 0x00e0_0000;
                let code = code & 0x9000_001f | (target & 3) << 29 | (target & 0x0003_fffc) << 3 | sign;
                *word = code.to_le_bytes();
            }
        }
    })
}

pub(super) fn thumb(bytes: &mut [u8], address: u32) -> usize {
    let mut done = 0;
    while let Some(pair) = bytes.get_mut(done..).and_then(|rest| rest.first_chunk_mut::<4>()) {
        let [b, a, d, c] = *pair;
        if a & 0xf8 == 0xf0 && c & 0xf8 == 0xf8 {
            // Less than the room for what is filtered at a time.
            let behind = address.wrapping_add(u32::try_from(done).unwrap_or(0)).wrapping_add(4);
            let source = u32::from(a & 7) << 19 | u32::from(b) << 11 | u32::from(c & 7) << 8 | u32::from(d);
            let target = (source << 1).wrapping_sub(behind) >> 1;
            let [high, low] = [target >> 11, target].map(|half| half.to_le_bytes());
            *pair = [high[0], 0xf0 | high[1] & 7, low[0], 0xf8 | low[1] & 7];
            done += 2;
        }
        done += 2;
    }
    done
}

pub(super) fn powerpc(bytes: &mut [u8], address: u32) -> usize {
    words::<4>(bytes, address, |word, at| {
        let code = u32::from_be_bytes(*word);
        if code >> 26 == 0x12 && code & 3 == 1 {
            let target = (code & 0x03ff_fffc).wrapping_sub(at);
            *word = (0x4800_0001 | target & 0x03ff_fffc).to_be_bytes();
        }
    })
}

pub(super) fn sparc(bytes: &mut [u8], address: u32) -> usize {
    words::<4>(bytes, address, |word, at| {
        let code = u32::from_be_bytes(*word);
        if matches!(code >> 22, 0x100 | 0x1ff) {
            let target = (code << 2).wrapping_sub(at) >> 2;
            let sign = 0_u32.wrapping_sub(target >> 22 & 1) << 22 & 0x3fff_ffff;
            *word = (sign | target & 0x003f_ffff | 0x4000_0000).to_be_bytes();
        }
    })
}

/// Which of the three instructions of a bundle may be calls, by its template.
#[expect(clippy::indexing_slicing, reason = "it is computed while this is built, which fails at a wrong index")]
const BRANCHES: [u8; 32] = {
    let mut table = [0; 32];
    let pairs = [(16, 4), (18, 6), (22, 7), (24, 4), (28, 4)];
    let mut at = 0;
    while at < pairs.len() {
        let (template, slots) = pairs[at];
        table[template] = slots;
        table[template + 1] = slots;
        at += 1;
    }
    table
};

pub(super) fn ia64(bytes: &mut [u8], address: u32) -> usize {
    words::<16>(bytes, address, |bundle, at| {
        let mut bits = u128::from_le_bytes(*bundle);
        let [template, ..] = *bundle;
        let slots = BRANCHES.get(usize::from(template & 0x1f)).copied().unwrap_or(0);
        for slot in (0..3).filter(|slot| slots >> slot & 1 == 1) {
            let shift = 5 + 41 * slot;
            let code = bits >> shift;
            if code >> 37 & 0xf == 5 && code >> 9 & 7 == 0 {
                // Twenty bits, and the sign further up.
                let source = (code >> 13 & 0x000f_ffff | (code >> 36 & 1) << 20) << 4;
                let target = u32::try_from(source).unwrap_or(0).wrapping_sub(at) >> 4;
                let target = u128::from(target);
                let fields: u128 = 0x8f_ffff << 13;
                let code = (target & 0x000f_ffff) << 13 | (target & 0x0010_0000) << 16;
                bits = bits & !(fields << shift) | code << shift;
            }
        }
        *bundle = bits.to_le_bytes();
    })
}
