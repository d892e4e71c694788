//! Events: what a worker says about the traffic.
//!
//! A worker writes fixed-size [`Event`]s into its own single-producer ring; it
//! never formats. The event thread drains every worker's ring, turns each event
//! into one EVE JSON line and writes it.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)
)]

pub mod community_id;
pub mod eve;
pub mod flow_id;
mod names;
mod stats;
pub mod timestamp;
mod types;

pub use community_id::CommunityId;
pub use eve::{EncodeError, EveEncoder};
pub use flow_id::flow_id;
pub use names::{DictionaryNames, EventNames, KeywordName};
pub use stats::{CounterNameError, StatsEvent};
pub use timestamp::EveTime;
pub use types::{
    AlertEvent, AlertHit, AppProto, Direction, EndReason, Event, FlowEvent, FlowHead, FlowState, Location,
    MAX_ALERT_HITS, TcpSummary, Tuple,
};
