//! What tshark says about each packet of a capture, and the class that follows from it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use super::dissectors;

/// What is asked for, a column each. A field that occurs more than once is a list, outermost first.
const FIELDS: [&str; 28] = [
    "frame.number",
    "frame.protocols",
    "frame.encap_type",
    "frame.len",
    "frame.time_epoch",
    "vlan.id",
    "ieee8021ad.id",
    "ip.src",
    "ip.dst",
    "ip.len",
    "ip.hdr_len",
    "ip.flags.mf",
    "ip.frag_offset",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.fraghdr.offset",
    "ipv6.fraghdr.more",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.hdr_len",
    "tcp.flags",
    "tcp.stream",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
    "udp.stream",
    "eth.type",
    "_ws.expert.message",
];

/// Each packet for itself, and no checksum: that is how tidegate's decoder counts, too.
const PREFERENCES: [&str; 6] = [
    "ip.defragment:FALSE",
    "ipv6.defragment:FALSE",
    "tcp.desegment_tcp_streams:FALSE",
    "ip.check_checksum:FALSE",
    "tcp.check_checksum:FALSE",
    "udp.check_checksum:FALSE",
];

/// What makes packets one flow: both ends in order, the protocol, and the VLAN ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tuple {
    pub(crate) proto: &'static str,
    pub(crate) vlan: Vec<u64>,
    pub(crate) ends: [(IpAddr, u16); 2],
}

impl Tuple {
    pub(crate) fn new(proto: &'static str, vlan: Vec<u64>, mut ends: [(IpAddr, u16); 2]) -> Self {
        ends.sort_unstable();
        Self { proto, vlan, ends }
    }
}

/// One packet as tshark sees it.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) number: u64,
    pub(crate) time_us: u64,
    pub(crate) len: u64,
    /// The counter under `decoder` that has to count it.
    pub(crate) class: &'static str,
    /// For the classes `tcp` and `udp`.
    pub(crate) tuple: Option<Tuple>,
    /// A SYN without ACK.
    pub(crate) opens: bool,
    /// tshark takes an address from an IPv6 extension header: a routing header's last, a home address option's.
    pub(crate) other_address: bool,
    /// tshark's numbers of the TCP streams and the UDP streams that it sees in the packet, outermost first.
    pub(crate) streams: [Vec<u32>; 2],
}

/// One line of tshark's answer.
struct Line<'a> {
    values: HashMap<&'static str, &'a str>,
    layers: Vec<&'a str>,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        let values: HashMap<_, _> = FIELDS.iter().copied().zip(line.split('\t')).collect();
        assert_eq!(values.len(), FIELDS.len(), "tshark said {line:?}");
        Self { layers: values["frame.protocols"].split(':').collect(), values }
    }

    fn all(&self, field: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.values[field].split(',').filter(|value| !value.is_empty())
    }

    fn numbers(&self, field: &str) -> Vec<u64> {
        self.all(field).map(|value| value.parse().unwrap()).collect()
    }

    /// The outermost occurrence.
    fn number(&self, field: &str) -> Option<u64> {
        self.numbers(field).first().copied()
    }

    fn says(&self, expert_message: &str) -> bool {
        self.values["_ws.expert.message"].contains(expert_message)
    }

    fn end(&self, address: &str, port: &str) -> (IpAddr, u16) {
        let address = self.all(address).next().unwrap().parse().unwrap();
        (address, u16::try_from(self.number(port).unwrap()).unwrap())
    }

    fn streams(&self) -> [Vec<u32>; 2] {
        ["tcp.stream", "udp.stream"].map(|field| self.all(field).map(|value| value.parse().unwrap()).collect())
    }

    /// VLAN ids outside of the network layer, which is layer `network`. An id of 0 is a priority tag and
    /// names no VLAN (IEEE 802.1Q); the key has room for two.
    fn vlan(&self, network: usize) -> Vec<u64> {
        let mut inner = self.all("vlan.id");
        let mut outer = self.all("ieee8021ad.id");
        let ids = self.layers[..network].iter().filter_map(|layer| match *layer {
            "vlan" => inner.next(),
            "ieee8021ad" => outer.next(),
            _ => None,
        });
        let mut ids: Vec<_> = ids.take(2).map(|id| id.parse().unwrap()).collect();
        while ids.last() == Some(&0) {
            ids.pop();
        }
        ids
    }

    /// Bytes before the network layer.
    fn network_offset(&self, network: usize) -> u64 {
        let link = match self.layers[0] {
            "eth" => 14,
            "raw" => 0,
            "null" | "loop" => 4,
            // Wireshark's numbers of encapsulations, wiretap/wtap.h: 25 is SLL, 210 is SLL2.
            "sll" if self.values["frame.encap_type"] == "25" => 16,
            "sll" => 20,
            other => panic!("a link layer that the test does not know: {other}"),
        };
        let labels = self.layers[..network].iter().filter(|layer| matches!(**layer, "vlan" | "ieee8021ad" | "mpls"));
        link + 4 * u64::try_from(labels.count()).unwrap()
    }
}

