//! Advice to the kernel about large tables.

use std::ffi::c_void;

unsafe extern "C" {
    fn madvise(address: *mut c_void, length: usize, advice: i32) -> i32;
    fn mlock(address: *const c_void, length: usize) -> i32;
}

const MADV_HUGEPAGE: i32 = 14;
const MADV_COLLAPSE: i32 = 25;
const HUGE_PAGE: usize = 2 << 20;
const PAGE: usize = 4096;

/// Asks for huge pages below `table` and for them to stay in memory. Best effort
/// (Linux 5.x has no MADV_COLLAPSE; locking needs a limit that allows it): the
/// table works the same without, only with more TLB misses. Returns whether the
/// memory is locked.
pub fn settle<T>(table: &[T]) -> bool {
    let start = table.as_ptr().addr();
    let end = start.saturating_add(size_of_val(table));
    let huge = start.next_multiple_of(HUGE_PAGE)..(end / HUGE_PAGE * HUGE_PAGE);
    if huge.start < huge.end {
        let at = table.as_ptr().cast::<u8>().wrapping_add(huge.start - start).cast_mut().cast::<c_void>();
        // SAFETY: the range lies within the table; neither advice changes its content.
        unsafe {
            if madvise(at, huge.len(), MADV_HUGEPAGE) == 0 {
                madvise(at, huge.len(), MADV_COLLAPSE);
            }
        }
    }
    let first = start / PAGE * PAGE;
    let at = table.as_ptr().cast::<u8>().wrapping_sub(start - first).cast::<c_void>();
    // SAFETY: the pages that hold the table; locking does not change their content.
    end > start && unsafe { mlock(at, end - first) == 0 }
}

/// Starts to load `value`'s first cache line.
#[inline]
pub fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch is a hint and never faults; SSE is part of x86-64.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(std::ptr::from_ref(value).cast::<i8>());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// Starts to load the cache lines of `bytes`.
#[inline]
pub fn prefetch_bytes(bytes: &[u8]) {
    if let Some(first) = bytes.first() {
        prefetch_lines(first, bytes.len().div_ceil(64));
    }
}

/// Starts to load the first `lines` cache lines of `value`.
#[inline]
pub fn prefetch_lines<T>(value: &T, lines: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in 0..lines {
        // SAFETY: as above; the address need not be valid.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(
                std::ptr::from_ref(value).cast::<i8>().wrapping_add(line * 64),
            );
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (value, lines);
}
