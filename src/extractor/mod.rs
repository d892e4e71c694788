//! Formats that need the whole object, decoded in processes of their own.
//!
//! A decoder sees an object while it passes; a [`Module`] has all of it, may allocate, and may go back and forth in it. It
//! is meant for a confined process with little memory and a deadline: no field of an object is trusted for an allocation,
//! every loop is bounded by the object's length, and what comes out is handed on piece by piece.
//!
//! A worker copies such an object into memory that it shares with up to 32
//! processes ([`Point`]), each of which has its own position in the ring of the last
//! 128 objects. A process copies an object out, takes it apart, runs what is in it through a
//! tree like the worker's own, and hands back leaves, which the worker scans. The
//! [`Supervisor`] starts processes, and replaces those that hang or die; the object that
//! this is put down to is told as not inspected.
//!
//! A process has no file, no descriptor, no network, no other user's rights and next to no
//! system calls (`confine.rs`). It reads what an attacker has sent, so it may be the
//! attacker's: objects are read-only for it, its answers are checked word by word
//! (`reader.rs`), and neither can become shorter.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod answers;
mod board;
mod collected;
mod confine;
mod counters;
mod layout;
mod link;
mod module;
mod modules;
mod point;
mod post;
mod process;
mod processor;
mod reader;
mod record;
mod rehearsal;
mod serve;
mod step;
mod supervisor;
mod taker;
mod teller;

#[cfg(test)]
mod tests;

pub use board::Ticket;
pub use collected::Collected;
pub use confine::Confinement;
pub use counters::{Counters, Lost};
pub use layout::{MOST_READERS, RING};
pub use link::Failure;
pub use module::{Extract, Module};
pub use modules::MODULES;
pub use point::{Point, Sizes};
pub use process::{Orders, serve};
pub use step::Step;
pub use supervisor::{Options, Supervisor};
