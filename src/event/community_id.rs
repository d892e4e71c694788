//! Community ID version 1, seed 0: a flow's name that other tools compute alike
//! (Suricata, Zeek, Wireshark), <https://github.com/corelight/community-id-spec>.
//!
//! SHA-1 over seed (2 bytes), lower endpoint's address, higher endpoint's address,
//! protocol, a zero byte and, for protocols with ports, both ports; all in network
//! order; written as `1:` and base64. The lower endpoint is the one whose address,
//! then port, compares lower, so both directions have one id. ICMP and ICMPv6 put a
//! message's type and its counterpart's type in the ports' place; a type without a
//! counterpart is one-way: type and code stand there, and nothing is swapped.

use std::fmt;

use data_encoding::BASE64;
use serde::ser::Error;
use serde::{Serialize, Serializer};
use sha1::{Digest, Sha1};

use super::types::Tuple;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;
const SCTP: u8 = 132;

/// The specification's default seed.
const SEED: u16 = 0;

/// A flow's Community ID; formats as `1:` and 28 characters of base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommunityId([u8; 20]);

impl CommunityId {
    /// The id of the flow with these addresses and ports.
    #[must_use]
    pub fn of(tuple: &Tuple) -> Self {
        let ports = ports(tuple);
        let (one, other) = ports.map_or((0, 0), |p| (p.src, p.dest));
        let (src, dest) = ((tuple.src, one), (tuple.dest, other));
        let one_way = ports.is_some_and(|p| p.one_way);
        let (low, high) = if one_way || src <= dest { (src, dest) } else { (dest, src) };

        let mut hash = Sha1::new();
        hash.update(SEED.to_be_bytes());
        for (address, _) in [low, high] {
            let [a, b, c, d, ..] = address;
            if tuple.v6 {
                hash.update(address);
            } else {
                hash.update([a, b, c, d]);
            }
        }
        hash.update([tuple.proto, 0]);
        if ports.is_some() {
            hash.update(low.1.to_be_bytes());
            hash.update(high.1.to_be_bytes());
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Display for CommunityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1:{}", BASE64.encode_display(&self.0))
    }
}

impl Serialize for CommunityId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = *b"1:4444444444444444444444444444";
        let (_, base64) = text.split_at_mut(2);
        BASE64.encode_mut(&self.0, base64);
        serializer.serialize_str(std::str::from_utf8(&text).map_err(S::Error::custom)?)
    }
}

#[derive(Clone, Copy)]
struct Ports {
    src: u16,
    dest: u16,
    one_way: bool,
}

/// What stands in the ports' place; `None` for a protocol without any.
fn ports(tuple: &Tuple) -> Option<Ports> {
    let counterpart = match tuple.proto {
        TCP | UDP | SCTP => return Some(Ports { src: tuple.src_port, dest: tuple.dest_port, one_way: false }),
        ICMP => icmp_counterpart(tuple.src_port),
        ICMPV6 => icmpv6_counterpart(tuple.src_port),
        _ => return None,
    };
    let one_way = counterpart.is_none();
    Some(Ports { src: tuple.src_port, dest: counterpart.unwrap_or(tuple.dest_port), one_way })
}

/// The ICMP type that answers, or is answered by, `icmp_type`.
const fn icmp_counterpart(icmp_type: u16) -> Option<u16> {
    Some(match icmp_type {
        8 => 0,   // echo
        0 => 8,   // echo reply
        9 => 10,  // router advertisement
        10 => 9,  // router solicitation
        13 => 14, // timestamp
        14 => 13, // timestamp reply
        15 => 16, // information request
        16 => 15, // information reply
        17 => 18, // address mask request
        18 => 17, // address mask reply
        _ => return None,
    })
}

/// The ICMPv6 type that answers, or is answered by, `icmp_type`.
const fn icmpv6_counterpart(icmp_type: u16) -> Option<u16> {
    Some(match icmp_type {
        128 => 129, // echo request
        129 => 128, // echo reply
        130 => 131, // multicast listener query
        131 => 130, // multicast listener report
        133 => 134, // router solicitation
        134 => 133, // router advertisement
        135 => 136, // neighbor solicitation
        136 => 135, // neighbor advertisement
        139 => 140, // node information query (who are you)
        140 => 139, // node information response
        144 => 145, // home agent address discovery request
        145 => 144, // home agent address discovery reply
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
