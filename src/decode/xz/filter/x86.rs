//! Calls and jumps of x86: a byte of 0xe8 or 0xe9, and a target of 32 bits whose highest byte is 0 or 0xff.
//!
//! Bytes of 0xe8 within targets make it a matter of what came before whether one is an instruction: it is kept for each of
//! the last bytes whether it may have been one.

/// What is known of the bytes before.
#[derive(Clone, Copy, Debug)]
pub(super) struct X86 {
    mask: u32,
    /// Where the last such byte was.
    last: u32,
}

/// An instruction.
const LENGTH: usize = 5;
/// By the mask: whether such a byte may be an instruction, and of which byte of its target that depends.
const ALLOWED: [bool; 8] = [true, true, true, false, true, false, false, false];
const NUMBER: [u32; 8] = [0, 1, 2, 2, 3, 3, 3, 3];

const fn is_end(byte: u8) -> bool {
    byte == 0 || byte == 0xff
}

impl X86 {
    pub(super) const NEW: Self = Self { mask: 0, last: 0_u32.wrapping_sub(5) };

    /// Makes targets relative again. What may be half an instruction is left.
    pub(super) fn filter(&mut self, bytes: &mut [u8], address: u32) -> usize {
        let mut done = 0;
        while let Some(instruction) = bytes.get_mut(done..).and_then(|rest| rest.first_chunk_mut::<LENGTH>()) {
            let [code, targets @ ..] = instruction;
            if !matches!(code, 0xe8 | 0xe9) {
                done += 1;
                continue;
            }
            // Less than the room for what is filtered at a time.
            let here = address.wrapping_add(u32::try_from(done).unwrap_or(0));
            let offset = here.wrapping_sub(self.last);
            self.last = here;
            self.mask = if offset > 5 { 0 } else { (0..offset).fold(self.mask, |mask, _| (mask & 0x77) << 1) };
            let is_allowed = ALLOWED.get((self.mask >> 1 & 7) as usize).copied().unwrap_or(false);
            let [_, _, _, high] = *targets;
            if is_end(high) && is_allowed && self.mask >> 1 < 0x10 {
                let target = self.target(u32::from_le_bytes(*targets), here.wrapping_add(5));
                let [a, b, c, high] = target.to_le_bytes();
                *targets = [a, b, c, if high & 1 == 0 { 0 } else { 0xff }];
                self.mask = 0;
                done += LENGTH;
            } else {
                self.mask |= if is_end(high) { 0x11 } else { 1 };
                done += 1;
            }
        }
        done
    }

    fn target(&self, absolute: u32, behind: u32) -> u32 {
        let mut source = absolute;
        loop {
            let target = source.wrapping_sub(behind);
            if self.mask == 0 {
                return target;
            }
            let number = NUMBER.get((self.mask >> 1) as usize).copied().unwrap_or(0) * 8;
            let [byte, ..] = (target >> (24 - number)).to_le_bytes();
            if !is_end(byte) {
                return target;
            }
            source = target ^ 1_u32.checked_shl(32 - number).unwrap_or(0).wrapping_sub(1);
        }
    }
}
