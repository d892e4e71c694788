//! Content scanners.

pub mod keyword;
