//! `[tcp]`, `[[host]]` and `[[depth]]`: how streams are put together, as which receivers read them.

use super::error::ConfigError;
use super::spec::{Choice, Flag, Maybe, Number, Ports, Prefixes, Required, Section, Size, Time, section};
use super::value::{MILLIS, MINUTE, SECOND};
use super::walk::Table;
use crate::policy::{Prefix, PrefixTable};
use crate::tcp::{Depth, IllegalFlags, Policy};

/// Most `[[host]]` and most `[[depth]]` tables.
const MAX_TABLES: usize = 1024;

/// Most bytes of a stream that can be asked for; more is the same as all.
const MAX_DEPTH: u64 = 1 << 40;

/// Bytes of a stream.
const DEPTH: Size = Size { default: 0, min: 0, max: MAX_DEPTH, step: 1 };

/// How a receiver treats overlaps.
const POLICY: Choice<Policy> = Choice { default: Policy::Linux, of: &Policy::ALL };

section! {
    /// `[tcp]`: the reassembler of a worker.
    pub struct TcpConfig at "tcp" {
        /// Buffers of 2 KiB that a worker has for segments out of order; 0: none is kept.
        "out_of_order_segments" => out_of_order_segments: u32 = Number { default: 16_384, min: 0, max: 1_048_576 };
        /// Most pieces that one direction of a flow may hold.
        "out_of_order_per_stream" => out_of_order_per_stream: u16 = Number { default: 512, min: 1, max: 16_384 }, reload;
        /// How long a hole may stay before it is skipped as a gap, in nanoseconds.
        "hole_timeout" => hole_timeout_ns: u64 =
            Time { default: 2 * SECOND, min: 10 * MILLIS, max: 10 * MINUTE, or_zero: false }, reload;
        /// Digests of delivered segments that a worker keeps; 0: none.
        "overlap_history" => overlap_history: u32 = Number { default: 131_072, min: 0, max: 16_777_216 };
        /// How receivers treat overlaps where no `[[host]]` says otherwise.
        "policy" => policy: Policy = POLICY, reload;
        /// By how much a TTL may fall before the packet is doubted; 255: never.
        "ttl_slack" => ttl_slack: u8 = Number { default: 4, min: 0, max: 255 }, reload;
        /// What is done with segments whose flags no sender sets together.
        "illegal_flags" => illegal_flags: IllegalFlags = Choice {
            default: IllegalFlags { event: true, drop: true },
            of: &[
                ("both", IllegalFlags { event: true, drop: true }),
                ("event", IllegalFlags { event: true, drop: false }),
                ("drop", IllegalFlags { event: false, drop: true }),
            ],
        }, reload;
        /// Urgent bytes are read in line, as applications with `SO_OOBINLINE` do.
        "urgent_inline" => urgent_inline: bool = Flag(false), reload;
        /// Bytes to the server that are inspected; `None`: all.
        "depth_to_server" => depth_to_server: Option<u64> = Maybe(DEPTH), reload;
        /// Bytes to the client that are inspected; `None`: all.
        "depth_to_client" => depth_to_client: Option<u64> = Maybe(DEPTH), reload;
        /// Pick up connections whose start was not seen.
        "midstream" => midstream: bool = Flag(true), reload;
    }
}

section! {
    /// One `[[host]]`: receivers that treat overlaps in a way of their own.
    pub struct HostConfig at "host" {
        /// Their addresses.
        "prefixes" => prefixes: Vec<Prefix> = Required(Prefixes), reload;
        /// How they treat overlapping segments; `None`: as `tcp.policy` says.
        "tcp" => tcp: Option<Policy> = Maybe(POLICY), reload;
        /// How they treat overlapping fragments; `None`: as `defrag.policy` says.
        "fragments" => fragments: Option<crate::defrag::Policy> = Maybe(super::defrag::POLICY), reload;
    }
}

section! {
    /// One `[[depth]]`: how much is inspected of the streams of some server ports.
    pub struct DepthConfig at "depth" {
        /// The servers' ports.
        "ports" => ports: Vec<u16> = Required(Ports { default: &[], most: 1024 }), reload;
        /// Bytes to the server; `None`: all.
        "to_server" => to_server: Option<u64> = Maybe(DEPTH), reload;
        /// Bytes to the client; `None`: all.
        "to_client" => to_client: Option<u64> = Maybe(DEPTH), reload;
    }
}

/// Reads the tables of an array.
pub(super) fn read_tables<T: Section>(root: &Table<'_>, key: &str) -> Result<Vec<T>, ConfigError> {
    let tables = root.tables(key)?;
    if let Some(beyond) = tables.get(MAX_TABLES) {
        return Err(beyond.place.wrong(&format!("{} tables", tables.len()), &format!("at most {MAX_TABLES}")));
    }
    tables.iter().map(T::read).collect()
}

/// What `[[host]]` tables say of one thing, and `default` elsewhere.
pub(super) fn by_host<T: Copy>(
    default: T,
    hosts: &[HostConfig],
    says: impl Fn(&HostConfig) -> Option<T>,
) -> PrefixTable<T> {
    let mut table = PrefixTable::new(default);
    for host in hosts {
        let Some(value) = says(host) else { continue };
        for prefix in &host.prefixes {
            table.insert(*prefix, value);
        }
    }
    table
}

/// How much is inspected by default.
pub(super) fn depth(tcp: &TcpConfig) -> Depth {
    limits(tcp.depth_to_server, tcp.depth_to_client)
}

/// How much is inspected by server port, sorted by port; a port is in one table.
pub(super) fn port_depths(depths: &[DepthConfig]) -> Box<[(u16, Depth)]> {
    let of = |depth: &DepthConfig| limits(depth.to_server, depth.to_client);
    let mut all: Vec<_> =
        depths.iter().flat_map(|depth| depth.ports.iter().map(move |port| (*port, of(depth)))).collect();
    all.sort_unstable_by_key(|(port, _)| *port);
    all.into_boxed_slice()
}

fn limits(to_server: Option<u64>, to_client: Option<u64>) -> Depth {
    Depth { to_server: to_server.unwrap_or(u64::MAX), to_client: to_client.unwrap_or(u64::MAX) }
}
