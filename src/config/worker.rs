//! `[worker]`: the worker lcores and the rings that lead to and from them.

use super::spec::{Number, PowerOfTwo, section};

/// DPDK's lcores, less the main one.
pub const MOST_WORKERS: u16 = 127;

section! {
    /// `[worker]`: how many workers there are, and what lies between them and others.
    pub struct WorkerConfig at "worker" {
        /// Workers; 0: one for each usable core that main and dispatchers leave, in a replay one a core.
        "count" => count: u16 = Number { default: 0, min: 0, max: MOST_WORKERS };
        /// Packets taken at a time.
        "burst" => burst: u16 = Number { default: 64, min: 4, max: 64 };
        /// Packets that may wait between a dispatcher and a worker.
        "ring" => ring: u32 = PowerOfTwo { default: 4096, min: 64, max: 65_536 };
        /// Packets that may wait for a worker from all others.
        "inbox" => inbox: u32 = PowerOfTwo { default: 1024, min: 64, max: 65_536 };
        /// Buffers of 64 KiB a NUMA node for packets that were put together on their way to another worker.
        "mesh_buffers" => mesh_buffers: u32 = Number { default: 256, min: 64, max: 16_384 };
        /// Events that may wait between a worker and the event thread.
        "events" => events: u32 = Number { default: 8192, min: 64, max: 1_048_576 };
    }
}
