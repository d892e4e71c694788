//! Which lcore runs where.

use std::path::Path;

use crate::config::{Config, PortConfig, RssMode};
use crate::dpdk::lcore::Lcore;

/// Lcores for the EAL: number 0 is the main one, then the dispatcher if there is
/// one, then the workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LcorePlan {
    /// The EAL's `--lcores` expression.
    pub(super) expression: String,
    /// Workers.
    pub(super) workers: u16,
}

/// True when a port may turn out to need the dispatcher.
pub(super) fn may_dispatch(config: &Config) -> bool {
    config.ports.iter().any(|port| port.rss != RssMode::Hardware)
}

/// Places lcores on `cores` (not empty), of which the first ones are nearest to the ports.
///
/// Main sleeps most of the time, so it shares: with two cores the dispatcher is
/// beside it. With more, the dispatcher has the second core and workers the rest.
/// More workers than cores take turns.
pub(super) fn place(cores: &[usize], dispatcher: bool, workers: Option<u16>) -> LcorePlan {
    let core = |at: usize| cores.get(at % cores.len().max(1)).copied().unwrap_or(0);
    let others = if cores.len() > 1 { cores.get(1..).unwrap_or(cores) } else { cores };
    let (dispatcher_core, worker_cores) = match (dispatcher, others) {
        (true, [first, rest @ ..]) if !rest.is_empty() => (*first, rest),
        _ => (core(0), others),
    };
    let workers = workers.unwrap_or_else(|| u16::try_from(worker_cores.len()).unwrap_or(1)).max(1);
    let mut parts = vec![format!("0@{}", core(0))];
    if dispatcher {
        parts.push(format!("1@{dispatcher_core}"));
    }
    let first = parts.len();
    for number in 0..usize::from(workers) {
        let core = worker_cores.get(number % worker_cores.len().max(1)).copied().unwrap_or(0);
        parts.push(format!("{}@{core}", first + number));
    }
    LcorePlan { expression: parts.join(","), workers }
}

/// The process's cores, those on the first PCI port's NUMA node first.
pub(super) fn by_distance(cores: Vec<usize>, ports: &[PortConfig]) -> Vec<usize> {
    let near = ports.iter().find_map(|port| node_cores(Path::new("/sys"), &port.name)).unwrap_or_default();
    let (mut first, rest): (Vec<_>, Vec<_>) = cores.into_iter().partition(|core| near.contains(core));
    first.extend(rest);
    first
}

/// Cores of the NUMA node that a PCI device is on; `None` when the system does not tell.
fn node_cores(sys: &Path, device: &str) -> Option<Vec<usize>> {
    let long = if device.matches(':').count() == 1 { format!("0000:{device}") } else { device.to_owned() };
    let node = std::fs::read_to_string(sys.join("bus/pci/devices").join(long).join("numa_node")).ok()?;
    // -1: the system has no nodes.
    let node: u32 = node.trim().parse().ok()?;
    let list = std::fs::read_to_string(sys.join(format!("devices/system/node/node{node}/cpulist"))).ok()?;
    Some(core_list(&list))
}

/// `0-3,8` as numbers.
fn core_list(text: &str) -> Vec<usize> {
    let mut cores = Vec::new();
    for part in text.trim().split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(from), Ok(to)) = (from.trim().parse::<usize>(), to.trim().parse::<usize>()) {
            cores.extend(from..=to.min(from.saturating_add(4096)));
        }
    }
    cores
}

/// True when `lcore` has its CPU for itself among `all` lcores in use.
pub(super) fn has_own_core(lcore: Lcore, all: &[Lcore], main_cpu: i32) -> bool {
    let cpu = lcore.cpu();
    cpu >= 0 && cpu != main_cpu && all.iter().filter(|other| other.cpu() == cpu).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lcores_are_spread_over_the_cores_there_are() {
        type Case = (&'static [usize], bool, Option<u16>, &'static str, u16);
        let cases: &[Case] = &[
            (&[0], true, None, "0@0,1@0,2@0", 1),
            (&[0], false, Some(2), "0@0,1@0,2@0", 2),
            (&[0, 1], true, None, "0@0,1@0,2@1", 1),
            (&[0, 1], true, Some(3), "0@0,1@0,2@1,3@1,4@1", 3),
            (&[0, 1], false, None, "0@0,1@1", 1),
            (&[4, 5, 6, 7], true, None, "0@4,1@5,2@6,3@7", 2),
            (&[4, 5, 6, 7], false, None, "0@4,1@5,2@6,3@7", 3),
            (&[4, 5, 6], true, Some(2), "0@4,1@5,2@6,3@6", 2),
        ];
        for (cores, dispatcher, workers, expression, count) in cases {
            let plan = place(cores, *dispatcher, *workers);
            assert_eq!((plan.expression.as_str(), plan.workers), (*expression, *count), "{cores:?} {dispatcher}");
        }
    }

    #[test]
    fn the_cores_of_a_device_s_node_are_read_from_sysfs() {
        let sys = tempfile::tempdir().expect("a directory");
        let device = sys.path().join("bus/pci/devices/0000:03:00.0");
        let node = sys.path().join("devices/system/node/node1");
        for directory in [&device, &node] {
            std::fs::create_dir_all(directory).expect("made");
        }
        std::fs::write(device.join("numa_node"), "1\n").expect("written");
        std::fs::write(node.join("cpulist"), "4-6,12\n").expect("written");
        assert_eq!(node_cores(sys.path(), "03:00.0"), Some(vec![4, 5, 6, 12]));
        assert_eq!(node_cores(sys.path(), "0000:03:00.0"), Some(vec![4, 5, 6, 12]));
        std::fs::write(device.join("numa_node"), "-1\n").expect("written");
        assert_eq!(node_cores(sys.path(), "03:00.0"), None);
        assert_eq!(node_cores(sys.path(), "net_tap0"), None);
    }
}
