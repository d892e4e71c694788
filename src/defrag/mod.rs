//! IPv4 and IPv6 fragments, put together again: the defragmenter of one worker.
//!
//! A [`Defragmenter`] takes frames whose headers say "fragment"
//! ([`crate::wire::Headers::fragment`]) and gives back, once, each packet that
//! has arrived whole: a frame as if it had never been cut, in a preallocated
//! buffer. It owns everything that it uses: descriptors, payload buffers and the
//! hash index are taken at start, and a fragment costs no memory, lock or clock
//! read. Time is an argument, and never goes back.
//!
//! # What is kept of a packet
//!
//! One descriptor, found by RFC 791's (source, destination, protocol,
//! identification) or RFC 8200's (source, destination, identification), and the
//! VLAN ids. It owns a buffer into which each fragment's payload is copied to
//! the place where it belongs, and a bitmap of 8-byte units that says exactly
//! what has arrived. A second bitmap marks where pieces begin, so that the
//! boundaries which overlap policies compare can be read back. Buffers come in
//! two sizes: most fragmented packets fit the small one, and a packet that turns
//! out to be longer moves once to a large one.
//!
//! Descriptors stand in one age chain by the arrival of their first fragment,
//! which is also the order in which they time out; an empty pool reuses the
//! oldest. A descriptor that was marked bad gives its buffer back at once and
//! only stays to ignore, at the cost of finding it, what else belongs to it.
//!
//! # What may be wrong
//!
//! Each [`Fault`] is one variant, one counter, one event name. What follows from
//! it depends on the [`Policy`] of the destination, since a sensor must put
//! together what the destination puts together: [`Fault`] has the table, and
//! [`Policy`] says whose bytes win where fragments overlap.
//!
//! Atomic fragments (RFC 6946) are whole packets and do not come here: the
//! header parser looks through their fragment header.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod age;
mod buffers;
mod counters;
mod defragmenter;
mod fault;
mod key;
mod limits;
mod overlap;
mod piece;
mod policy;
mod table;
mod units;
mod whole;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;

pub use counters::{Counters, Held};
pub use defragmenter::{Defragmenter, Memory, Outcome, Verdict};
pub use fault::{Conflict, FAULT_COUNT, Fault, Report};
pub use limits::Limits;
pub use piece::Refusal;
pub use policy::{Policy, PolicyTable};
pub use table::Descriptor;
pub use whole::Whole;
