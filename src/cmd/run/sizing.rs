//! What a configuration will take, known before anything is started.

use super::{cores, ports};
use crate::cmd::build;
use crate::config::Config;

/// DPDK's own bytes around an mbuf's data: the mbuf, the mempool's header and trailer.
const PER_MBUF: u64 = 128 + 64;

/// The `--lcores` expression and the worker count on this machine.
pub(in crate::cmd) fn lcores(config: &Config, wanted: Option<u16>) -> (String, u16) {
    let cores = cores::by_distance(build::cores(), &config.ports);
    let plan = cores::place(&cores, cores::may_dispatch(config), wanted);
    let expression = if config.eal.lcores.is_empty() { plan.expression } else { config.eal.lcores.clone() };
    (expression, plan.workers)
}

/// Buffers of a node's mempool, and their bytes.
pub(in crate::cmd) fn mempool(config: &Config, workers: u32) -> (u64, u64) {
    let count = u64::from(mbufs(config, workers));
    (count, count * (u64::from(ports::data_room(config)) + PER_MBUF))
}

/// Buffers of a node's mempool. Unless configured: enough for every descriptor to
/// hold one while every ring is full and every lcore has its cache and a burst in
/// hand; one less than a power of two, which DPDK's pools waste least with.
pub(in crate::cmd) fn mbufs(config: &Config, workers: u32) -> u32 {
    if config.mempool.mbufs != 0 {
        return config.mempool.mbufs;
    }
    let descriptors: u32 = config
        .ports
        .iter()
        .map(|port| {
            u32::from(port.rx_descriptors) * workers.max(u32::from(port.queues)) + u32::from(port.tx_descriptors)
        })
        .sum();
    let per_lcore = u32::from(config.mempool.cache) * 2 + 64;
    let total = descriptors + workers * (config.worker.ring + per_lcore) + per_lcore * 2;
    total.next_power_of_two() - 1
}
