//! The modules.

mod cab;
mod ole2;
mod passing;
mod pdf;
mod rar;
mod sevenzip;
mod stretch;
mod text;
mod watched;

use super::module::Module;

/// bzip2: nothing comes out before a block is complete, and then 900 kB at once, which takes milliseconds. A live worker
/// has other packets waiting.
static BZIP2: Module = Module { name: "bzip2", extract: None, encrypted: false };

/// All modules.
pub const MODULES: &[&Module] = &[&ole2::MODULE, &sevenzip::MODULE, &cab::MODULE, &rar::MODULE, &pdf::MODULE, &BZIP2];
