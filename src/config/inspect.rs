//! `[decoder]`, `[sessions]`, `[decode]`, `[tls]` and `[scan]`: how packets and the content of flows are looked at.

use super::spec::{Choice, Flag, Number, Size, Time, section};
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

/// Connections of one protocol that a worker follows.
const fn sessions(default: u32) -> Number<u32> {
    Number { default, min: 1, max: 4_194_304 }
}

section! {
    /// `[sessions]`: how many connections of each protocol a worker follows at the same time.
    pub struct SessionsConfig at "sessions" {
        /// Connections that have not yet said what they speak.
        "undecided" => undecided: u32 = sessions(4096);
        /// HTTP/1.
        "http" => http: u32 = sessions(16_384);
        /// TLS.
        "tls" => tls: u32 = sessions(16_384);
        /// HTTP/2 connections in clear text.
        "http2" => http2: u32 = sessions(1024);
        /// SSH connections.
        "ssh" => ssh: u32 = sessions(4096);
        /// DNS over UDP.
        "dns" => dns: u32 = sessions(16_384);
        /// DNS over TCP.
        "dns_tcp" => dns_tcp: u32 = sessions(1024);
        /// QUIC connections.
        "quic" => quic: u32 = sessions(4096);
        /// IMAP4 sessions.
        "imap" => imap: u32 = sessions(2048);
        /// TFTP transfers.
        "tftp" => tftp: u32 = sessions(1024);
        /// SMTP.
        "smtp" => smtp: u32 = sessions(2048);
        /// POP3.
        "pop3" => pop3: u32 = sessions(2048);
        /// SMB 2 and 3.
        "smb" => smb: u32 = sessions(1024);
        /// NFS over TCP.
        "nfs" => nfs: u32 = sessions(256);
        /// NFS over UDP.
        "nfs_udp" => nfs_udp: u32 = sessions(64);
        /// Control connections of FTP.
        "ftp" => ftp: u32 = sessions(2048);
        /// Connections that others have announced.
        "expected" => expected: u32 = sessions(2048);
    }
}

section! {
    /// `[decode]`: objects that a worker looks into.
    pub struct DecodeConfig at "decode" {
        /// Objects of all flows at the same time.
        "objects" => objects: u16 = Number { default: 2048, min: 1, max: 65_534 };
        /// Objects of one flow at the same time.
        "pending" => pending: u16 = Number { default: 100, min: 1, max: 65_534 };
        /// An object that has been silent for so long gives its decoder up to others that need it.
        "stalled" => stalled_ns: u64 = Time { default: 5 * SECOND, min: 100 * MILLIS, max: 10 * MINUTE, or_zero: false };
        /// Wrappings around each other.
        "depth" => depth: u16 = Number { default: 16, min: 0, max: 64 };
        /// Parts of one container.
        "children" => children: u32 = Number { default: 10_000, min: 1, max: u32::MAX };
        /// Bytes that come out of one object.
        "output" => output: u64 = Size { default: 1 << 30, min: 1 << 10, max: 1 << 40, step: 1 };
        /// How many times as long as it came an object may become.
        "ratio" => ratio: u64 = Number { default: 1000, min: 1, max: 1_u64 << 40 };
        /// Objects of one format that are decoded at the same time.
        "decoders" => decoders: u32 = Number { default: 256, min: 4, max: 65_536 };
        /// Bytes that the decoders of one format may hold.
        "decoder_memory" => decoder_memory: u64 = Size { default: 128 << 20, min: 1 << 20, max: 1 << 40, step: 1 };
        /// Sum files up.
        "sha256" => sha256: bool = Flag(true);
        /// Bytes of files in the directory of `--extract`.
        "extract_quota" => extract_quota: u64 = Size { default: 10 << 30, min: 0, max: 1 << 40, step: 1 };
        /// Bytes of them that wait to be written, for each worker.
        "extract_buffer" => extract_buffer: u64 = Size { default: 4 << 20, min: 64 << 10, max: 1 << 34, step: 1 };
    }
}

section! {
    /// `[ranges]`: files that a worker puts together from parts.
    pub struct RangesConfig at "ranges" {
        /// Files at the same time.
        "files" => files: u16 = Number { default: 256, min: 0, max: 4096 };
        /// Bytes of memory for what comes before what is in front of it.
        "buffer" => buffer: u64 = Size { default: 8 << 20, min: 0, max: 1 << 36, step: 1 };
        /// A file is over when nothing was added to it for so long.
        "idle" => idle_ns: u64 = Time {
            default: 10_000_000_000,
            min: 1_000_000,
            max: 3_600_000_000_000,
            or_zero: false,
        };
        /// Bytes of memory for what is on its way to other workers.
        "exchange" => exchange: u64 = Size { default: 1 << 20, min: 16 << 10, max: 1 << 34, step: 1 };
    }
}

section! {
    /// `[tls]`: how TLS sessions are looked at.
    pub struct TlsConfig at "tls" {
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
