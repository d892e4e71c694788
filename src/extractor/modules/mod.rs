//! The modules.

mod cab;
mod ole2;
mod pdf;
mod rar;
mod sevenzip;
mod stretch;
mod text;

use super::module::Module;

/// All modules.
pub const MODULES: &[&Module] = &[&ole2::MODULE, &sevenzip::MODULE, &cab::MODULE, &rar::MODULE, &pdf::MODULE];
