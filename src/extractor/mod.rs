//! Formats that need the whole object: what takes such objects apart.
//!
//! A decoder sees an object while it passes; a [`Module`] has all of it, may allocate, and may go back and forth in it. It
//! is meant for a confined process with little memory and a deadline: no field of an object is trusted for an allocation,
//! every loop is bounded by the object's length, and what comes out is handed on piece by piece.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod module;
mod modules;

pub use module::Module;
pub use modules::MODULES;
