//! The events themselves: plain `Copy` values of fixed size, no pointers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::reasons::reasons;
use super::record::Layout;

/// Most keywords one alert names; the rest are only counted in [`AlertEvent::more_hits`].
pub const MAX_ALERT_HITS: usize = 16;

/// Which way a packet of a flow travels. The client is who sent the first packet
/// (for TCP: who sent the SYN, where it was seen).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Direction {
    /// Client to server.
    ToServer = 0,
    /// Server to client.
    ToClient = 1,
}

impl Direction {
    /// The opposite direction.
    #[must_use]
    pub const fn flip(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }

    /// 0 for to-server, 1 for to-client.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// EVE's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToServer => "to_server",
            Self::ToClient => "to_client",
        }
    }
}

/// Addresses, ports and protocol of a flow, client first.
///
/// IPv4 addresses stand in the first four bytes; the rest is zero. ICMP carries
/// its type in `src_port` and its code in `dest_port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tuple {
    /// Client address, network order.
    pub src: [u8; 16],
    /// Server address, network order.
    pub dest: [u8; 16],
    /// Client port (ICMP: type).
    pub src_port: u16,
    /// Server port (ICMP: code).
    pub dest_port: u16,
    /// IP protocol number.
    pub proto: u8,
    /// True for IPv6.
    pub v6: bool,
}

impl Tuple {
    /// The client's address.
    #[must_use]
    pub fn src_ip(&self) -> IpAddr {
        ip(self.src, self.v6)
    }

    /// The server's address.
    #[must_use]
    pub fn dest_ip(&self) -> IpAddr {
        ip(self.dest, self.v6)
    }
}

fn ip(bytes: [u8; 16], v6: bool) -> IpAddr {
    if v6 {
        return IpAddr::V6(Ipv6Addr::from(bytes));
    }
    let [a, b, c, d, ..] = bytes;
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

reasons! {
    /// Application protocol of a flow, as EVE's `app_proto` names it.
    #[derive(Default)]
    pub enum AppProto {
        /// Not decided: too little was seen.
        #[default]
        Unknown => "unknown",
        /// Looked at, and none that is known.
        Failed => "failed",
        /// HTTP/1.0 or HTTP/1.1.
        Http => "http",
        /// TLS, any version.
        Tls => "tls",
        /// SMTP and ESMTP.
        Smtp => "smtp",
        /// SSH.
        Ssh => "ssh",
        /// DNS over UDP.
        Dns => "dns_udp",
        /// DNS over TCP.
        DnsTcp => "dns_tcp",
        /// QUIC.
        Quic => "quic",
        /// HTTP/2 in clear text.
        Http2 => "http2",
        /// IMAP4.
        Imap => "imap",
        /// TFTP.
        Tftp => "tftp",
        /// POP3.
        Pop3 => "pop3",
        /// SMB 2 and 3.
        Smb => "smb",
        /// NFS over TCP.
        Nfs => "nfs_tcp",
        /// NFS over UDP.
        NfsUdp => "nfs_udp",
        /// A control connection of FTP.
        Ftp => "ftp",
        /// A data connection of FTP.
        FtpData => "ftp-data",
    }
    /// Its name.
    pub fn word => "";
    /// The counter of flows that speak it.
    pub fn counter => "app_layer.flow.";
    /// The gauge of flows that are followed.
    pub fn gauge => "app_layer.active.";
}

/// How many there are, those that are none among them.
pub const APP_PROTO_COUNT: usize = AppProto::ALL.len();

impl AppProto {
    /// EVE's value for `app_proto`; `None` where EVE leaves the field out.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::Dns | Self::DnsTcp => Some("dns"),
            Self::Nfs | Self::NfsUdp => Some("nfs"),
            _ => Some(self.word()),
        }
    }

    /// Whether it is one whose parser there is.
    #[must_use]
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Unknown | Self::Failed)
    }
}

/// What every event of a flow begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowHead {
    /// When it happened, nanoseconds since the epoch.
    pub timestamp_ns: u64,
    /// When the flow's first packet was seen, nanoseconds since the epoch. With
    /// the tuple it makes the `flow_id`, which so is the same in every replay.
    pub start_ns: u64,
    /// Who speaks with whom, client first.
    pub tuple: Tuple,
    /// VLAN ids from the outside in; 0 where there is none.
    pub vlan: [u16; 2],
    /// Index of the interface that the flow's first packet came from.
    pub iface: u16,
    /// Application protocol, as far as known now.
    pub app_proto: AppProto,
}

