//! Generic Routing Encapsulation (RFC 2784), with key and sequence number (RFC 2890).

use super::{Carried, Dead, Payload, TunnelStop, What};
use crate::wire::{Reject, checksum};

/// Ethernet frames ("transparent Ethernet bridging").
const TRANSPARENT_ETHERNET: u16 = 0x6558;

const CHECKSUM_PRESENT: u16 = 0x8000;
const KEY_PRESENT: u16 = 0x2000;
const SEQUENCE_PRESENT: u16 = 0x1000;
/// RFC 2784 section 2.2: "A receiver MUST discard a packet where any of bits 1-5 are non-zero, unless that receiver
/// implements RFC 1701." Bits 2 and 3 are the key and the sequence number of RFC 2890; 1 is source routing, 4 and 5
/// are strict routes and recursion control.
const RFC_1701: u16 = 0x4c00;
/// The last three bits.
const VERSION: u16 = 0x0007;

/// Reads the GRE header that a packet's payload begins with.
pub(super) fn read(payload: &Payload<'_>) -> Result<Carried, Dead> {
    let truncated = || Dead::Reject(Reject::GreTruncated);
    let [f0, f1, p0, p1] = *payload.bytes::<4>(0).ok_or_else(truncated)?;
    let flags = u16::from_be_bytes([f0, f1]);
    match flags & VERSION {
        0 => {}
        1 => return Err(Dead::Stop(TunnelStop::GrePptp)),
        _ => return Err(Dead::Reject(Reject::GreBadVersion)),
    }
    if flags & RFC_1701 != 0 {
        return Err(Dead::Reject(Reject::GreRouting));
    }
    let mut length = 4_usize;
    if flags & CHECKSUM_PRESENT != 0 {
        payload.bytes::<4>(length).ok_or_else(truncated)?;
        length = length.saturating_add(4);
        // The checksum covers header and payload, so a packet that the capture cut cannot be checked.
        let whole = payload.frame.get(payload.at..).filter(|_| payload.end == payload.frame.len());
        if whole.is_some_and(|bytes| !checksum::is_right(bytes)) {
            return Err(Dead::Reject(Reject::GreBadChecksum));
        }
    }
    let mut tenant = None;
    if flags & KEY_PRESENT != 0 {
        tenant = Some(u32::from_be_bytes(*payload.bytes::<4>(length).ok_or_else(truncated)?));
        length = length.saturating_add(4);
    }
    if flags & SEQUENCE_PRESENT != 0 {
        payload.bytes::<4>(length).ok_or_else(truncated)?;
        length = length.saturating_add(4);
    }
    let what = match u16::from_be_bytes([p0, p1]) {
        TRANSPARENT_ETHERNET => What::Ethernet,
        ethertype => What::EtherType(ethertype),
    };
    Ok(Carried { what, at: payload.at.saturating_add(length), end: payload.end, tenant, doubt: None })
}
