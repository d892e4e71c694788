//! Which worker a connection belongs to, as `show steering` and telemetry tell it.

use std::fmt;
use std::net::IpAddr;

use crate::steer::{Reta, SymmetricHash, steering_hash};
use crate::wire::{Headers, TcpHeader, proto};

/// Protocols whose steering differs, or is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Addresses and ports are hashed.
    Tcp,
    /// Addresses and ports are hashed.
    Udp,
    /// Addresses alone are hashed; ICMPv6 when the addresses are IPv6.
    Icmp,
}

impl Protocol {
    const fn number(self, v6: bool) -> u8 {
        match self {
            Self::Tcp => proto::TCP,
            Self::Udp => proto::UDP,
            Self::Icmp if v6 => proto::ICMPV6,
            Self::Icmp => proto::ICMP,
        }
    }
}

/// The packets that are asked about: those of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Sender.
    pub src: IpAddr,
    /// Receiver; of the same family.
    pub dest: IpAddr,
    /// Their ports, source first; 0 where the protocol has none.
    pub ports: (u16, u16),
    /// Protocol.
    pub protocol: Protocol,
}

/// Where they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Toeplitz hash under the symmetric key.
    pub hash: u32,
    /// Entry of the redirection table that the hash selects.
    pub entry: usize,
    /// Entries of the table.
    pub entries: usize,
    /// The worker, which is also the receive queue of ports that steer by RSS.
    pub worker: u16,
}

impl Question {
    /// Reads `SRC SPORT DST DPORT [PROTO]`, `SRC:SPORT DST:DPORT [PROTO]` or
    /// `SRC DST icmp`; an IPv6 address with a port stands in brackets. Without a
    /// protocol it is TCP.
    ///
    /// # Errors
    /// What was found and what was expected, in one line.
    pub fn parse(words: &[&str]) -> Result<Self, String> {
        let (protocol, ends) = match words.split_last() {
            Some((last, before)) => match protocol(last) {
                Some(protocol) => (protocol, before),
                None if matches!(words.len(), 3 | 5) => {
                    return Err(format!("found {last:?}, expected a protocol: tcp, udp or icmp"));
                }
                None => (Protocol::Tcp, words),
            },
            None => (Protocol::Tcp, words),
        };
        let (src, src_port, dest, dest_port) = match ends {
            [src, src_port, dest, dest_port] => (address(src)?, port(src_port)?, address(dest)?, port(dest_port)?),
            [src, dest] if protocol == Protocol::Icmp && src.parse::<IpAddr>().is_ok() => {
                (address(src)?, 0, address(dest)?, 0)
            }
            [src, dest] => {
                let ((src, src_port), (dest, dest_port)) = (end(src)?, end(dest)?);
                (src, src_port, dest, dest_port)
            }
            _ => {
                return Err(format!(
                    "found {} of the words, expected SRC SPORT DST DPORT [PROTO] or SRC:SPORT DST:DPORT [PROTO]",
                    words.len()
                ));
            }
        };
        if src.is_ipv4() != dest.is_ipv4() {
            return Err(format!("found {src} and {dest}, expected two addresses of one family"));
        }
        Ok(Self { src, dest, ports: (src_port, dest_port), protocol })
    }

    /// The packets of the other direction.
    #[must_use]
    pub const fn reversed(&self) -> Self {
        let (src_port, dest_port) = self.ports;
        Self { src: self.dest, dest: self.src, ports: (dest_port, src_port), protocol: self.protocol }
    }

    /// The same rule that workers' packets go through.
    #[must_use]
    pub fn answer(&self, hash: &SymmetricHash, reta: &Reta) -> Answer {
        let hash = steering_hash(hash, &[], &self.headers());
        let entries = reta.size();
        // A table's size is a power of two.
        let entry = usize::try_from(hash).unwrap_or(0) & entries.saturating_sub(1);
        Answer { hash, entry, entries, worker: reta.worker(hash) }
    }

    /// What a whole packet of it would be read as.
    fn headers(&self) -> Headers {
        let v6 = self.src.is_ipv6();
        let (src_port, dest_port) = self.ports;
        Headers {
            src: bytes(self.src),
            dest: bytes(self.dest),
            src_port,
            dest_port,
            proto: self.protocol.number(v6),
            v6,
            ttl: 64,
            mpls: false,
            fragment: false,
            icmp_error: false,
            tunnel: 0,
            stop: None,
            tenant: 0,
            vlan: [0; 2],
            network_at: 0,
            transport_at: 0,
            payload_at: 0,
            payload_len: 0,
            missing_len: 0,
            tcp: TcpHeader::default(),
        }
    }
}

/// `SRC:SPORT -> DST:DPORT proto`.
impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (src_port, dest_port) = self.ports;
        match self.protocol {
            Protocol::Icmp => write!(f, "{} -> {} icmp", self.src, self.dest),
            Protocol::Tcp => write!(f, "{} -> {} tcp", joined(self.src, src_port), joined(self.dest, dest_port)),
            Protocol::Udp => write!(f, "{} -> {} udp", joined(self.src, src_port), joined(self.dest, dest_port)),
        }
    }
}

