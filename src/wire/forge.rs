//! Packets that the sensor sends itself: TCP resets.
//!
//! Both resets of a killed connection are built from one packet of it, the
//! trigger: its link header (tags included), addresses, ports and numbers say
//! all that a reset must say to be believed (RFC 5961 section 3.2: a reset
//! counts only when its sequence number is exactly the receiver's RCV.NXT).

use super::{Headers, bytes_at, checksum, proto, tcp_flag};

/// Longest forged frame: link header with three VLAN tags, IPv6 and TCP headers.
pub const MAX_FORGED: usize = 128;

const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const TCP_HEADER: usize = 20;
/// Two addresses and a type.
const ETHERNET_HEADER: usize = 14;
/// IEEE 802.1Q.
const VLAN_TAG: usize = 4;
/// Ethernet pads frames to 60 bytes (64 with the frame check sequence).
const MIN_ETHERNET: usize = 60;

/// To whom a reset goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The trigger's receiver; the reset pretends to come from its sender.
    Receiver,
    /// The trigger's sender; the reset pretends to come from its receiver.
    Sender,
}

/// Why a reset cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgeError {
    /// The trigger is not TCP.
    NotTcp,
    /// The trigger is within a tunnel: a reset would have to be wrapped as the tunnel's own end does it.
    Tunnel,
    /// The link header is not Ethernet, is longer than any that is known, or an MPLS stack whose labels for the
    /// other direction are not known.
    Link,
}

/// A forged frame.
#[derive(Clone, Copy, Debug)]
pub struct Forged {
    bytes: [u8; MAX_FORGED],
    len: usize,
}

impl Forged {
    /// The frame, from its Ethernet header.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        if let Some(place) = self.bytes.get_mut(self.len..end) {
            place.copy_from_slice(bytes);
            self.len = end;
        }
    }

    fn patch(&mut self, at: usize, field: [u8; 2]) {
        if let Some(place) = self.bytes.get_mut(at..at.saturating_add(2)) {
            place.copy_from_slice(&field);
        }
    }
}

/// Builds the reset for `target` from a trigger, an Ethernet frame and its headers.
///
/// Towards the receiver the reset continues the trigger: its sequence number is
/// the one after the trigger's last byte (SYN and FIN count one each). Towards
/// the sender it takes the trigger's acknowledgement number, which is exactly
/// what the sender expects next. A trigger without ACK (a SYN) says nothing of
/// the other direction: its receiver gets a reset without ACK, since a host in
/// SYN-RECEIVED ignores one that acknowledges a number it never sent.
///
/// # Errors
/// See [`ForgeError`].
pub fn reset(frame: &[u8], headers: &Headers, target: Target) -> Result<Forged, ForgeError> {
    if headers.proto != proto::TCP || headers.fragment {
        return Err(ForgeError::NotTcp);
    }
    if headers.tunnel != 0 {
        return Err(ForgeError::Tunnel);
    }
    let network_at = usize::try_from(headers.network_at).unwrap_or(usize::MAX);
    let link = frame.get(..network_at).ok_or(ForgeError::Link)?;
    let room = MAX_FORGED.saturating_sub(IPV6_HEADER.saturating_add(TCP_HEADER));
    // Ethernet and its tags are 14 + 4n bytes long; no loopback or cooked header, tagged or not, has such a length.
    let is_ethernet = link.len().checked_sub(ETHERNET_HEADER).is_some_and(|tags_len| tags_len.is_multiple_of(VLAN_TAG));
    if headers.mpls || !is_ethernet || link.len() > room {
        return Err(ForgeError::Link);
    }
    let mac_to = bytes_at::<6>(link, 0).ok_or(ForgeError::Link)?;
    let mac_from = bytes_at::<6>(link, 6).ok_or(ForgeError::Link)?;
    let tags = link.get(12..).ok_or(ForgeError::Link)?;

    let mut forged = Forged { bytes: [0; MAX_FORGED], len: 0 };
    let spoken_len = headers
        .payload_len
        .wrapping_add(headers.missing_len)
        .wrapping_add(u32::from(headers.tcp.flags & tcp_flag::SYN != 0))
        .wrapping_add(u32::from(headers.tcp.flags & tcp_flag::FIN != 0));
    let after_trigger = headers.tcp.seq.wrapping_add(spoken_len);
    let has_ack = headers.tcp.flags & tcp_flag::ACK != 0;
    let (src, dest, ports, seq, ack) = match target {
        Target::Receiver => {
            forged.put(mac_to);
            forged.put(mac_from);
            let ack = has_ack.then_some(headers.tcp.ack);
            (&headers.src, &headers.dest, [headers.src_port, headers.dest_port], after_trigger, ack)
        }
        Target::Sender => {
            forged.put(mac_from);
            forged.put(mac_to);
            // RFC 9293 section 3.10.7.1: a reset in answer to a segment without ACK has sequence number 0 and
            // acknowledges the segment.
            let seq = if has_ack { headers.tcp.ack } else { 0 };
            (&headers.dest, &headers.src, [headers.dest_port, headers.src_port], seq, Some(after_trigger))
        }
    };
    forged.put(tags);
    let (src, dest) = put_ip(&mut forged, headers, src, dest);
    put_tcp(&mut forged, src, dest, ports, seq, ack);
    forged.len = forged.len.max(MIN_ETHERNET);
    Ok(forged)
}

/// Writes the IP header; returns the addresses as its checksum and the pseudo-header take them.
fn put_ip<'a>(forged: &mut Forged, headers: &Headers, src: &'a [u8; 16], dest: &'a [u8; 16]) -> (&'a [u8], &'a [u8]) {
    let at = forged.len;
    if headers.v6 {
        forged.put(&[0x60, 0, 0, 0, 0, 20, proto::TCP, headers.ttl]);
        forged.put(src);
        forged.put(dest);
        return (src, dest);
    }
    let (src, dest) = (src.get(..4).unwrap_or(&[]), dest.get(..4).unwrap_or(&[]));
    // Total length 40, identification 0 with "don't fragment" (RFC 6864 section 4.1 allows any value then).
    forged.put(&[0x45, 0, 0, 40, 0, 0, 0x40, 0, headers.ttl, proto::TCP, 0, 0]);
    forged.put(src);
    forged.put(dest);
    let header = forged.bytes.get(at..at.saturating_add(IPV4_HEADER)).unwrap_or(&[]);
    let sum = checksum::finish(checksum::add(0, header));
    forged.patch(at.saturating_add(10), sum.to_be_bytes());
    (src, dest)
}

/// Writes the TCP header of a reset, which acknowledges `ack` if there is one.
fn put_tcp(forged: &mut Forged, src: &[u8], dest: &[u8], ports: [u16; 2], seq: u32, ack: Option<u32>) {
    let at = forged.len;
    let [src_port, dest_port] = ports;
    forged.put(&src_port.to_be_bytes());
    forged.put(&dest_port.to_be_bytes());
    forged.put(&seq.to_be_bytes());
    forged.put(&ack.unwrap_or(0).to_be_bytes());
    let flags = if ack.is_some() { tcp_flag::RST | tcp_flag::ACK } else { tcp_flag::RST };
    forged.put(&[0x50, flags, 0, 0, 0, 0, 0, 0]);
    let header = forged.bytes.get(at..at.saturating_add(TCP_HEADER)).unwrap_or(&[]);
    let pseudo = checksum::pseudo_header(src, dest, proto::TCP, 20);
    let sum = checksum::finish(checksum::add(pseudo, header));
    forged.patch(at.saturating_add(16), sum.to_be_bytes());
}
