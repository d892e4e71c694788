//! `[decoder]`, `[http]` and `[scan]`: how packets and the content of flows are looked at.

use super::spec::{Choice, Flag, Number, section};

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

/// Whether TCP checksums are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TcpChecksumMode {
    /// A wrong one counts once the sender has shown a right one: in a capture taken on the sending host,
    /// the NIC has yet to fill them in.
    #[default]
    Auto,
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
        }, reload;
        /// Whether TCP checksums are checked.
        "tcp_checksum" => tcp_checksum: TcpChecksumMode = Choice {
            default: TcpChecksumMode::Auto,
            of: &[("auto", TcpChecksumMode::Auto), ("ignore", TcpChecksumMode::Ignore)],
        }, reload;
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
    /// `[tls]`: TLS sessions of a worker.
    pub struct TlsConfig at "tls" {
        /// Sessions whose records a worker follows.
        "sessions" => sessions: u32 = Number { default: 65_536, min: 16, max: 4_194_304 };
        /// What follows the handshake is not inspected.
        "handshake_only" => handshake_only: bool = Flag(true), reload;
    }
}

section! {
    /// `[scan]`: the keyword scanner of a worker.
    pub struct ScanConfig at "scan" {
        /// Flows with at least one keyword hit that a worker keeps score of.
        "hit_records" => hit_records: u32 = Number { default: 65_536, min: 16, max: 16_777_216 };
    }
}
