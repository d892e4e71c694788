//! `flow_id`: one number for all events of a flow, the same in every replay.
//!
//! SipHash-2-4 (Aumasson and Bernstein, 2012) under the fixed key
//! `tidegate flow_id`, over these 50 bytes, numbers in network order:
//!
//! | bytes | content |
//! |---|---|
//! | 16 | client address (IPv4: four bytes, then zeros) |
//! | 16 | server address |
//! | 2 | client port (ICMP: type) |
//! | 2 | server port (ICMP: code) |
//! | 2, 2 | VLAN ids, outer first, 0 where there is none |
//! | 8 | start of the flow, nanoseconds since the epoch |
//! | 1 | IP protocol |
//! | 1 | 4 or 6, the IP version |
//!
//! The upper 11 bits of the hash are then folded (exclusive or) into the lower 53,
//! because a JSON reader that keeps numbers as doubles is exact only up to 2^53.
//! The key is public: the id tells flows apart, it does not withstand someone who
//! looks for two flows with one id.

use super::types::FlowHead;

const KEY: &[u8; 16] = b"tidegate flow_id";
const BITS: u32 = 53;

/// The flow's id, below 2^53.
#[must_use]
pub fn flow_id(head: &FlowHead) -> u64 {
    let tuple = &head.tuple;
    let [outer, inner] = head.vlan;
    let numbers = [tuple.src_port, tuple.dest_port, outer, inner].map(u16::to_be_bytes);
    let start = head.start_ns.to_be_bytes();
    let version = if tuple.v6 { 6 } else { 4 };
    let input = [tuple.src.as_slice(), &tuple.dest, numbers.as_flattened(), &start];
    let words = input.into_iter().flat_map(|bytes| bytes.as_chunks::<8>().0);
    let hash = siphash24(*KEY, words, &[tuple.proto, version]);
    (hash ^ (hash >> BITS)) & ((1 << BITS) - 1)
}

/// SipHash-2-4 of `words` and then `tail`, which is shorter than a word: two rounds
/// a word, four at the end.
fn siphash24<'a>(key: [u8; 16], words: impl Iterator<Item = &'a [u8; 8]>, tail: &[u8]) -> u64 {
    let key = u128::from_le_bytes(key);
    // The halves of the key; `as` is the truncation that is meant.
    #[allow(clippy::cast_possible_truncation)]
    let (k0, k1) = (key as u64, (key >> 64) as u64);
    let mut state = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let mut length = tail.len() as u64;
    for word in words {
        compress(&mut state, u64::from_le_bytes(*word));
        length += 8;
    }
    // The last word: what is left over, and the length modulo 256 in its top byte.
    let rest = tail.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    compress(&mut state, length << 56 | rest);
    let [v0, v1, v2, v3] = state;
    state = [v0, v1, v2 ^ 0xff, v3];
    for _ in 0..4 {
        round(&mut state);
    }
    state.iter().fold(0, |hash, v| hash ^ v)
}

fn compress(state: &mut [u64; 4], word: u64) {
    let [v0, v1, v2, v3] = *state;
    *state = [v0, v1, v2, v3 ^ word];
    round(state);
    round(state);
    let [v0, v1, v2, v3] = *state;
    *state = [v0 ^ word, v1, v2, v3];
}

fn round(state: &mut [u64; 4]) {
    let [mut v0, mut v1, mut v2, mut v3] = *state;
    v0 = v0.wrapping_add(v1);
    v1 = v1.rotate_left(13) ^ v0;
    v0 = v0.rotate_left(32);
    v2 = v2.wrapping_add(v3);
    v3 = v3.rotate_left(16) ^ v2;
    v0 = v0.wrapping_add(v3);
    v3 = v3.rotate_left(21) ^ v0;
    v2 = v2.wrapping_add(v1);
    v1 = v1.rotate_left(17) ^ v2;
    v2 = v2.rotate_left(32);
    *state = [v0, v1, v2, v3];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AppProto, Tuple};

    /// The reference implementation's vectors: key 00..0f, input 00, 01, 02 …
    #[test]
    fn siphash_reference_vectors() {
        let bytes: Vec<u8> = (0..64).collect();
        let key = *bytes.first_chunk().unwrap();
        for (length, expected) in [
            (0, 0x726f_db47_dd0e_0e31_u64),
            (1, 0x74f8_39c5_93dc_67fd),
            (7, 0xab02_00f5_8b01_d137),
            (8, 0x93f5_f579_9a93_2462),
            (15, 0xa129_ca61_49be_45e5),
            (63, 0x958a_324c_eb06_4572),
        ] {
            let (words, tail) = bytes[..length].as_chunks();
            assert_eq!(siphash24(key, words.iter(), tail), expected, "{length} bytes");
        }
    }

    fn head() -> FlowHead {
        let mut src = [0; 16];
        src[..4].copy_from_slice(&[10, 0, 0, 1]);
        let mut dest = [0; 16];
        dest[..4].copy_from_slice(&[192, 0, 2, 7]);
        FlowHead {
            timestamp_ns: 5,
            start_ns: 1_795_280_700_123_456_789,
            tuple: Tuple { src, dest, src_port: 40_000, dest_port: 443, proto: 6, v6: false },
            vlan: [100, 0],
            iface: 3,
            app_proto: AppProto::Unknown,
        }
    }

    /// The value is a promise to readers who keep old logs: it must not change with a release.
    #[test]
    fn the_value_is_fixed() {
        assert_eq!(flow_id(&head()), FIXED);
    }

    const FIXED: u64 = 5_136_699_571_415_030;

    #[test]
    fn it_depends_on_the_flow_and_on_nothing_else() {
        let base = flow_id(&head());
        let mut same = head();
        same.timestamp_ns = 99;
        same.iface = 0;
        same.app_proto = AppProto::Http;
        assert_eq!(flow_id(&same), base);

        let changes: [fn(&mut FlowHead); 9] = [
            |h| h.start_ns += 1,
            |h| h.tuple.src[3] += 1,
            |h| h.tuple.dest[3] += 1,
            |h| h.tuple.src_port += 1,
            |h| h.tuple.dest_port += 1,
            |h| h.tuple.proto = 17,
            |h| h.tuple.v6 = true,
            |h| h.vlan = [0, 100],
            |h| h.vlan = [100, 100],
        ];
        let mut ids: Vec<u64> = changes
            .iter()
            .map(|change| {
                let mut other = head();
                change(&mut other);
                flow_id(&other)
            })
            .collect();
        ids.push(base);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), changes.len() + 1);
    }

    #[test]
    fn it_survives_a_reader_with_doubles_and_spreads() {
        let mut seen = std::collections::HashSet::new();
        let mut all_bits = 0;
        for n in 0..20_000_u64 {
            let mut h = head();
            h.start_ns += n;
            let id = flow_id(&h);
            assert!(id < 1 << 53);
            all_bits |= id;
            assert!(seen.insert(id), "two flows share {id}");
        }
        assert_eq!(all_bits, (1 << 53) - 1);
    }
}
