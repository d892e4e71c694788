//! GTP-U (3GPP TS 29.281): the user plane of mobile networks.

use super::{Carried, Payload, TunnelStop, What};

/// Table 6.1-1: a message that carries a user's packet.
const G_PDU: u8 = 255;
/// Version 1, protocol type GTP (not GTP').
const VERSION_AND_TYPE: u8 = 0x30;
/// Extension header, sequence number and N-PDU number flags: any of them brings all three fields.
const OPTIONAL: u8 = 0x07;
const EXTENSION: u8 = 0x04;
/// Most extension headers of a message; those that are defined may each be there once.
const MAX_EXTENSIONS: usize = 8;

/// Reads the GTP-U header that a datagram's payload begins with (section 5.1).
pub(super) fn read(payload: &Payload<'_>) -> Result<Carried, TunnelStop> {
    let [flags, kind, l0, l1, ..] = *payload.bytes::<8>(0).ok_or(TunnelStop::GtpuTruncated)?;
    if flags & 0xf0 != VERSION_AND_TYPE {
        return Err(TunnelStop::GtpuBadVersion);
    }
    // "This field indicates the length in octets of the payload, i.e. the rest of the packet following the mandatory
    // part of the GTP header (that is the first 8 octets)."
    let end = payload.at.saturating_add(8).saturating_add(usize::from(u16::from_be_bytes([l0, l1])));
    if end > payload.end {
        return Err(TunnelStop::GtpuBadLength);
    }
    if kind != G_PDU {
        return Err(TunnelStop::GtpuSignalling);
    }
    let mut skip = 8_usize;
    if flags & OPTIONAL != 0 {
        let [_, _, _, next] = *payload.bytes::<4>(skip).ok_or(TunnelStop::GtpuTruncated)?;
        skip = skip.saturating_add(4);
        let next = if flags & EXTENSION != 0 { next } else { 0 };
        skip = skip_extensions(payload, skip, next)?;
    }
    let at = payload.at.saturating_add(skip);
    if at > end {
        return Err(TunnelStop::GtpuBadLength);
    }
    // The tunnel endpoint identifier names the receiver's end, and so differs by direction: no tenant.
    Ok(Carried { what: What::Ip, at, end, tenant: None, doubt: Some(TunnelStop::GtpuInner) })
}

/// Section 5.2.1: length in units of 4 octets, content, type of the next one (0: none).
fn skip_extensions(payload: &Payload<'_>, skip: usize, next: u8) -> Result<usize, TunnelStop> {
    let (mut skip, mut next) = (skip, next);
    for _ in 0..MAX_EXTENSIONS {
        if next == 0 {
            return Ok(skip);
        }
        let [units] = *payload.bytes::<1>(skip).ok_or(TunnelStop::GtpuBadExtension)?;
        if units == 0 {
            return Err(TunnelStop::GtpuBadExtension);
        }
        skip = skip.saturating_add(usize::from(units).saturating_mul(4));
        let [last] = *payload.bytes::<1>(skip.saturating_sub(1)).ok_or(TunnelStop::GtpuBadExtension)?;
        next = last;
    }
    if next == 0 { Ok(skip) } else { Err(TunnelStop::GtpuBadExtension) }
}
