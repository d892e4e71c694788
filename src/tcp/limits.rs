//! What a worker's reassembler may use and how it judges.

use super::policy::Policy;
use crate::event::Direction;
use crate::policy::PrefixTable;

/// How many bytes of a stream are inspected, by direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// To the server.
    pub to_server: u64,
    /// To the client.
    pub to_client: u64,
}

impl Depth {
    /// All of both.
    pub const ALL: Self = Self { to_server: u64::MAX, to_client: u64::MAX };

    /// That of one direction.
    #[must_use]
    pub const fn of(self, direction: Direction) -> u64 {
        match direction {
            Direction::ToServer => self.to_server,
            Direction::ToClient => self.to_client,
        }
    }

    /// The smaller of the two.
    const fn least(self) -> u64 {
        if self.to_server < self.to_client { self.to_server } else { self.to_client }
    }
}

/// What is done with a segment whose flags no sender sets together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IllegalFlags {
    /// It raises an event.
    pub event: bool,
    /// It is left out of the analysis.
    pub drop: bool,
}

/// Limits and rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Buffers of 2 KiB a worker has for pieces before their turn.
    pub segments: u32,
    /// Most pieces one direction of a session may hold.
    pub per_stream: u16,
    /// How long a hole may stay before it is skipped, nanoseconds.
    pub hole_timeout_ns: u64,
    /// Records of delivered segments a worker keeps to compare repetitions with; 0: none is compared.
    pub history: u32,
    /// By how much the TTL of a side's packets may fall before they are doubted; 255: never.
    pub ttl_slack: u8,
    /// Applications read urgent bytes in line (SO_OOBINLINE), not apart.
    pub urgent_inline: bool,
    /// Segments with illegal flags.
    pub illegal_flags: IllegalFlags,
    /// How destinations treat overlaps.
    pub policies: PrefixTable<Policy>,
    /// How much of a stream is inspected.
    pub depth: Depth,
    /// The same for single server ports, sorted by port.
    pub port_depths: Box<[(u16, Depth)]>,
}

impl Limits {
    /// Limits with room for `segments` buffers and no more than `per_stream` pieces a stream, the rest as configured
    /// by default.
    #[must_use]
    pub fn new(segments: u32, per_stream: u16, hole_timeout_ns: u64) -> Self {
        Self {
            segments,
            per_stream,
            hole_timeout_ns,
            history: 0,
            ttl_slack: 4,
            urgent_inline: false,
            illegal_flags: IllegalFlags { event: true, drop: true },
            policies: PrefixTable::new(Policy::Linux),
            depth: Depth::ALL,
            port_depths: Box::default(),
        }
    }

    /// How much is inspected of the streams of a server port.
    pub(super) fn depth_of(&self, port: u16, direction: Direction) -> u64 {
        let own = self.port_depths.binary_search_by_key(&port, |(port, _)| *port).ok();
        own.and_then(|at| self.port_depths.get(at)).map_or(self.depth, |(_, depth)| *depth).of(direction)
    }

    /// No stream is cut before this offset.
    #[must_use]
    pub fn least_depth(&self) -> u64 {
        self.port_depths.iter().map(|(_, depth)| depth.least()).fold(self.depth.least(), u64::min)
    }
}
