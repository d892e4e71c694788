//! Connections that others have announced, such as FTP's data connections and TFTP's transfers.
//!
//! The connection that announces and the one that is announced may belong to two
//! workers, so all share one table. It is written once for each transfer and read
//! once for each connection that finds its digest in it; both are short copies under
//! the sequence lock of [`AtomicCell`], never a system call.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::atomic::AtomicCell;
use xxhash_rust::const_xxh3::xxh3_64;

use crate::event::{Direction, Tuple};
use crate::proto::ftp::FtpData;
use crate::proto::tftp::Tftp;
use crate::proto::{Endpoint, Expected, Port, Transport};
use crate::wire::proto;

/// Announcements that are remembered; a newer one takes the place of the oldest of those it shares a digest's end with.
const PLACES: usize = 1024;

/// For so long a connection is waited for: vsftpd and others give up after a minute or two.
const PATIENCE_NS: u64 = 120_000_000_000;

/// Below are the ports of services (RFC 6335 section 6), where no transfer is waited for.
const LOWEST_PORT: u16 = 1024;

/// An address and a port; IPv4 addresses stand in the first four bytes.
type End = ([u8; 16], u16);

/// What was announced.
#[derive(Clone, Copy, Debug)]
struct Announced {
    /// Who is connected to.
    to: End,
    /// From which addresses: that which was announced, and that of the connection that announces.
    from: [[u8; 16]; 2],
    until_ns: u64,
    parser: Awaited,
}

/// What reads an announced connection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Awaited {
    /// Over TCP.
    Ftp(FtpData),
    /// Over UDP.
    Tftp(Tftp),
}

/// All announcements of a sensor.
#[derive(Debug)]
pub struct Expectations {
    /// Digests of what is in `places`: most connections find by a look at these that nobody has announced them.
    digests: Box<[AtomicU64]>,
    places: Box<[AtomicCell<Option<Announced>>]>,
}

impl Default for Expectations {
    fn default() -> Self {
        Self {
            digests: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            places: (0..PLACES).map(|_| AtomicCell::new(None)).collect(),
        }
    }
}

impl Expectations {
    /// A connection with these ends announces another.
    pub(super) fn announce(&self, tuple: &Tuple, expected: &Expected<'_>, now_ns: u64) {
        let address = |end: &Endpoint| end.address.map(bytes);
        let client = (&expected.client, tuple.src, tuple.src_port);
        let server = (&expected.server, tuple.dest, tuple.dest_port);
        let (opener, server) = match expected.opener {
            Direction::ToServer => (client, server),
            Direction::ToClient => (server, client),
        };
        let port = match server.0.port {
            Port::Number(port) => port,
            Port::Same => server.2,
            // Who listens has to have said where.
            Port::Any => return,
        };
        // Who announces may be anybody's server or, over UDP, anybody at all: no other service is taken for a transfer.
        if port < LOWEST_PORT {
            return;
        }
        let (protocol, parser) = match expected.transport {
            Transport::Tcp => (proto::TCP, Awaited::Ftp(FtpData::new(expected))),
            Transport::Udp => (proto::UDP, Awaited::Tftp(Tftp::expected(expected))),
        };
        let from = [address(opener.0).unwrap_or(opener.1), opener.1];
        // Behind a translator of addresses, and for clients that trust no announcement, it is the second.
        let to = [address(server.0).unwrap_or(server.1), server.1];
        let until_ns = now_ns.saturating_add(PATIENCE_NS);
        for address in to.iter().take(if to.first() == to.last() { 1 } else { 2 }) {
            let to = (*address, port);
            let (digest, number) = place(protocol, to);
            if let (Some(known), Some(place)) = (self.digests.get(number), self.places.get(number)) {
                place.store(Some(Announced { to, from, until_ns, parser }));
                known.store(digest, Ordering::Release);
            }
        }
    }

    /// What was announced of a connection with these ends, which is the only one: another at the same ends has to be
    /// announced again.
    pub(super) fn take(&self, tuple: &Tuple, now_ns: u64) -> Option<Awaited> {
        let to = (tuple.dest, tuple.dest_port);
        let (digest, number) = place(tuple.proto, to);
        let known = self.digests.get(number)?;
        if known.load(Ordering::Acquire) != digest {
            return None;
        }
        let announced = self.places.get(number)?.load()?;
        let is_it = announced.to == to && announced.from.contains(&tuple.src) && now_ns <= announced.until_ns;
        // A newer announcement may have taken the place in the meantime, which stays.
        (is_it && known.compare_exchange(digest, 0, Ordering::AcqRel, Ordering::Relaxed).is_ok())
            .then_some(announced.parser)
    }
}

