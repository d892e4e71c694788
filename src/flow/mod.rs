//! Flow state: who speaks with whom, since when, how much, and in which state.
//!
//! One [`FlowTable`] belongs to one worker. All of its memory is taken when it
//! is made; a flow costs 192 bytes and its share of the index 16 (see
//! [`BYTES_PER_FLOW`]). Look-ups read one index line and the flow's own lines.
//!
//! Flows stand in age lists, one a [`Class`], oldest first, so that expiry and
//! forced recycling look at list heads only.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod age;
mod entry;
mod index;
mod key;
mod table;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;

pub use age::{Class, Timeouts};
pub use entry::{Bits, Flow, NO_SLOT};
pub use index::Bucket;
pub use key::{FlowKey, KeyHash};
pub use table::{BYTES_PER_FLOW, FlowIndex, FlowTable};
