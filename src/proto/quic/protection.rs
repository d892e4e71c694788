//! The protection of Initial packets (RFC 9001 section 5): keys that both sides derive from the client's first destination
//! connection ID, which is there for all to see.

use aes::Aes128;
use aes::cipher::BlockEncrypt;
use aes_gcm::{AeadInPlace, Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;

use super::packet::{Packet, Version};
use crate::event::Direction;

/// Longest packet that is read: more than a path of 1,500 bytes carries.
pub(super) const MAX_PACKET_BYTES: usize = 2048;

/// Bytes of a sample for header protection, and of the authentication tag.
const BLOCK: usize = 16;

const SALT_V1: [u8; 20] = [
    0x38, 0x76, 0x2C, 0xF7, 0xF5, 0x59, 0x34, 0xB3, 0x4D, 0x17, 0x9A, 0xE6, 0xA4, 0xC8, 0x0C, 0xAD, 0xCC, 0xBB, 0x7F,
    0x0A,
];
const SALT_V2: [u8; 20] = [
    0x0D, 0xED, 0xE3, 0xDE, 0xF7, 0x00, 0xA6, 0xDB, 0x81, 0x93, 0x81, 0xBE, 0x6E, 0x26, 0x9D, 0xCB, 0xF9, 0xBD, 0x2E,
    0xD9,
];
const SALT_DRAFT: [u8; 20] = [
    0xAF, 0xBF, 0xEC, 0x28, 0x99, 0x93, 0xD2, 0x4C, 0x9E, 0x97, 0x86, 0xF1, 0x9C, 0x61, 0x11, 0xE0, 0x43, 0x90, 0xA8,
    0x99,
];

/// What protects the packets of one direction.
struct Keys {
    key: [u8; 16],
    iv: [u8; 12],
    header: [u8; 16],
}

impl Keys {
    fn new(version: Version, id: &[u8], direction: Direction) -> Option<Self> {
        let salt = match version {
            Version::V1 => SALT_V1,
            Version::V2 => SALT_V2,
            Version::Draft(_) => SALT_DRAFT,
        };
        let (_, initial) = Hkdf::<Sha256>::extract(Some(&salt), id);
        let label: &[u8] = if direction == Direction::ToServer { b"client in" } else { b"server in" };
        let mut secret = [0; 32];
        expand(&initial, label, &mut secret)?;
        let secret = Hkdf::from_prk(&secret).ok()?;
        let labels: [&[u8]; 3] = match version {
            Version::V2 => [b"quicv2 key", b"quicv2 iv", b"quicv2 hp"],
            Version::V1 | Version::Draft(_) => [b"quic key", b"quic iv", b"quic hp"],
        };
        let mut keys = Self { key: [0; 16], iv: [0; 12], header: [0; 16] };
        let [key, iv, header] = labels;
        expand(&secret, key, &mut keys.key)?;
        expand(&secret, iv, &mut keys.iv)?;
        expand(&secret, header, &mut keys.header)?;
        Some(keys)
    }
}

/// HKDF-Expand-Label without a context, RFC 8446 section 7.1.
fn expand(secret: &Hkdf<Sha256>, label: &[u8], output: &mut [u8]) -> Option<()> {
    let length = u16::try_from(output.len()).ok()?.to_be_bytes();
    let label_length = [u8::try_from(label.len()).ok()?.checked_add(6)?];
    secret.expand_multi_info(&[&length, &label_length, b"tls13 ", label, &[0]], output).ok()
}

/// A packet without its protection.
pub(super) struct Opened {
    bytes: [u8; MAX_PACKET_BYTES],
    begin: usize,
    end: usize,
}

impl Opened {
    /// Its frames.
    pub(super) fn frames(&self) -> &[u8] {
        self.bytes.get(self.begin..self.end).unwrap_or(&[])
    }
}

/// Opens an Initial packet, of which all bytes are in `datagram`'s beginning, with the keys of a connection ID. `None` where
/// they are not its keys, or it is too long.
pub(super) fn open(datagram: &[u8], packet: &Packet<'_>, id: &[u8], direction: Direction) -> Option<Opened> {
    let sealed = datagram.get(..packet.length)?;
    let sample = sealed.get(packet.header + 4..packet.header + 4 + BLOCK)?;
    let keys = Keys::new(packet.version, id, direction)?;
    let mut mask = *<&[u8; BLOCK]>::try_from(sample).ok()?;
    Aes128::new(&keys.header.into()).encrypt_block((&mut mask).into());
    let mut opened = Opened { bytes: [0; MAX_PACKET_BYTES], begin: 0, end: 0 };
    let bytes = opened.bytes.get_mut(..sealed.len())?;
    bytes.copy_from_slice(sealed);
    let [first_mask, number_mask @ ..] = mask;
    let first = bytes.first_mut()?;
    *first ^= first_mask & 0x0F;
    let number_length = usize::from(*first & 3) + 1;
    let (head, body) = bytes.split_at_mut_checked(packet.header + number_length)?;
    let mut nonce = keys.iv;
    let number = head.get_mut(packet.header..)?;
    for (byte, mask) in number.iter_mut().zip(number_mask) {
        *byte ^= mask;
    }
    // Initial packets are so few that their number is never cut.
    for (place, byte) in nonce.iter_mut().rev().zip(number.iter().rev()) {
        *place ^= byte;
    }
    let (text, tag) = body.split_at_mut_checked(body.len().checked_sub(BLOCK)?)?;
    let tag = *<&[u8; BLOCK]>::try_from(&*tag).ok()?;
    Aes128Gcm::new(&keys.key.into()).decrypt_in_place_detached(&nonce.into(), head, text, &tag.into()).ok()?;
    let (begin, length) = (head.len(), text.len());
    (opened.begin, opened.end) = (begin, begin + length);
    Some(opened)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
pub(super) mod tests {
    use super::*;

    /// A client's Initial packet of version 1 with those frames.
    pub(in crate::proto::quic) fn seal(frames: &[u8], number: u8, key_id: &[u8], id: &[u8]) -> Vec<u8> {
        let keys = Keys::new(Version::V1, key_id, Direction::ToServer).unwrap();
        let length = (frames.len() + 1 + BLOCK) as u16 | 0x4000;
        let mut packet =
            [&[0xC0, 0, 0, 0, 1, id.len() as u8][..], id, &[0, 0], &length.to_be_bytes(), &[number]].concat();
        let mut nonce = keys.iv;
        nonce[11] ^= number;
        let mut text = frames.to_vec();
        let tag =
            Aes128Gcm::new(&keys.key.into()).encrypt_in_place_detached(&nonce.into(), &packet, &mut text).unwrap();
        let at = packet.len();
        packet.extend(text);
        packet.extend(tag);
        let mut mask: [u8; BLOCK] = packet[at + 3..at + 3 + BLOCK].try_into().unwrap();
        Aes128::new(&keys.header.into()).encrypt_block((&mut mask).into());
        packet[0] ^= mask[0] & 0x0F;
        packet[at - 1] ^= mask[1];
        packet
    }

    #[test]
    fn keys_are_those_of_the_examples() {
        let id = [0x83, 0x94, 0xC8, 0xF0, 0x3E, 0x51, 0x57, 0x08];
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for (version, direction, key, iv, header) in [
            // RFC 9001 appendix A.1.
            (
                Version::V1,
                Direction::ToServer,
                "1f369613dd76d5467730efcbe3b1a22d",
                "fa044b2f42a3fd3b46fb255c",
                "9f50449e04a0e810283a1e9933adedd2",
            ),
            (
                Version::V1,
                Direction::ToClient,
                "cf3a5331653c364c88f0f379b6067e37",
                "0ac1493ca1905853b0bba03e",
                "c206b8d9b9f0f37644430b490eeaa314",
            ),
            // RFC 9369 appendix A.1.
            (
                Version::V2,
                Direction::ToServer,
                "8b1a0bc121284290a29e0971b5cd045d",
                "91f73e2351d8fa91660e909f",
                "45b95e15235d6f45a6b19cbcb0294ba9",
            ),
        ] {
            let keys = Keys::new(version, &id, direction).unwrap();
            assert_eq!(
                (&hex(&keys.key)[..], &hex(&keys.iv)[..], &hex(&keys.header)[..]),
                (key, iv, header),
                "{version:?}"
            );
        }
    }

    #[test]
    fn what_was_sealed_opens_with_its_keys_alone() {
        let id = b"eight by";
        let frames = [1; 100];
        let sealed = seal(&frames, 3, id, id);
        let packet = Packet::read(&sealed).unwrap();
        assert_eq!(packet.length, sealed.len());
        assert_eq!(open(&sealed, &packet, id, Direction::ToServer).unwrap().frames(), frames);
        assert!(open(&sealed, &packet, id, Direction::ToClient).is_none());
        assert!(open(&sealed, &packet, b"another", Direction::ToServer).is_none());
        for length in 0..sealed.len() {
            assert!(open(&sealed[..length], &packet, id, Direction::ToServer).is_none());
        }
    }
}
