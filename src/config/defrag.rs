//! `[defrag]`: the defragmenter of a worker.

use std::net::IpAddr;

use super::error::ConfigError;
use super::spec::{Choice, Number, Spec, Time, section};
use super::value::{MILLIS, MINUTE, SECOND};
use super::walk::Value;
use crate::defrag::{Limits, Policy, PolicyTable, Prefix};

const POLICIES: &[(&str, Policy)] = &[
    ("first", Policy::First),
    ("last", Policy::Last),
    ("linux", Policy::Linux),
    ("windows", Policy::Windows),
    ("bsd", Policy::Bsd),
    ("drop", Policy::Drop),
];

section! {
    /// `[defrag]`: how IP fragments are put together.
    pub struct DefragConfig at "defrag" {
        /// Packets that a worker may hold incomplete at a time.
        "packets" => packets: u32 = Number { default: 4096, min: 16, max: 1_048_576 };
        /// Those of them that may be longer than 4,096 bytes.
        "large_packets" => large_packets: u32 = Number { default: 256, min: 4, max: 65_536 };
        /// Least payload in bytes of a fragment that is not the last.
        "min_fragment" => min_fragment: u16 = Number { default: 8, min: 0, max: 1280 };
        /// Most fragments of a packet.
        "max_fragments" => max_fragments: u16 = Number { default: 1024, min: 2, max: 8192 };
        /// Longest payload in bytes of a packet after its IP header.
        "max_packet" => max_packet: u32 = Number { default: 65_535, min: 1280, max: 65_535 };
        /// How often what was gathered of a packet may be thrown away and begun anew.
        "restarts" => restarts: u8 = Number { default: 3, min: 0, max: 100 };
        /// How long a packet may take from its first fragment to its last, nanoseconds.
        "timeout" => timeout_ns: u64 = Time { default: 30 * SECOND, min: 100 * MILLIS, max: 10 * MINUTE, or_zero: false };
        /// How destinations treat overlaps.
        "policy" => policy: Policy = Choice { default: Policy::Linux, of: POLICIES };
        /// Destinations that treat them otherwise: prefix and policy.
        "prefixes" => prefixes: Vec<PrefixPolicy> = Prefixes;
    }
}

/// A destination prefix with its policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixPolicy {
    /// The addresses.
    pub prefix: Prefix,
    /// How they treat overlaps.
    pub policy: Policy,
}

impl DefragConfig {
    /// As the defragmenter takes it.
    #[must_use]
    pub fn limits(&self, seed: u64) -> Limits {
        let mut policy = PolicyTable::new(self.policy);
        for PrefixPolicy { prefix, policy: exception } in &self.prefixes {
            policy.insert(*prefix, *exception);
        }
        Limits {
            descriptors: self.packets,
            large_buffers: self.large_packets,
            min_fragment: self.min_fragment,
            max_fragments: self.max_fragments,
            max_packet: self.max_packet,
            restarts: self.restarts,
            timeout_ns: self.timeout_ns,
            policy,
            seed,
        }
    }
}

/// Most prefixes; a fragment's policy is looked up once a packet.
const MAX_PREFIXES: usize = 4096;

/// An array of `"PREFIX POLICY"`, no prefix twice.
struct Prefixes;

impl Spec for Prefixes {
    type Out = Vec<PrefixPolicy>;

    fn default(&self) -> Vec<PrefixPolicy> {
        Vec::new()
    }

    fn parse(&self, value: &Value<'_>) -> Result<Vec<PrefixPolicy>, ConfigError> {
        let items = value.items().filter(|items| items.len() <= MAX_PREFIXES);
        let mut all: Vec<PrefixPolicy> = Vec::new();
        for item in &items.ok_or_else(|| value.wrong(&self.range()))? {
            let entry = item.text().and_then(entry);
            let entry = entry.ok_or_else(|| item.wrong("a prefix and a policy such as \"10.0.0.0/8 windows\""))?;
            if all.iter().any(|known| known.prefix == entry.prefix) {
                return Err(item.wrong("each prefix once"));
            }
            all.push(entry);
        }
        Ok(all)
    }

    fn default_text(&self) -> Option<String> {
        Some("[]".to_owned())
    }

    fn range(&self) -> String {
        format!("an array of at most {MAX_PREFIXES} strings such as \"10.0.0.0/8 windows\"")
    }
}

fn entry(text: &str) -> Option<PrefixPolicy> {
    let mut words = text.split_whitespace();
    let (prefix, policy) = (words.next()?, words.next()?);
    let (address, len) = prefix.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let prefix = Prefix::new(address, len.parse().ok()?)?;
    let policy = Policy::from_name(policy)?;
    words.next().is_none().then_some(PrefixPolicy { prefix, policy })
}
