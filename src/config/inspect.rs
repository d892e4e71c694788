//! `[tcp]`, `[http]` and `[scan]`: how the content of flows is put together and looked at.

use super::spec::{Choice, Flag, Number, Time, section};
use super::value::{MILLIS, MINUTE, SECOND};

/// Whether IPv4 header checksums are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChecksumMode {
    /// Live, where receivers check them too; not in captures, which a sending host may have taken
    /// before its NIC filled them in.
    #[default]
    Auto,
    /// Always: a packet with a wrong one is not analysed.
    Verify,
    /// Never.
    Ignore,
}

section! {
    /// `[decoder]`: headers.
    pub struct DecoderConfig at "decoder" {
        /// Whether IPv4 header checksums are checked.
        "ipv4_checksum" => ipv4_checksum: ChecksumMode = Choice {
            default: ChecksumMode::Auto,
            of: &[
                ("auto", ChecksumMode::Auto),
                ("verify", ChecksumMode::Verify),
                ("ignore", ChecksumMode::Ignore),
            ],
        };
    }
}

section! {
    /// `[tcp]`: the reassembler of a worker.
    pub struct TcpConfig at "tcp" {
        /// Buffers of 2 KiB that a worker has for segments out of order; 0: none is kept.
        "out_of_order_segments" => out_of_order_segments: u32 = Number { default: 16_384, min: 0, max: 1_048_576 };
        /// Most of them that one direction of a flow may hold.
        "out_of_order_per_stream" => out_of_order_per_stream: u16 = Number { default: 64, min: 1, max: 4096 };
        /// How long a hole may stay before it is skipped as a gap, in nanoseconds.
        "hole_timeout" => hole_timeout_ns: u64 =
            Time { default: 2 * SECOND, min: 10 * MILLIS, max: 10 * MINUTE, or_zero: false };
        /// Pick up connections whose start was not seen.
        "midstream" => midstream: bool = Flag(true);
    }
}

section! {
    /// `[http]`: the HTTP/1 parser of a worker.
    pub struct HttpConfig at "http" {
        /// Parser states a worker has, one for each HTTP connection.
        "sessions" => sessions: u32 = Number { default: 65_536, min: 16, max: 4_194_304 };
    }
}

section! {
    /// `[scan]`: the keyword scanner of a worker.
    pub struct ScanConfig at "scan" {
        /// Flows with at least one keyword hit that a worker keeps score of.
        "hit_records" => hit_records: u32 = Number { default: 65_536, min: 16, max: 16_777_216 };
    }
}