/// Names the counter, and for TCP and UDP the tuple, from what tshark says.
fn classify(line: &Line<'_>) -> (&'static str, Option<Tuple>) {
    let below = ["eth", "sll", "null", "loop", "raw", "ethertype", "vlan", "ieee8021ad", "mpls"];
    let network = line.layers.iter().position(|layer| !below.contains(layer)).unwrap_or(line.layers.len());
    let (name, after) = line.layers.get(network..).and_then(<[_]>::split_first).unwrap_or((&"", &[]));
    let header_len = match *name {
        "ip" => {
            if line.says("Bogus IPv4 version") {
                return ("reject.ipv4_bad_version", None);
            }
            if line.says("Bogus IP header length") {
                return ("reject.ipv4_bad_ihl", None);
            }
            if line.says("Bogus IP length") {
                return ("reject.ipv4_bad_total_length", None);
            }
            let (total, header_len) = (line.number("ip.len").unwrap(), line.number("ip.hdr_len").unwrap());
            if line.network_offset(network) + total > line.number("frame.len").unwrap() {
                return ("reject.ipv4_length_beyond_frame", None);
            }
            if header_len > 20 && line.says("option goes past end of options") {
                return ("reject.ipv4_bad_option", None);
            }
            if line.number("ip.flags.mf") == Some(1) || line.number("ip.frag_offset") != Some(0) {
                return ("fragment", None);
            }
            Some(header_len)
        }
        "ipv6" => {
            // An atomic fragment (RFC 6946), offset 0 and no more to come, is a whole packet.
            if line.number("ipv6.fraghdr.offset").is_some_and(|offset| offset != 0)
                || line.number("ipv6.fraghdr.more") == Some(1)
            {
                return ("fragment", None);
            }
            None
        }
        _ if line.values["eth.type"].ends_with("86dd") && line.says("Bogus IPv6 version") => {
            return ("reject.ipv6_bad_version", None);
        }
        _ => return ("reject.not_ip", None),
    };
    let between = ["ipv6.hopopts", "ipv6.routing", "ipv6.dstopts", "ipv6.fraghdr", "ah"];
    let extension = |layer: &&&str| header_len.is_none() && between.contains(*layer);
    let extensions = after.iter().take_while(extension).count();
    let transport = after.get(extensions).copied().unwrap_or("");
    // Bytes that an IPv4 packet has for its transport header and payload. For IPv6, tshark's own checks are enough.
    let room = header_len.map_or(u64::MAX, |header_len| line.number("ip.len").unwrap() - header_len);
    let tuple = |proto, [src, dest]: [&str; 2]| {
        let addresses = if header_len.is_some() { ["ip.src", "ip.dst"] } else { ["ipv6.src", "ipv6.dst"] };
        let ends = [line.end(addresses[0], src), line.end(addresses[1], dest)];
        Some(Tuple::new(proto, line.vlan(network), ends))
    };
    match transport {
        "tcp" => match line.number("tcp.hdr_len") {
            None => ("reject.tcp_truncated", None),
            Some(length) if length > room => ("reject.tcp_offset_beyond_segment", None),
            Some(_) => ("tcp", tuple("TCP", ["tcp.srcport", "tcp.dstport"])),
        },
        "udp" => match line.number("udp.length") {
            Some(length) if length != 0 && (length < 8 || length > room) => ("reject.udp_bad_length", None),
            _ => ("udp", tuple("UDP", ["udp.srcport", "udp.dstport"])),
        },
        "icmp" | "icmpv6" => ("icmp", None),
        _ => ("other", None),
    }
}

fn packet(line: &str) -> Packet {
    let line = Line::new(line);
    let (seconds, fraction) = line.values["frame.time_epoch"].split_once('.').unwrap();
    let (class, tuple) = classify(&line);
    let flags = line.all("tcp.flags").next().map_or(0, |flags| u32::from_str_radix(&flags[2..], 16).unwrap());
    Packet {
        number: line.number("frame.number").unwrap(),
        time_us: seconds.parse::<u64>().unwrap() * 1_000_000 + fraction[..6].parse::<u64>().unwrap(),
        len: line.number("frame.len").unwrap(),
        class,
        tuple,
        opens: flags & 0x12 == 0x02,
        other_address: line.layers.iter().any(|layer| ["ipv6.routing", "ipv6.dstopts"].contains(layer)),
        streams: line.streams(),
    }
}

/// All packets of a file as tshark sees them; `None` when there is no tshark.
pub(crate) fn read(file: &Path) -> Option<Vec<Packet>> {
    let profile = dissectors::headers_only()?;
    let mut tshark = Command::new("tshark");
    tshark.env("WIRESHARK_CONFIG_DIR", profile.path()).args(["-n", "-T", "fields", "-E", "occurrence=a"]);
    for preference in PREFERENCES {
        tshark.args(["-o", preference]);
    }
    for field in FIELDS {
        tshark.args(["-e", field]);
    }
    let output = tshark.arg("-r").arg(file).output().unwrap();
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().lines().map(packet).collect())
}
