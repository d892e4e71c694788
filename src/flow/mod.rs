//! Flow state: who speaks with whom, since when, how much, and in which state.
//!
//! One [`FlowTable`] belongs to one worker. All of its memory is taken when it
//! is made (see [`BYTES_PER_FLOW`] and [`BYTES_PER_HALF_OPEN`]). Look-ups read one
//! index line and the record's own lines.
//!
//! A TCP session costs a [`HalfOpen`] record, in a ring of its own, until it has
//! payload or its handshake is complete; so no flood of SYNs takes a flow's place.
//!
//! Flows stand in age lists, one a [`Class`], oldest first, so that expiry and
//! forced recycling look at list heads only.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod age;
mod entry;
mod half_open;
pub(crate) mod hash;
mod index;
mod key;
mod pressure;
mod table;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;

pub use age::{Class, Timeouts};
pub use entry::{Bits, Facts, Flow, NO_OBJECT, NO_SLOT};
pub use half_open::{Begin, HalfOpen, Opening};
pub use index::Bucket;
pub use key::{FlowKey, KeyHash};
pub use pressure::{Onset, Pressure};
pub use table::{BYTES_PER_FLOW, BYTES_PER_HALF_OPEN, Capacity, FlowIndex, FlowTable, Found, HalfOpenIndex};
