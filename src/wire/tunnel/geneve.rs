//! GENEVE (RFC 8926).

use super::{Carried, Payload, TunnelStop, What};

const TRANSPARENT_ETHERNET: u16 = 0x6558;
/// Section 3.4: "O (1 bit): Control packet."
const CONTROL: u8 = 0x80;
/// Section 3.4: "C (1 bit): Critical options present."
const CRITICAL: u8 = 0x40;
/// Section 3.5: the high bit of an option's type.
const CRITICAL_OPTION: u8 = 0x80;

/// Reads the GENEVE header that a datagram's payload begins with. Options are skipped, critical ones as well: what an
/// endpoint that knows them will take, must be looked at.
pub(super) fn read(payload: &Payload<'_>) -> Result<Carried, TunnelStop> {
    let [version_options, flags, p0, p1, v0, v1, v2, _] = *payload.bytes::<8>(0).ok_or(TunnelStop::GeneveTruncated)?;
    if version_options >> 6 != 0 {
        return Err(TunnelStop::GeneveBadVersion);
    }
    if flags & CONTROL != 0 {
        return Err(TunnelStop::GeneveControl);
    }
    let options = usize::from(version_options & 0x3f).saturating_mul(4);
    let critical = walk(payload, options)?;
    if critical != (flags & CRITICAL != 0) {
        return Err(TunnelStop::GeneveCriticalMismatch);
    }
    let what = match u16::from_be_bytes([p0, p1]) {
        TRANSPARENT_ETHERNET => What::Ethernet,
        ethertype => What::EtherType(ethertype),
    };
    Ok(Carried {
        what,
        at: payload.at.saturating_add(8).saturating_add(options),
        end: payload.end,
        tenant: Some(u32::from_be_bytes([0, v0, v1, v2])),
        doubt: Some(TunnelStop::GeneveInner),
    })
}

/// Walks `length` bytes of options; at most 63 of them fit. True when one is critical.
fn walk(payload: &Payload<'_>, length: usize) -> Result<bool, TunnelStop> {
    let (mut at, mut critical) = (0_usize, false);
    while at < length {
        // Section 3.5: class (2), type (1), three reserved bits and the length of the data in 4-byte units.
        let [_, _, kind, units] = *payload.bytes::<4>(at.saturating_add(8)).ok_or(TunnelStop::GeneveBadOption)?;
        critical |= kind & CRITICAL_OPTION != 0;
        at = at.saturating_add(4).saturating_add(usize::from(units & 0x1f).saturating_mul(4));
    }
    // Section 3.5: options whose lengths do not add up to the header's are invalid.
    if at == length { Ok(critical) } else { Err(TunnelStop::GeneveBadOption) }
}