/// EVE's `flow.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowState {
    /// Packets of one side only (TCP: handshake not complete).
    New,
    /// Both sides were seen.
    Established,
    /// TCP: closed by FINs or a RST.
    Closed,
}

impl FlowState {
    /// EVE's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Established => "established",
            Self::Closed => "closed",
        }
    }
}

/// EVE's `flow.reason`: why a flow's record was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Idle for longer than its state allows, or closed and its linger time over.
    Timeout,
    /// The table was full and its place was needed.
    Forced,
    /// TCP: a new connection uses the same ports.
    TcpReuse,
    /// The capture ended or the sensor was stopped.
    Shutdown,
}

impl EndReason {
    /// EVE's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Forced => "forced",
            Self::TcpReuse => "tcp_reuse",
            Self::Shutdown => "shutdown",
        }
    }
}

/// The TCP side of a flow's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpSummary {
    /// Union of the flags that the client sent.
    pub flags_to_server: u8,
    /// Union of the flags that the server sent.
    pub flags_to_client: u8,
    /// Bytes that were never seen, by direction: what `Gap`s covered.
    pub gap_bytes: [u64; 2],
}

/// A flow has ended: EVE `flow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowEvent {
    /// The common head.
    pub head: FlowHead,
    /// When its last packet was seen, nanoseconds since the epoch.
    pub end_ns: u64,
    /// Packets, by direction ([`Direction::index`]).
    pub packets: [u64; 2],
    /// Bytes on the wire from the first link header byte, by direction.
    pub bytes: [u64; 2],
    /// State at the end.
    pub state: FlowState,
    /// Why it ended.
    pub reason: EndReason,
    /// An alert was raised on it.
    pub alerted: bool,
    /// A reset was sent for it.
    pub blocked: bool,
    /// Present for TCP.
    pub tcp: Option<TcpSummary>,
}

/// Which part of the flow's content a keyword stood in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The payload as it is (TCP stream or UDP datagrams), or lines of a protocol: a path that is known beforehand, such
    /// as `stream` or `http/header`.
    Part(&'static str),
    /// Something within an object, decoded or not: the path is the event's text, so many bytes of UTF-8.
    Object(u16),
}

impl Location {
    /// The payload as it is.
    pub const STREAM: Self = Self::Part("stream");
}

/// One keyword's part in an alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertHit {
    /// Index of the keyword within its dictionary, in file order.
    pub keyword: u32,
    /// How often it was seen on this flow until the alert.
    pub count: u32,
}

/// A dictionary's score reached its threshold: EVE `alert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    /// Number of the configuration that `dictionary` counts in.
    pub configuration: u32,
    /// The common head.
    pub head: FlowHead,
    /// Index of the dictionary in the configuration.
    pub dictionary: u16,
    /// Where the score crossed the threshold.
    pub direction: Direction,
    /// In which content.
    pub location: Location,
    /// Offset just past the last byte of the deciding keyword, within that content
    /// (HTTP: of that message's headers or decoded body; otherwise the direction's stream).
    pub offset: u64,
    /// The score, in the dictionary's weight units.
    pub score: u32,
    /// A reset was sent to both sides.
    pub blocked: bool,
    /// Keywords seen, most weighty first; `hit_count` of them are valid.
    pub hits: [AlertHit; MAX_ALERT_HITS],
    /// Valid entries of `hits`.
    pub hit_count: u8,
    /// Distinct keywords seen besides those in `hits`.
    pub more_hits: u32,
    /// Packets of the flow until then, by direction.
    pub packets: [u64; 2],
    /// Bytes of the flow until then, by direction.
    pub bytes: [u64; 2],
}

/// Who found something odd: EVE's `anomaly.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// The headers of a packet, or its fragments.
    Decode,
    /// The TCP stream.
    Stream,
    /// An application protocol.
    AppLayer,
}

impl Layer {
    /// EVE's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Stream => "stream",
            Self::AppLayer => "applayer",
        }
    }
}

