//! Safe wrappers over DPDK, and the only foreign functions of the crate.
//!
//! What is here: the EAL's life ([`Eal`]), lcores ([`lcore`]), mempools and
//! move-only mbufs ([`Mempool`], [`Mbuf`], [`Burst`]), ports with their RSS
//! ([`port`], [`rss`]), rings of mbufs ([`ring`]), the clock ([`Clock`]),
//! telemetry ([`telemetry`]), advice to the kernel about memory ([`memory`]), memory that processes share ([`shared`]),
//! and what the processor can ([`cpu`]).
//!
//! What keeps it sound:
//! * DPDK's memory lives as long as the EAL. Every handle holds an [`Eal`]
//!   token; `rte_eal_cleanup` runs when the last one is dropped. A mempool that
//!   is dropped while some of its mbufs are still out keeps its token for ever,
//!   so that those mbufs never point to freed memory.
//! * An [`Mbuf`] is one reference, moved and never copied; dropping it gives the
//!   buffer back to its pool (the return queue of the design).
//! * Queues and ring ends are values that cannot be cloned, so one thread at a
//!   time polls each.

mod burst;
mod clock;
pub mod cpu;
mod eal;
mod error;
pub mod lcore;
mod mbuf;
pub mod memory;
mod mempool;
pub mod port;
pub mod ring;
pub mod rss;
pub mod shared;
pub mod telemetry;

pub use burst::{Burst, MAX_BURST, PacketView, Views};
pub use clock::Clock;
pub use eal::{Eal, version};
pub use error::DpdkError;
pub use mbuf::{Mbuf, Meta, MetaKind};
pub use mempool::Mempool;
