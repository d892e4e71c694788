//! tcpflow's names: `%A.%a-%B.%b%V%v%C%c`, its default template.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};

use crate::event::{Direction, FlowHead};

/// The name of the file for what went in `direction`, sender first, before a counter is put behind it:
/// `192.168.001.010.00080-010.000.000.001.40000`, with `--7` behind it in VLAN 7. Of stacked tags it is the outer one.
pub(super) fn of(head: &FlowHead, direction: Direction) -> String {
    let tuple = &head.tuple;
    let client = (tuple.src_ip(), tuple.src_port);
    let server = (tuple.dest_ip(), tuple.dest_port);
    let (from, to) = match direction {
        Direction::ToServer => (client, server),
        Direction::ToClient => (server, client),
    };
    let mut name = String::with_capacity(64);
    end(&mut name, from);
    name.push('-');
    end(&mut name, to);
    let [outer, _] = head.vlan;
    if outer != 0 {
        // Writing to a string cannot fail.
        let _ = write!(name, "--{outer}");
    }
    name
}

/// What tcpflow puts behind the name of the `count`th connection (from 0) that would have the same.
pub(super) fn counted(name: &str, count: u32) -> String {
    if count == 0 { name.to_owned() } else { format!("{name}c{count}") }
}

fn end(name: &mut String, (address, port): (IpAddr, u16)) {
    let _ = match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            write!(name, "{a:03}.{b:03}.{c:03}.{d:03}.{port:05}")
        }
        IpAddr::V6(address) => match embedded(address) {
            Some([a, b, c, d]) => write!(name, "::{a}.{b}.{c}.{d}.{port:05}"),
            None => write!(name, "{address}.{port:05}"),
        },
    };
}

/// The last four bytes of an IPv4-compatible address (RFC 4291 section 2.5.5.1), which `inet_ntop` writes as an IPv4
/// address. Rust's `Display` does so only for IPv4-mapped ones.
fn embedded(address: Ipv6Addr) -> Option<[u8; 4]> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    if [a, b, c, d, e, f] != [0; 6] || g == 0 {
        return None;
    }
    let ([g0, g1], [h0, h1]) = (g.to_be_bytes(), h.to_be_bytes());
    Some([g0, g1, h0, h1])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail loudly
mod tests {
    use super::*;
    use crate::event::{AppProto, Tuple};

    fn head(src: &str, dest: &str, vlan: [u16; 2]) -> FlowHead {
        let bytes = |text: &str| match text.parse().unwrap() {
            IpAddr::V4(address) => {
                let mut bytes = [0; 16];
                bytes.split_first_chunk_mut::<4>().unwrap().0.copy_from_slice(&address.octets());
                bytes
            }
            IpAddr::V6(address) => address.octets(),
        };
        let (src_port, dest_port) = (40_000, 80);
        let tuple = Tuple { src: bytes(src), dest: bytes(dest), src_port, dest_port, proto: 6, v6: src.contains(':') };
        FlowHead { timestamp_ns: 0, start_ns: 0, tuple, vlan, iface: 0, app_proto: AppProto::Unknown }
    }

    #[test]
    fn names_are_those_of_tcpflow() {
        let cases = [
            ("10.0.0.1", "192.168.1.10", [0, 0], Direction::ToServer, "010.000.000.001.40000-192.168.001.010.00080"),
            ("10.0.0.1", "192.168.1.10", [0, 0], Direction::ToClient, "192.168.001.010.00080-010.000.000.001.40000"),
            ("fd77::2", "fd77::1", [0, 0], Direction::ToServer, "fd77::2.40000-fd77::1.00080"),
            ("10.0.0.1", "10.0.0.2", [77, 5], Direction::ToServer, "010.000.000.001.40000-010.000.000.002.00080--77"),
            ("::1", "::ffff:1.2.3.4", [0, 0], Direction::ToServer, "::1.40000-::ffff:1.2.3.4.00080"),
            ("::1.2.3.4", "::2:0", [0, 0], Direction::ToServer, "::1.2.3.4.40000-::0.2.0.0.00080"),
        ];
        for (src, dest, vlan, direction, expected) in cases {
            assert_eq!(of(&head(src, dest, vlan), direction), expected);
        }
        assert_eq!([counted("a--7", 0), counted("a--7", 1), counted("a", 12)], ["a--7", "a--7c1", "ac12"]);
    }
}
