//! A pipeline small enough for a test.

use tidegate::defrag;
use tidegate::flow::{Capacity, Timeouts};
use tidegate::tcp::Limits;
use tidegate::wire::Tunnels;
use tidegate::worker::{ObjectLimits, OverloadPolicy, PipelineOptions, RangeLimits, Sessions, TcpChecksums};

/// What a test does not say otherwise: room for 1,024 flows, all of which end after 5 idle seconds, live rules about
/// checksums, and one dictionary whose alerts reset nothing.
pub(crate) fn options() -> PipelineOptions {
    PipelineOptions {
        capacity: Capacity { flows: 1024, half_open: 1024 },
        half_open_events: false,
        overload: OverloadPolicy::Refuse,
        vlan: true,
        timeouts: Timeouts::uniform(5_000_000_000),
        seed: 7,
        settle: false,
        tcp: Limits::new(64, 16, 2_000_000_000),
        tcp_checksum: TcpChecksums::FromWire,
        midstream: true,
        sessions: Sessions::all(64),
        objects: ObjectLimits {
            objects: 64,
            pending: 16,
            stalled_ns: 1_000_000_000,
            decode: tidegate::decode::Limits::default(),
            sha256: true,
            ranges: RangeLimits { files: 16, buffer: 1 << 20, idle_ns: 5_000_000_000 },
        },
        expectations: std::sync::Arc::default(),
        membership: tidegate::worker::Membership::default(),
        tls_handshake_only: true,
        hit_records: 64,
        verify_checksum: true,
        tunnels: Tunnels::all(),
        defrag: defrag::Limits::default(),
        resets: vec![false],
    }
}
