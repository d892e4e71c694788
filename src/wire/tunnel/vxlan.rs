//! VXLAN (RFC 7348).

use super::{Carried, Payload, TunnelStop, What};

/// RFC 7348 section 5: "The I flag MUST be set to 1 for a valid VXLAN Network ID".
const VNI_VALID: u8 = 0x08;

/// Reads the VXLAN header that a datagram's payload begins with. Reserved bits are ignored, as receivers do
/// (section 5: "ignored on receipt").
pub(super) fn read(payload: &Payload<'_>) -> Result<Carried, TunnelStop> {
    let [flags, _, _, _, v0, v1, v2, _] = *payload.bytes::<8>(0).ok_or(TunnelStop::VxlanTruncated)?;
    if flags & VNI_VALID == 0 {
        return Err(TunnelStop::VxlanNoVni);
    }
    Ok(Carried {
        what: What::Ethernet,
        at: payload.at.saturating_add(8),
        end: payload.end,
        tenant: Some(u32::from_be_bytes([0, v0, v1, v2])),
        doubt: Some(TunnelStop::VxlanInner),
    })
}
