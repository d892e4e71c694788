//! Ports: found, planned, started, read back.

use crate::cmd::output::Failure;
use crate::config::{Config, PortConfig, RssMode};
use crate::control::sensor::PortStatus;
use crate::dpdk::port::{self, Port, PortInfo, PortPlan, RxQueue, TxQueue};
use crate::dpdk::{DpdkError, Eal, Mempool, rss};
use crate::steer::Reta;
use crate::steer::plan::{self, PortFacts, ReadBack, Steering, Wish};

/// Bytes around a packet of the MTU: Ethernet header, two VLAN tags, check sequence.
const LINK_OVERHEAD: u16 = 26;
/// DPDK's headroom in every mbuf.
const HEADROOM: u16 = 128;
/// Data room below which nothing is saved.
const SMALLEST_ROOM: u16 = 2048 + HEADROOM;

/// A started port and its queues.
pub(super) struct Started {
    pub(super) port: Port,
    pub(super) rx: Vec<RxQueue>,
    pub(super) tx: Vec<TxQueue>,
    pub(super) status: PortStatus,
}

/// What `kill.port` needs of the ports.
pub(super) struct Found {
    pub(super) port: Port,
    pub(super) info: PortInfo,
    pub(super) config: PortConfig,
    /// Workers send through it.
    pub(super) injects: bool,
}

/// Finds the configured ports and what their drivers say.
pub(super) fn find(eal: &Eal, config: &Config, workers: u16) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    for port_config in &config.ports {
        let port = port::find(eal, &port_config.name).map_err(|error| Failure::input(format!("port.name: {error}")))?;
        let info = port.info()?;
        let injects = config.kill.enabled && config.kill.port.as_ref().is_none_or(|name| *name == port_config.name);
        if injects && info.max_tx_queues < workers {
            return Err(Failure::input(format!(
                "port {}: found {} transmit queues, expected {workers}: every worker sends its resets through one of \
                 its own (fewer workers, another kill.port, or more queues, such as qpairs={workers} in vdev)",
                port_config.name, info.max_tx_queues
            )));
        }
        if port_config.mtu > info.max_mtu && info.max_mtu != 0 {
            return Err(Failure::input(format!(
                "port {}: mtu: found {}, expected at most {}",
                port_config.name, port_config.mtu, info.max_mtu
            )));
        }
        found.push(Found { port, info, config: port_config.clone(), injects });
    }
    Ok(found)
}

/// Decides how each port is steered.
pub(super) fn decide(found: &[Found], workers: u16) -> Result<(Vec<Steering>, Reta), Failure> {
    let facts: Vec<_> = found
        .iter()
        .map(|found| {
            let facts = PortFacts {
                name: found.config.name.clone(),
                max_rx_queues: found.info.max_rx_queues,
                reta_size: found.info.reta_size,
                key_len: found.info.hash_key_size,
                hash_types: found.info.hash_types,
            };
            let wish = match found.config.rss {
                RssMode::Auto => Wish::Auto,
                RssMode::Hardware => Wish::Hardware,
                RssMode::Software => Wish::Software,
            };
            (facts, wish)
        })
        .collect();
    plan::plan(&facts, workers).map_err(Failure::input)
}

/// Data room that holds a whole frame of the largest MTU, so that frames come in one piece.
pub(super) fn data_room(config: &Config) -> u16 {
    let mtu = config.ports.iter().map(|port| port.mtu).max().unwrap_or(1500);
    mtu.saturating_add(LINK_OVERHEAD + HEADROOM).max(SMALLEST_ROOM)
}

