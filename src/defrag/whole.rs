//! A packet that is whole again.

use crate::wire::checksum;

/// A packet put together: its frame as if it had arrived in one piece.
///
/// The link layer and IP headers are those of the first fragment. IPv4: options kept, "more fragments" and the offset
/// cleared, total length and header checksum made right. IPv6: the fragment header removed, the next header field
/// before it and the payload length made right. The transport checksum is the sender's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<'a> {
    /// The frame, from the link layer on; whatever followed the packets in their frames is not part of it.
    pub frame: &'a [u8],
    /// Where its IP header begins.
    pub network_at: u32,
    /// Fragments that it came in, repetitions among them.
    pub fragments: u16,
    /// Sum of the lengths that their frames had on the wire.
    pub wire_len: u32,
    /// When the first of them arrived, nanoseconds.
    pub first_ns: u64,
}

/// What the first fragment says of the payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rebuild {
    pub(super) network_at: u16,
    pub(super) head_len: u16,
    pub(super) payload: u32,
    /// A fragment met congestion, RFC 3168.
    pub(super) congestion: bool,
}

/// RFC 3168 section 5: "congestion experienced".
const CE: u8 = 3;

/// Puts the IPv4 header of `frame` right; `None` when the packet would be longer than one can be.
pub(super) fn rebuild_v4(frame: &mut [u8], of: &Rebuild) -> Option<()> {
    let network = usize::from(of.network_at);
    let head_len = usize::from(of.head_len);
    let length = u32::try_from(head_len.checked_sub(network)?).ok()?.checked_add(of.payload)?;
    let length = u16::try_from(length).ok()?.to_be_bytes();
    let header = frame.get_mut(network..head_len)?;
    if let [_, tos, length_high, length_low, _, _, field_high, field_low, _, _, sum_high, sum_low, ..] = header {
        *tos |= if of.congestion { CE } else { 0 };
        [*length_high, *length_low] = length;
        // Reserved bit and "don't fragment" stay.
        *field_high &= 0xc0;
        *field_low = 0;
        (*sum_high, *sum_low) = (0, 0);
    }
    let sum = checksum::finish(checksum::add(0, header)).to_be_bytes();
    header.get_mut(10..12)?.copy_from_slice(&sum);
    Some(())
}

/// Puts the IPv6 headers of `frame` right; `None` when the packet would be longer than one can be.
pub(super) fn rebuild_v6(frame: &mut [u8], of: &Rebuild) -> Option<()> {
    let network = usize::from(of.network_at);
    let head_len = usize::from(of.head_len);
    let extensions = head_len.checked_sub(network)?.checked_sub(40)?;
    let length = u32::try_from(extensions).ok()?.checked_add(of.payload)?;
    let length = u16::try_from(length).ok()?.to_be_bytes();
    let head = frame.get_mut(network..head_len)?;
    if let [_, class, _, _, length_high, length_low, ..] = head {
        *class |= if of.congestion { CE << 4 } else { 0 };
        [*length_high, *length_low] = length;
    }
    Some(())
}

/// Makes the field that named the fragment header name what followed it; `headers` begin with the IPv6 header and end
/// where the fragment header was.
pub(super) fn relink_v6(headers: &mut [u8], next: u8) -> Option<()> {
    // RFC 8200 section 4: the chain that the header parser has walked.
    let mut field = 6;
    let mut at = 40;
    while at < headers.len() {
        let kind = *headers.get(field)?;
        let units = usize::from(*headers.get(at.checked_add(1)?)?);
        field = at;
        at = at.checked_add(if kind == 51 { units.checked_add(2)? * 4 } else { units.checked_add(1)? * 8 })?;
    }
    *headers.get_mut(field)? = next;
    Some(())
}
