//! Errors of DPDK calls.

use std::ffi::CStr;
use std::fmt;

/// A DPDK call failed: what was tried, and errno's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DpdkError {
    what: String,
    errno: i32,
}

impl DpdkError {
    /// From a negative return value.
    pub(super) fn code(what: impl Into<String>, code: i32) -> Self {
        Self { what: what.into(), errno: code.wrapping_neg() }
    }

    /// From `rte_errno`.
    pub(super) fn last(what: impl Into<String>) -> Self {
        // SAFETY: reads a per-thread integer.
        let errno = unsafe { dpdk_sys::tg_errno() };
        Self { what: what.into(), errno }
    }

    /// A refusal of our own, without an errno.
    #[must_use]
    pub fn refusal(what: impl Into<String>) -> Self {
        Self { what: what.into(), errno: 0 }
    }

    /// True when the device or driver does not have the operation at all.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        const ENOTSUP: i32 = 95;
        const ENOSYS: i32 = 38;
        self.errno == ENOTSUP || self.errno == ENOSYS
    }
}

impl fmt::Display for DpdkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errno == 0 {
            return f.write_str(&self.what);
        }
        // SAFETY: rte_strerror returns a NUL-terminated string for any number.
        let text = unsafe { CStr::from_ptr(dpdk_sys::rte_strerror(self.errno)) };
        write!(f, "{}: {}", self.what, text.to_string_lossy())
    }
}

impl std::error::Error for DpdkError {}
