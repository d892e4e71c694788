//! The modules: one file or folder a format.

use super::Module;

/// All modules.
pub const MODULES: &[&Module] = &[];
