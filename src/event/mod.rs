//! Events: what a worker says about the traffic.
//!
//! A worker writes fixed-size [`Event`]s into its own single-producer ring
//! ([`EventSender`]); it never formats. The event thread ([`writer`]) drains every
//! worker's ring, turns each event into one EVE JSON line ([`eve`]) and writes it.
//!
//! Limits and what happens at them: a full ring drops and counts (live) or makes
//! the worker wait (replay), see [`RingPolicy`]; an output that refuses to take
//! lines makes them wait in a buffer of [`WriterOptions::max_pending_bytes`], past
//! which they are counted as errors. Nothing here is shared between workers.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)
)]

pub mod community_id;
pub mod eve;
pub mod flow_id;
mod name_book;
mod names;
mod output;
pub(crate) mod reasons;
pub mod record;
mod ring;
mod stats;
pub mod timestamp;
mod types;
pub mod writer;

pub use community_id::CommunityId;
pub use eve::{EncodeError, EveEncoder};
pub use flow_id::flow_id;
pub use name_book::{Dictionaries, FIRST_CONFIGURATION, NameBook};
pub use names::{DictionaryNames, EventNames, KeywordName};
pub use output::{OpenMode, Output};
pub(crate) use ring::take_bytes;
pub use ring::{EventReceiver, EventSender, RingPolicy, channel};
pub use stats::{CounterNameError, StatsEvent};
pub use timestamp::EveTime;
pub use types::{
    APP_PROTO_COUNT, AlertEvent, AlertHit, AnomalyEvent, AppProto, Direction, EndReason, Event, FileEvent, FlowEvent,
    FlowHead, FlowState, Kept, Layer, Location, MAX_ALERT_HITS, RecordEvent, TcpSummary, Tuple, Versions,
};
pub use writer::{WriterHandle, WriterOptions, WriterReport};
