//! The modules.

mod ole2;
mod text;

use super::module::Module;

/// All modules.
pub const MODULES: &[&Module] = &[&ole2::MODULE];