/// Starts one port. When its RSS turns out to be other than planned, a port that
/// may falls back to the dispatcher; one that must not keeps the sensor from starting.
pub(super) fn start(
    found: Found,
    steering: Steering,
    reta: &Reta,
    workers: u16,
    pool: &Mempool,
) -> Result<Started, Failure> {
    let must = found.config.rss == RssMode::Hardware;
    let Found { mut port, info, config, injects } = found;
    let tx_wanted = if injects { workers } else { 1 };
    let mut reason = None;
    if let Steering::Hardware { key, types, reta_size } = steering {
        let plan = queue_plan(&config, &info, workers, tx_wanted, Some((types, key.clone())));
        match start_hardware(&mut port, &plan, reta, reta_size, &key, pool) {
            Ok((rx, tx)) => {
                let words =
                    format!("RSS of the port, {reta_size} table entries, {}-byte key, {}", key.len(), types.names());
                let status = status(&port, &info, &config, &plan, words, true);
                return Ok(Started { port, rx, tx, status });
            }
            Err(why) if must => {
                return Err(Failure::input(format!(
                    "port {}: rss = \"hardware\" cannot be had: {why}; both directions of a connection would not meet",
                    config.name
                )));
            }
            Err(why) => reason = Some(why),
        }
    } else if let Steering::Software(why) = steering {
        reason = Some(why);
    }
    let queues = if config.queues == 0 { 1 } else { config.queues };
    let plan = queue_plan(&config, &info, queues, tx_wanted, None);
    let (rx, tx) = port.start(&plan, pool)?;
    let words = format!("dispatcher, because {}", reason.unwrap_or_default());
    let status = status(&port, &info, &config, &plan, words, false);
    Ok(Started { port, rx, tx, status })
}

fn queue_plan(
    config: &PortConfig,
    info: &PortInfo,
    rx: u16,
    tx: u16,
    rss: Option<(rss::HashTypes, Vec<u8>)>,
) -> PortPlan {
    let both = rx.max(tx);
    let (rx, tx) = match info.driver.as_str() {
        // The tap driver wants as many queues one way as the other.
        "net_tap" => (both, both),
        // It has opened a packet socket for each of its `qpairs`, and the kernel spreads frames over all of them,
        // whether or not somebody reads them.
        "net_af_packet" => (info.max_rx_queues, tx),
        _ => (rx, tx),
    };
    PortPlan {
        rx_queues: rx.min(info.max_rx_queues).max(1),
        tx_queues: tx.min(info.max_tx_queues),
        rx_descriptors: config.rx_descriptors,
        tx_descriptors: config.tx_descriptors,
        mtu: config.mtu,
        promiscuous: config.promiscuous,
        rss,
    }
}

/// Starts a port with RSS, programs its table, and checks what it accepted. The
/// error is the reason why it is of no use; the port is stopped then.
fn start_hardware(
    port: &mut Port,
    plan: &PortPlan,
    reta: &Reta,
    reta_size: u16,
    key: &[u8],
    pool: &Mempool,
) -> Result<(Vec<RxQueue>, Vec<TxQueue>), String> {
    let queues = port.start(plan, pool).map_err(|error| error.to_string())?;
    let types = plan.rss.as_ref().map_or(rss::HashTypes::none(), |(types, _)| *types);
    let asked = ReadBack { types, key: key.to_vec(), reta: reta.fill(usize::from(reta_size)) };
    match program(port.id(), &asked) {
        Ok(()) => Ok(queues),
        Err(reason) => {
            drop(queues);
            port.stop();
            Err(reason)
        }
    }
}

/// Writes table, hash types and key, and checks what the device then says it uses.
fn program(id: u16, asked: &ReadBack) -> Result<(), String> {
    let text = |error: DpdkError| error.to_string();
    rss::set_reta(id, &asked.reta).map_err(text)?;
    let told = rss::read_back(id, asked.key.len()).map_err(text)?;
    // Some drivers start with a key of their own and take another one only now. What they refuse shows below.
    if told != (asked.types, asked.key.clone()) {
        let _ = rss::set(id, asked.types, &asked.key);
    }
    let (types, key) = rss::read_back(id, asked.key.len()).map_err(text)?;
    let size = u16::try_from(asked.reta.len()).unwrap_or(u16::MAX);
    let reta = rss::read_reta(id, size).map_err(text)?;
    plan::check_read_back(asked, &ReadBack { types, key, reta })
}

fn status(
    port: &Port,
    info: &PortInfo,
    config: &PortConfig,
    plan: &PortPlan,
    steering: String,
    hardware: bool,
) -> PortStatus {
    PortStatus {
        name: config.name.clone(),
        id: port.id(),
        driver: info.driver.clone(),
        socket: port.socket(),
        mac: port.mac(),
        mtu: config.mtu,
        rx_queues: plan.rx_queues,
        tx_queues: plan.tx_queues,
        promiscuous: config.promiscuous,
        steering,
        hardware,
    }
}
