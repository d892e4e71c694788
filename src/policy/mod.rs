//! Rules by address: which of several ways of reading the traffic a host has.
//!
//! Built when the configuration is read, asked on the packet path; asking neither
//! allocates nor locks.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod prefix;

pub use prefix::{Prefix, PrefixTable};
