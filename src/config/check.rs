//! What keys ask of each other: errors, and what is worth a warning.

use hashbrown::{HashMap, HashSet};

use super::Config;
use super::dictionary::Action;
use super::error::{ConfigError, system_words};
use super::user::{self, USERS};
use super::value::format_duration;
use super::walk::{Table, Value};
use crate::policy::Prefix;
use crate::tcp::Reassembler;

/// EAL options that a key sets, with that key.
const EAL_OPTIONS: [(&str, &str); 6] = [
    ("--lcores", "eal.lcores"),
    ("-l", "eal.lcores"),
    ("-c", "eal.lcores"),
    ("--no-huge", "eal.hugepages"),
    ("-m", "eal.memory"),
    ("--file-prefix", "eal.file_prefix"),
];

/// Refuses values that are right alone and wrong together. `root` is what
/// `config` was read from: it knows the lines.
pub(super) fn check(config: &Config, root: &Table<'_>) -> Result<(), ConfigError> {
    if let Some(value) = lookup(root, "mempool", "mbufs") {
        check_mbufs(config, &value)?;
    }
    if let (Some(name), Some(value)) = (&config.kill.port, lookup(root, "kill", "port"))
        && !config.ports.iter().any(|port| port.name == *name)
    {
        return Err(value.wrong("the name of a [[port]]"));
    }
    check_arena(config, root)?;
    check_user(config, root)?;
    check_hosts(config, root)?;
    check_depths(root)?;
    check_tunnel_ports(config, root)
}

/// The largest object has to fit into the memory for all of them.
fn check_arena(config: &Config, root: &Table<'_>) -> Result<(), ConfigError> {
    let (arena, largest) = (config.extractor.arena, config.extractor.object_max);
    if arena >= largest {
        return Ok(());
    }
    let place = lookup(root, "extractor", "arena").or_else(|| lookup(root, "extractor", "object_max"));
    let expected = format!("extractor.arena ({arena} bytes) to be at least extractor.object_max ({largest} bytes)");
    place.map_or(Ok(()), |value| Err(value.wrong(&expected)))
}

/// Only root's processes become another user, so only then does it matter whether there is one.
fn check_user(config: &Config, root: &Table<'_>) -> Result<(), ConfigError> {
    let value = lookup(root, "extractor", "user");
    let Some(value) = value.filter(|_| config.extractor.enabled && rustix::process::geteuid().is_root()) else {
        return Ok(());
    };
    match user::find(&config.extractor.user) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(value.wrong(&format!("a user of this system ({USERS}) without root's rights"))),
        Err(error) => Err(value.place.problem(format!("{USERS}: {}", system_words(&error)))),
    }
}

/// What is said twice of the same addresses holds once at most. One table may say how segments are treated and another
/// how fragments are.
fn check_hosts(config: &Config, root: &Table<'_>) -> Result<(), ConfigError> {
    let mut segments: HashMap<Prefix, usize> = HashMap::new();
    let mut fragments = HashMap::new();
    for (host, table) in config.hosts.iter().zip(root.tables("host")?) {
        let mut own = HashSet::new();
        let items = table.value("prefixes").and_then(|value| value.items()).unwrap_or_default();
        for (prefix, item) in host.prefixes.iter().zip(items) {
            if !own.insert(*prefix) {
                return Err(item.wrong("each prefix once"));
            }
            for (says, lines, what) in
                [(host.tcp.is_some(), &mut segments, "tcp"), (host.fragments.is_some(), &mut fragments, "fragments")]
            {
                if says && let Some(first) = lines.insert(*prefix, item.place.line()) {
                    return Err(item.wrong(&format!("a prefix of its own: line {first} has it already, with {what}")));
                }
            }
        }
    }
    Ok(())
}

/// A port has one depth.
fn check_depths(root: &Table<'_>) -> Result<(), ConfigError> {
    let mut lines = HashMap::new();
    for table in root.tables("depth")? {
        for item in table.value("ports").and_then(|value| value.items()).unwrap_or_default() {
            if let Some(first) = lines.insert(item.integer(), item.place.line()) {
                return Err(item.wrong(&format!("a port of its own: line {first} has it already")));
            }
        }
    }
    Ok(())
}

