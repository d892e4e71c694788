//! The worker: what one lcore does with the packets it owns.
//!
//! [`Pipeline`] is the whole analysis as a value: frames in, events out, no
//! DPDK, no thread, no clock, so that tests, `bench` and `replay` run the same
//! code as the live sensor. [`Worker`] polls queues and rings and feeds it.
//!
//! Limits are those of the tables it owns, all taken when it is made. In steady
//! state a packet costs no allocation, lock, format or system call.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod content;
mod counters;
mod forward;
mod handover;
mod inject;
mod keep;
mod mailbox;
mod mesh;
mod pipeline;
mod poll;
mod settings;
mod slots;
mod tap;

pub use content::{
    Answers, Exchange, Expectations, Membership, ObjectLimits, RangeCounters, RangeGauges, RangeLimits, Sessions,
};
pub use counters::{Counters, Gauges, Published, Snapshot};
pub use forward::{Alone, Forward};
pub use handover::Handover;
pub use inject::{Exit, PortInjector};
pub use keep::{FileKeeper, KeptFiles, KeptRecord, Quota, file_keeper};
pub use mailbox::{FlowLine, Mailbox};
pub use mesh::{MESH_ROOM, Mesh, MeshCounters};
pub use pipeline::{Annotation, Frame, Origin, OverloadPolicy, Pipeline, PipelineOptions, TcpChecksums};
pub use poll::{Idle, Sources, Worker, WorkerControl};
pub use settings::Settings;
pub use tap::{StreamTap, TapReceiver, TapRecord, tap};
