//! What containers have in common.

use super::cut::Cut;
use super::decoder::{Child, Field, Out, take};

/// A field of any length, of which the first `N` bytes are kept.
#[derive(Debug)]
pub(super) struct Kept<const N: usize> {
    field: Field<N>,
    passed: u64,
}

impl<const N: usize> Kept<N> {
    pub(super) const EMPTY: Self = Self { field: Field::EMPTY, passed: 0 };

    /// Takes from the front of `input` what is missing to `length` bytes. True when they have all passed.
    pub(super) fn pass(&mut self, input: &mut &[u8], length: u64) -> bool {
        let bytes = take(input, length.saturating_sub(self.passed));
        self.field.append(bytes);
        self.passed = self.passed.saturating_add(bytes.len() as u64);
        self.passed >= length
    }

    pub(super) fn get(&self) -> &[u8] {
        self.field.get()
    }

    /// Bytes that have passed.
    pub(super) const fn passed(&self) -> u64 {
        self.passed
    }

    pub(super) const fn clear(&mut self) {
        self.field.clear();
        self.passed = 0;
    }
}

/// What comes next is not what the container promised, so it is shown as it stands: nothing hides behind a lie.
/// True when it is wanted.
pub(super) fn begin_rest(held: &[u8], out: &mut dyn Out) -> bool {
    let wanted = out.begin(&Child { name: b"(rest)" }) && out.data(held);
    out.cut(Cut::Malformed);
    wanted
}

/// A child of which nothing can be handed out but its name.
pub(crate) fn only_name(name: &[u8], reason: Cut, out: &mut dyn Out) {
    if out.begin(&Child { name }) {
        out.cut(reason);
        out.end();
    }
}

/// What stands before the first zero byte.
pub(crate) fn until_zero(field: &[u8]) -> &[u8] {
    field.get(..memchr::memchr(0, field).unwrap_or(field.len())).unwrap_or(&[])
}

/// Bytes behind `length` up to the next multiple of `to`.
pub(super) const fn padding(length: u64, to: u64) -> u64 {
    match length % to {
        0 => 0,
        over => to - over,
    }
}

/// Little-endian numbers at `at`.
pub(crate) fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|word| u16::from_le_bytes(*word))
}

pub(crate) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word))
}

pub(crate) fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word))
}

pub(super) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|word| u16::from_be_bytes(*word))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}
