//! Events: what a worker says about the traffic.
//!
//! A worker writes fixed-size [`Event`]s into its own single-producer ring; it
//! never formats. The event thread drains every worker's ring, turns each event
//! into one EVE JSON line and writes it.

mod types;

pub use types::{
    AlertEvent, AlertHit, AppProto, Direction, EndReason, Event, FlowEvent, FlowHead, FlowState, Location,
    MAX_ALERT_HITS, TcpSummary, Tuple,
};
