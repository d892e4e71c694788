//! Which ports steer themselves, and which need the dispatcher.
//!
//! Both directions of a connection must meet on one worker, also when they
//! arrive on two ports. That holds when every port computes the same symmetric
//! hash over the same fields and all redirection tables agree. A port that
//! cannot is polled by the dispatcher, which computes it in software; a port
//! that must (`rss = "hardware"`) and cannot keeps the sensor from starting.

use super::reta::{DEFAULT_RETA_SIZE, MIN_RETA_SIZE, Reta};
use super::toeplitz::{DEFAULT_KEY_LEN, symmetric_key};
use crate::dpdk::rss::HashTypes;

/// What is known of a port before it is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortFacts {
    /// Name, for messages.
    pub name: String,
    /// Most receive queues.
    pub max_rx_queues: u16,
    /// Entries of its redirection table; 0: none.
    pub reta_size: u16,
    /// Length of its hash key; 0: not told.
    pub key_len: u8,
    /// What its hash can cover.
    pub hash_types: HashTypes,
}

/// What the configuration wants of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Hardware where possible.
    Auto,
    /// Hardware or nothing.
    Hardware,
    /// The dispatcher.
    Software,
}

/// How a port is steered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Steering {
    /// By its own RSS: one queue a worker.
    Hardware {
        /// The symmetric key in the device's length.
        key: Vec<u8>,
        /// What is hashed.
        types: HashTypes,
        /// Entries of the device's table.
        reta_size: u16,
    },
    /// By the dispatcher, for this reason.
    Software(String),
}

/// Why the sensor cannot start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError(String);

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PlanError {}

/// What every hardware-steered port must hash: the addresses, and with TCP and UDP
/// the ports too, or two ports (or a port and the dispatcher) would disagree.
fn required(types: HashTypes) -> Result<(), String> {
    for (what, wanted) in [("TCP", HashTypes::tcp()), ("UDP", HashTypes::udp()), ("plain IP", HashTypes::plain_ip())] {
        if !types.covers(wanted) {
            return Err(format!("its hash does not cover {what} over IPv4 and IPv6 (it has: {})", types.names()));
        }
    }
    Ok(())
}

/// Why a port's own RSS is of no use here; `Ok` when it is.
fn usable(facts: &PortFacts, workers: u16) -> Result<HashTypes, String> {
    if facts.max_rx_queues < workers {
        return Err(format!("it has {} receive queues for {workers} workers", facts.max_rx_queues));
    }
    let types = facts.hash_types.and(HashTypes::all());
    if types.is_none() {
        return Err("it has no RSS".to_owned());
    }
    required(types)?;
    let size = usize::from(facts.reta_size);
    if !size.is_power_of_two() || size < MIN_RETA_SIZE.max(usize::from(workers)) {
        return Err(format!("its redirection table has {size} entries, which {workers} workers cannot share evenly"));
    }
    Ok(types)
}

/// Decides for all ports, and makes the table that all of them share.
///
/// # Errors
/// When a port must steer in hardware and cannot, with the reason.
pub fn plan(ports: &[(PortFacts, Wish)], workers: u16) -> Result<(Vec<Steering>, Reta), PlanError> {
    let mut steerings = Vec::new();
    let mut size = DEFAULT_RETA_SIZE;
    for (facts, wish) in ports {
        let steering = match (wish, usable(facts, workers)) {
            (Wish::Software, _) => Steering::Software("the configuration says so".to_owned()),
            (Wish::Auto | Wish::Hardware, Ok(types)) => {
                size = size.min(usize::from(facts.reta_size));
                let key_len = match facts.key_len {
                    0 => DEFAULT_KEY_LEN,
                    told => usize::from(told),
                };
                Steering::Hardware { key: symmetric_key(key_len), types, reta_size: facts.reta_size }
            }
            (Wish::Auto, Err(reason)) => Steering::Software(reason),
            (Wish::Hardware, Err(reason)) => {
                return Err(PlanError(format!("port {}: rss = \"hardware\" cannot be had: {reason}", facts.name)));
            }
        };
        steerings.push(steering);
    }
    let reta = Reta::new(size, workers)
        .ok_or_else(|| PlanError(format!("{workers} workers do not fit a redirection table of {size} entries")))?;
    Ok((steerings, reta))
}

/// What a started port says it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBack {
    /// Hash types.
    pub types: HashTypes,
    /// Key.
    pub key: Vec<u8>,
    /// Redirection table.
    pub reta: Vec<u16>,
}