/// Digest of an end, and its place.
fn place(protocol: u8, (address, port): End) -> (u64, usize) {
    let [high, low] = port.to_be_bytes();
    let mut bytes = [0; 19];
    let (head, tail) = bytes.split_at_mut(address.len());
    head.copy_from_slice(&address);
    tail.copy_from_slice(&[high, low, protocol]);
    let digest = xxh3_64(&bytes);
    (digest, usize::try_from(digest).unwrap_or(0) % PLACES)
}

fn bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&[a, b, c, d]);
            bytes
        }
        IpAddr::V6(address) => address.octets(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Content;

    fn address(last: u8) -> [u8; 16] {
        bytes(IpAddr::from([192, 0, 2, last]))
    }

    fn tuple(src: u8, dest: (u8, u16)) -> Tuple {
        Tuple {
            src: address(src),
            dest: address(dest.0),
            src_port: 40_000,
            dest_port: dest.1,
            proto: proto::TCP,
            v6: false,
        }
    }

    /// The client, 192.0.2.1, is told to connect to 192.0.2.9, port 5000; the server is 192.0.2.2.
    fn passive() -> Expected<'static> {
        Expected {
            transport: Transport::Tcp,
            opener: Direction::ToServer,
            client: Endpoint::default(),
            server: Endpoint { address: Some(IpAddr::from([192, 0, 2, 9])), port: Port::Number(5000) },
            direction: None,
            content: Content::Unknown,
            label: "ftp/file",
            command: "RETR",
            codings: b"",
        }
    }

    #[test]
    fn a_connection_is_found_by_its_ends() {
        let expectations = Expectations::default();
        let cases = [
            (tuple(1, (9, 5000)), 1000, true, "as announced"),
            (tuple(1, (2, 5000)), 1000, true, "to the server itself"),
            (tuple(1, (9, 5001)), 1000, false, "another port"),
            (tuple(3, (9, 5000)), 1000, false, "another client"),
            (tuple(1, (3, 5000)), 1000, false, "another server"),
            (tuple(1, (9, 5000)), 1001 + PATIENCE_NS, false, "too late"),
            (Tuple { proto: proto::UDP, ..tuple(1, (9, 5000)) }, 1000, false, "UDP"),
        ];
        for (tuple, now_ns, found, case) in cases {
            expectations.announce(&self::tuple(1, (2, 21)), &passive(), 1000);
            assert_eq!(expectations.take(&tuple, now_ns).is_some(), found, "{case}");
        }
        expectations.announce(&tuple(1, (2, 21)), &passive(), 1000);
        assert!(expectations.take(&tuple(1, (9, 5000)), 1000).is_some(), "the first");
        assert!(expectations.take(&tuple(1, (9, 5000)), 1000).is_none(), "the second was not announced");
        let active = Expected {
            opener: Direction::ToClient,
            client: Endpoint { address: None, port: Port::Number(6000) },
            server: Endpoint::default(),
            ..passive()
        };
        expectations.announce(&tuple(1, (2, 21)), &active, 1000);
        assert!(expectations.take(&tuple(2, (1, 6000)), 1000).is_some(), "the server opens it");
        assert!(expectations.take(&tuple(1, (2, 6000)), 1000).is_none(), "not the client");
        let nothing = Expected { server: Endpoint::default(), ..passive() };
        expectations.announce(&tuple(1, (2, 21)), &nothing, 1000);
        let service = Expected { server: Endpoint { address: None, port: Port::Number(443) }, ..passive() };
        expectations.announce(&tuple(1, (2, 21)), &service, 1000);
        assert!(expectations.take(&tuple(1, (2, 443)), 1000).is_none(), "another service");
        // TFTP's server answers from a port of its own.
        let client = Endpoint { address: None, port: Port::Same };
        let udp = Expected { transport: Transport::Udp, client, ..active };
        let asked = Tuple { proto: proto::UDP, ..tuple(1, (7, 69)) };
        expectations.announce(&asked, &udp, 1000);
        let answer = Tuple { src_port: 1069, proto: proto::UDP, ..tuple(7, (1, 40_000)) };
        assert!(matches!(expectations.take(&answer, 1000), Some(Awaited::Tftp(_))), "the server answers");
        for (tuple, case) in [
            (Tuple { proto: proto::TCP, ..answer }, "over TCP"),
            (Tuple { dest_port: 40_001, ..answer }, "to another port"),
            (Tuple { src: address(8), ..answer }, "another server"),
        ] {
            expectations.announce(&asked, &udp, 1000);
            assert!(expectations.take(&tuple, 1000).is_none(), "{case}");
        }
    }
}