/// A datagram's port says which tunnel it may be.
fn check_tunnel_ports(config: &Config, root: &Table<'_>) -> Result<(), ConfigError> {
    let tunnel = &config.tunnel;
    let kinds = [("vxlan", &tunnel.vxlan), ("geneve", &tunnel.geneve), ("gtpu", &tunnel.gtpu)];
    for (at, (key, ports)) in kinds.iter().enumerate() {
        for (other, taken) in kinds.iter().take(at) {
            let Some(port) = ports.iter().find(|port| taken.contains(port)) else { continue };
            let place = lookup(root, "tunnel", key).or_else(|| lookup(root, "tunnel", other));
            if let Some(value) = place {
                let expected = format!("ports of its own: tunnel.{other} has it already");
                return Err(value.place.wrong(&port.to_string(), &expected));
            }
        }
    }
    Ok(())
}

/// A port's receive queue holds its descriptors' worth of buffers before the
/// first packet, and `rte_mempool_create` wants 1.5 times the cache.
fn check_mbufs(config: &Config, value: &Value<'_>) -> Result<(), ConfigError> {
    let mbufs = config.mempool.mbufs;
    if mbufs == 0 {
        return Ok(());
    }
    let for_cache = u32::from(config.mempool.cache).saturating_mul(3).div_ceil(2);
    if mbufs < for_cache {
        return Err(value.wrong(&format!("0 or at least {for_cache}, 1.5 times mempool.cache")));
    }
    for port in &config.ports {
        let queues = u32::from(port.queues.max(1));
        let needed = queues * (u32::from(port.rx_descriptors) + u32::from(port.tx_descriptors));
        if mbufs < needed {
            let expected = format!("0 or at least {needed}, the descriptors of port {:?}", port.name);
            return Err(value.wrong(&expected));
        }
    }
    Ok(())
}

/// Settings that are allowed and yet hardly meant, one sentence each.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    if config.dictionaries.is_empty() {
        warnings.push("no [[dictionary]]: nothing is searched for".to_owned());
    }
    let resetting = || config.dictionaries.iter().filter(|dictionary| dictionary.action == Action::Reset);
    if !config.kill.enabled {
        warnings.extend(resetting().map(|dictionary| {
            format!("dictionary {:?}: action is \"reset\", but kill.enabled is false: it only alerts", dictionary.name)
        }));
    } else if resetting().next().is_none() {
        warnings.push("kill.enabled is true, but no dictionary has action \"reset\"".to_owned());
    }
    warnings.extend(config.dictionaries.iter().filter(|d| !d.can_reach_threshold()).map(|dictionary| {
        format!(
            "dictionary {:?}: its keywords' max allows no score of {}: it never alerts",
            dictionary.name, dictionary.threshold
        )
    }));
    let tcp = &config.tcp;
    let pieces = u64::from(tcp.out_of_order_segments) * u64::from(Reassembler::PIECES_PER_SEGMENT);
    if pieces != 0 && pieces < u64::from(tcp.out_of_order_per_stream) {
        warnings.push(format!(
            "tcp.out_of_order_per_stream ({}) is more than fits in tcp.out_of_order_segments ({})",
            tcp.out_of_order_per_stream, tcp.out_of_order_segments
        ));
    }
    let established_ns = config.flow.timeout.tcp_established_ns;
    if tcp.hole_timeout_ns > established_ns {
        warnings.push(format!(
            "tcp.hole_timeout ({}) is more than flow.timeout.tcp_established ({}): a silent flow ends before its holes",
            format_duration(tcp.hole_timeout_ns),
            format_duration(established_ns)
        ));
    }
    for (option, key) in EAL_OPTIONS {
        let given = |arg: &String| arg == option || arg.strip_prefix(option).is_some_and(|rest| rest.starts_with('='));
        if config.eal.args.iter().any(given) {
            warnings.push(format!("eal.args has {option}, which {key} sets"));
        }
    }
    warnings
}

fn lookup<'a>(root: &Table<'a>, section: &str, key: &str) -> Option<Value<'a>> {
    root.value(section)?.table()?.value(key)
}