/// Checks what a device accepted against what was asked of it.
///
/// # Errors
/// The reason why both directions of a connection would not meet.
pub fn check_read_back(asked: &ReadBack, got: &ReadBack) -> Result<(), String> {
    required(got.types)?;
    if got.key != asked.key {
        return Err(format!(
            "it uses another hash key than the symmetric one (it begins {:02x?})",
            got.key.get(..8).unwrap_or(&got.key)
        ));
    }
    if let Some(entry) = (0..asked.reta.len()).find(|at| asked.reta.get(*at) != got.reta.get(*at)) {
        return Err(format!(
            "entry {entry} of its redirection table is {:?}, not {:?}",
            got.reta.get(entry),
            asked.reta.get(entry)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nic(name: &str) -> PortFacts {
        PortFacts {
            name: name.to_owned(),
            max_rx_queues: 16,
            reta_size: 128,
            key_len: 40,
            hash_types: HashTypes::all(),
        }
    }

    #[test]
    fn a_capable_nic_steers_itself_with_a_key_of_its_length() {
        for (told, len) in [(40, 40), (52, 52), (0, 40)] {
            let facts = PortFacts { key_len: told, ..nic("a") };
            let (steering, reta) = plan(&[(facts, Wish::Auto)], 4).expect("can be steered");
            let Some(Steering::Hardware { key, reta_size, .. }) = steering.first() else { panic!("{steering:?}") };
            assert_eq!((key.len(), *reta_size, reta.size()), (len, 128, 128));
            assert!(key.chunks(2).all(|pair| pair == [0x6d, 0x5a]));
        }
    }

    #[test]
    fn what_a_port_lacks_is_the_reason_for_the_dispatcher_or_the_refusal() {
        let lacks: [(PortFacts, &str); 5] = [
            (PortFacts { max_rx_queues: 2, ..nic("a") }, "it has 2 receive queues for 4 workers"),
            (PortFacts { hash_types: HashTypes::none(), ..nic("a") }, "it has no RSS"),
            (
                PortFacts { hash_types: HashTypes::addresses(), ..nic("a") },
                "its hash does not cover TCP over IPv4 and IPv6 (it has: ipv4 ipv4-frag ipv4-other ipv6 ipv6-frag ipv6-other)",
            ),
            (
                PortFacts { reta_size: 0, ..nic("a") },
                "its redirection table has 0 entries, which 4 workers cannot share evenly",
            ),
            (
                PortFacts { reta_size: 100, ..nic("a") },
                "its redirection table has 100 entries, which 4 workers cannot share evenly",
            ),
        ];
        for (facts, reason) in lacks {
            let (steering, _) = plan(&[(facts.clone(), Wish::Auto)], 4).expect("the dispatcher steps in");
            assert_eq!(steering, [Steering::Software(reason.to_owned())]);
            let refusal = plan(&[(facts, Wish::Hardware)], 4).expect_err("must be hardware");
            assert_eq!(refusal.to_string(), format!("port a: rss = \"hardware\" cannot be had: {reason}"));
        }
    }

    #[test]
    fn ports_of_different_table_sizes_share_the_smallest() {
        let ports = [(nic("a"), Wish::Auto), (PortFacts { reta_size: 512, ..nic("b") }, Wish::Auto)];
        let (_, reta) = plan(&ports, 3).expect("both can");
        assert_eq!(reta.size(), 128);
        let (small, large) = (reta.fill(128), reta.fill(512));
        for hash in [0_u32, 127, 128, 300, 511, 0xffff_ffff] {
            assert_eq!(small[(hash & 127) as usize], large[(hash & 511) as usize]);
            assert_eq!(small[(hash & 127) as usize], reta.worker(hash));
        }
    }

    #[test]
    fn a_device_that_accepted_something_else_is_refused() {
        let reta = Reta::new(128, 3).expect("a table").fill(128);
        let asked = ReadBack { types: HashTypes::all(), key: symmetric_key(40), reta };
        assert_eq!(check_read_back(&asked, &asked), Ok(()));
        let mut other = asked.clone();
        other.key[5] = 0;
        assert_eq!(
            check_read_back(&asked, &other).unwrap_err(),
            "it uses another hash key than the symmetric one (it begins [6d, 5a, 6d, 5a, 6d, 00, 6d, 5a])"
        );
        let mut other = asked.clone();
        other.reta[7] = 2;
        assert_eq!(
            check_read_back(&asked, &other).unwrap_err(),
            "entry 7 of its redirection table is Some(2), not Some(1)"
        );
        let other = ReadBack { types: HashTypes::addresses(), ..asked.clone() };
        assert!(check_read_back(&asked, &other).unwrap_err().starts_with("its hash does not cover TCP"));
    }
}
