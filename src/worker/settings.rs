//! What a worker can be given anew while it runs.

use std::sync::Arc;

use super::pipeline::{OverloadPolicy, PipelineOptions, TcpChecksums};
use crate::flow::Timeouts;
use crate::scan::keyword::Matcher;
use crate::{defrag, tcp};

/// All rules of a configuration, without the sizes: one worker's snapshot of them.
///
/// The control thread makes one for each worker. The worker takes it by exchange
/// ([`super::Pipeline::exchange`]): what it had before is in it afterwards, and goes back to the control thread, which frees
/// it. So the worker neither allocates nor frees.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Number of the configuration; that of the start is 1.
    pub(super) number: u32,
    pub(super) matcher: Arc<Matcher>,
    pub(super) resets: Box<[bool]>,
    pub(super) tcp: tcp::Limits,
    pub(super) least_depth: u64,
    pub(super) tcp_checksum: TcpChecksums,
    pub(super) verify_checksum: bool,
    pub(super) defrag: defrag::Limits,
    pub(super) timeouts: Timeouts,
    pub(super) half_open_events: bool,
    pub(super) overload: OverloadPolicy,
    pub(super) midstream: bool,
    pub(super) tls_handshake_only: bool,
    pub(super) kill_rate: u32,
}

impl Settings {
    /// The rules among `options`, with dictionaries and the most sessions that are killed in a second (0: no limit).
    ///
    /// Sizes, tunnels and VLANs of `options` count for nothing. Dictionaries are the same as before where `matcher` is
    /// the same allocation: flows then keep their scanner states and scores.
    #[must_use]
    pub fn new(number: u32, options: PipelineOptions, matcher: Arc<Matcher>, kill_rate: u32) -> Self {
        Self {
            number,
            matcher,
            resets: options.resets.into_boxed_slice(),
            least_depth: options.tcp.least_depth(),
            tcp: options.tcp,
            tcp_checksum: options.tcp_checksum,
            verify_checksum: options.verify_checksum,
            defrag: options.defrag,
            timeouts: options.timeouts,
            half_open_events: options.half_open_events,
            overload: options.overload,
            midstream: options.midstream,
            tls_handshake_only: options.tls_handshake_only,
            kill_rate,
        }
    }

    /// Number of the configuration.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }
}