/// Which of two versions of the same bytes goes on to be inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kept {
    /// What was seen first.
    First,
    /// What was seen later.
    Later,
    /// Neither: the packet that they belong to is thrown away.
    Neither,
}

impl Kept {
    /// Its name in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Later => "later",
            Self::Neither => "neither",
        }
    }

    /// The later version where it wins, the first where it does not.
    #[must_use]
    pub const fn by(later_wins: bool) -> Self {
        if later_wins { Self::Later } else { Self::First }
    }
}

/// Two versions of the same bytes, as an overlap shows them: XXH3-64 of each, seed 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Versions {
    /// Where they lie: offset of their first byte in the stream, or in the packet's payload.
    pub offset: u64,
    /// How many bytes.
    pub length: u32,
    /// Digest of the version that was seen first.
    pub first: u64,
    /// Digest of the version that was seen later.
    pub later: u64,
    /// Which of them counts.
    pub kept: Kept,
}

/// Something that an ordinary peer does not do: EVE `anomaly`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnomalyEvent {
    /// The common head. For a packet that belongs to no flow, its own tuple, ports 0 where they are not known.
    pub head: FlowHead,
    /// The head is a flow's, and so has a `flow_id`.
    pub of_flow: bool,
    /// Who sent it.
    pub direction: Direction,
    /// Who found it.
    pub layer: Layer,
    /// Its name, Suricata's where it has one; every name is listed in `docs/events.md`.
    pub event: &'static str,
    /// Present when bytes came in two versions.
    pub versions: Option<Versions>,
    /// Bytes of the path to the object that it is about, which is the event's text.
    pub path: u16,
}

/// A transaction of an application protocol is over: an EVE event of the protocol's own type. Its fields are the event's
/// text, see [`record`](super::record).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordEvent {
    /// The common head.
    pub head: FlowHead,
    /// Who sent the bytes that ended it.
    pub direction: Direction,
    /// What its fields are called.
    pub layout: &'static Layout,
    /// Which one of the flow it is, from 0.
    pub tx_id: u32,
    /// Bytes of its fields.
    pub length: u16,
}

/// A file has passed: EVE `fileinfo`. Its name, its path, then the media type that it is said to be of are the event's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileEvent {
    /// The common head.
    pub head: FlowHead,
    /// Which way it went.
    pub direction: Direction,
    /// The media type that its first bytes say.
    pub kind: &'static str,
    /// Its bytes, those that were not seen too.
    pub size: u64,
    /// Where it begins in the file that it is a part of.
    pub start: u64,
    /// Where the object that carries it begins in the stream of its direction. Absent where it was put together from parts.
    pub offset: Option<u64>,
    /// SHA-256 of the bytes that were seen; absent where it was not asked for.
    pub sha256: Option<[u8; 32]>,
    /// Bytes of it were never seen.
    pub gaps: bool,
    /// It was seen whole, from its first byte to its last.
    pub complete: bool,
    /// It goes into the directory of files, under its digest.
    pub stored: bool,
    /// How many transactions of the flow were over before.
    pub tx_id: u32,
    /// Bytes of its name, of its path, and of the media type that it is said to be of.
    pub lengths: [u16; 3],
}

/// What a worker sends to the event thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // fixed size by design: the ring holds values, not pointers
pub enum Event {
    /// A flow has ended.
    Flow(FlowEvent),
    /// A dictionary's score reached its threshold.
    Alert(AlertEvent),
    /// Something that an ordinary peer does not do.
    Anomaly(AnomalyEvent),
    /// A transaction of an application protocol is over.
    Record(RecordEvent),
    /// A file has passed.
    File(FileEvent),
}

impl Event {
    /// Bytes of text that go with it.
    #[must_use]
    pub fn text_length(&self) -> usize {
        match self {
            Self::Flow(_) => 0,
            Self::Anomaly(anomaly) => usize::from(anomaly.path),
            Self::Alert(alert) => match alert.location {
                Location::Part(_) => 0,
                Location::Object(length) => usize::from(length),
            },
            Self::Record(record) => usize::from(record.length),
            Self::File(file) => file.lengths.into_iter().map(usize::from).sum(),
        }
    }
}