fn joined(address: IpAddr, port: u16) -> std::net::SocketAddr {
    std::net::SocketAddr::new(address, port)
}

fn protocol(word: &str) -> Option<Protocol> {
    match word.to_ascii_lowercase().as_str() {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        "icmp" | "icmpv6" => Some(Protocol::Icmp),
        _ => None,
    }
}

fn address(word: &str) -> Result<IpAddr, String> {
    let bare = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(word);
    bare.parse().map_err(|_| format!("found {word:?}, expected an IPv4 or IPv6 address"))
}

fn port(word: &str) -> Result<u16, String> {
    word.parse().map_err(|_| format!("found {word:?}, expected a port from 0 to 65535"))
}

/// `ADDRESS:PORT`.
fn end(word: &str) -> Result<(IpAddr, u16), String> {
    word.parse::<std::net::SocketAddr>()
        .map(|end| (end.ip(), end.port()))
        .map_err(|_| format!("found {word:?}, expected ADDRESS:PORT or [IPV6]:PORT"))
}

/// An address as headers hold it: IPv4 in the first four bytes.
fn bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V6(address) => address.octets(),
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str) -> Result<Question, String> {
        Question::parse(&text.split_whitespace().collect::<Vec<_>>())
    }

    #[test]
    fn questions_are_read_in_every_form() {
        let tcp = "10.0.0.1:40000 -> 192.0.2.7:80 tcp";
        let cases = [
            ("10.0.0.1 40000 192.0.2.7 80 tcp", tcp),
            ("10.0.0.1 40000 192.0.2.7 80", tcp),
            ("10.0.0.1:40000 192.0.2.7:80 TCP", tcp),
            ("10.0.0.1:40000 192.0.2.7:80", tcp),
            ("10.0.0.1:53 192.0.2.7:5353 udp", "10.0.0.1:53 -> 192.0.2.7:5353 udp"),
            ("[2001:db8::1]:1 [2001:db8::2]:2 udp", "[2001:db8::1]:1 -> [2001:db8::2]:2 udp"),
            ("2001:db8::1 1 [2001:db8::2] 2 tcp", "[2001:db8::1]:1 -> [2001:db8::2]:2 tcp"),
            ("10.0.0.1 192.0.2.7 icmp", "10.0.0.1 -> 192.0.2.7 icmp"),
            ("10.0.0.1 8 192.0.2.7 0 icmp", "10.0.0.1 -> 192.0.2.7 icmp"),
            ("2001:db8::1 2001:db8::2 icmpv6", "2001:db8::1 -> 2001:db8::2 icmp"),
        ];
        for (text, expected) in cases {
            assert_eq!(ask(text).map(|question| question.to_string()).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes_say_what_was_found_and_expected() {
        let cases = [
            ("", "expected SRC SPORT DST DPORT"),
            ("10.0.0.1", "expected SRC SPORT DST DPORT"),
            ("10.0.0.1:1 10.0.0.2:2 sctp", "found \"sctp\", expected a protocol"),
            ("10.0.0.1 1 10.0.0.2 2 sctp", "found \"sctp\", expected a protocol"),
            ("10.0.0.1 70000 10.0.0.2 2 tcp", "found \"70000\", expected a port"),
            ("10.0.0.256 1 10.0.0.2 2 tcp", "found \"10.0.0.256\", expected an IPv4 or IPv6 address"),
            ("10.0.0.1 10.0.0.2 tcp", "found \"10.0.0.1\", expected ADDRESS:PORT"),
            ("10.0.0.1 1 2001:db8::2 2 tcp", "expected two addresses of one family"),
            ("1 2 3 4 5 6 tcp", "expected SRC SPORT DST DPORT"),
        ];
        for (text, expected) in cases {
            let error = ask(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains('\n'), "{text}: {error}");
        }
    }

    #[test]
    fn both_directions_have_one_answer_and_only_ports_that_count_matter() {
        let (hash, reta) = (SymmetricHash::new(), Reta::new(128, 3).expect("a power of two"));
        for text in ["10.0.0.1:40000 192.0.2.7:80", "[2001:db8::1]:1 [2001:db8::2]:2 udp", "10.0.0.1 10.0.0.2 icmp"] {
            let question = ask(text).expect("a question");
            let answer = question.answer(&hash, &reta);
            assert_eq!(answer, question.reversed().answer(&hash, &reta), "{text}");
            assert_eq!(answer.entries, 128);
            assert_eq!(u32::try_from(answer.entry), Ok(answer.hash & 127));
            assert_eq!(usize::from(answer.worker), answer.entry % 3);
        }
        let by = |text: &str| ask(text).expect("a question").answer(&hash, &reta).hash;
        assert_ne!(by("10.0.0.1 1 10.0.0.2 2 tcp"), by("10.0.0.1 1 10.0.0.2 3 tcp"));
        assert_eq!(by("10.0.0.1 1 10.0.0.2 2 icmp"), by("10.0.0.1 1 10.0.0.2 3 icmp"));
    }
}
