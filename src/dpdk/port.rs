//! Ethernet ports: what they are, how they start, what they count.

use std::ffi::{CStr, CString};

use super::burst::Burst;
use super::eal::Eal;
use super::error::DpdkError;
use super::mempool::Mempool;
use super::rss::HashTypes;

/// What a driver says of its device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortInfo {
    /// Driver, such as `net_ixgbe`.
    pub driver: String,
    /// Most receive queues.
    pub max_rx_queues: u16,
    /// Most transmit queues.
    pub max_tx_queues: u16,
    /// Entries of the redirection table; 0 when it has none.
    pub reta_size: u16,
    /// Length of the Toeplitz key in bytes; 0 when unknown.
    pub hash_key_size: u8,
    /// What the hash can cover.
    pub hash_types: HashTypes,
    /// Largest MTU.
    pub max_mtu: u16,
    /// Smallest MTU.
    pub min_mtu: u16,
    rx_offloads: u64,
    tx_offloads: u64,
}

/// How a port is to be started.
#[derive(Clone, Debug)]
pub struct PortPlan {
    /// Receive queues.
    pub rx_queues: u16,
    /// Transmit queues.
    pub tx_queues: u16,
    /// Descriptors of a receive queue.
    pub rx_descriptors: u16,
    /// Descriptors of a transmit queue.
    pub tx_descriptors: u16,
    /// MTU in bytes, link header not counted.
    pub mtu: u16,
    /// Take frames for other addresses too.
    pub promiscuous: bool,
    /// Hash types and key, when the NIC is to steer.
    pub rss: Option<(HashTypes, Vec<u8>)>,
}

/// Link state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Up or down.
    pub up: bool,
    /// Mbit/s; 0 when down, `u32::MAX` when unknown.
    pub speed_mbps: u32,
    /// Full duplex.
    pub full_duplex: bool,
}

/// The counters every port has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortStats {
    /// Packets received.
    pub ipackets: u64,
    /// Packets sent.
    pub opackets: u64,
    /// Bytes received.
    pub ibytes: u64,
    /// Bytes sent.
    pub obytes: u64,
    /// Packets the hardware dropped because no descriptor was free.
    pub imissed: u64,
    /// Erroneous packets received.
    pub ierrors: u64,
    /// Packets that could not be sent.
    pub oerrors: u64,
    /// Receive allocations that failed because the mempool was empty.
    pub rx_nombuf: u64,
}

/// A port known to the EAL, not configured yet.
#[derive(Debug)]
pub struct Port {
    id: u16,
    name: String,
    eal: Eal,
    started: bool,
}

/// Finds a port by its PCI address or vdev name.
///
/// # Errors
/// When there is none; the message names those there are.
pub fn find(eal: &Eal, name: &str) -> Result<Port, DpdkError> {
    let c_name = CString::new(name).map_err(|_| DpdkError::refusal(format!("port name {name:?} has a NUL byte")))?;
    let mut id = 0_u16;
    // SAFETY: a NUL-terminated name and a place for the number.
    let code = unsafe { dpdk_sys::rte_eth_dev_get_port_by_name(c_name.as_ptr(), &raw mut id) };
    if code != 0 {
        let known = names();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(DpdkError::refusal(format!("no port {name:?}; the EAL has {known}")));
    }
    Ok(Port { id, name: name.to_owned(), eal: eal.clone(), started: false })
}

/// Names of all ports of the EAL.
#[must_use]
pub fn names() -> Vec<String> {
    let mut found = Vec::new();
    let mut id = 0_u16;
    loop {
        // SAFETY: walks the port table of the running EAL.
        let next = unsafe { dpdk_sys::rte_eth_find_next_owned_by(id, u64::from(dpdk_sys::RTE_ETH_DEV_NO_OWNER)) };
        let Ok(port) = u16::try_from(next) else { return found };
        if u32::from(port) >= dpdk_sys::RTE_MAX_ETHPORTS {
            return found;
        }
        let mut name = [0_i8; dpdk_sys::RTE_ETH_NAME_MAX_LEN as usize];
        // SAFETY: the buffer has the size the call asks for, and is NUL-terminated by it.
        if unsafe { dpdk_sys::rte_eth_dev_get_name_by_port(port, name.as_mut_ptr()) } == 0 {
            // SAFETY: as above.
            found.push(unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned());
        }
        id = port + 1;
    }
}

impl Port {
    /// The EAL's number.
    #[must_use]
    pub const fn id(&self) -> u16 {
        self.id
    }

    /// The name it was found by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// NUMA node of the device; `None` for a virtual one.
    #[must_use]
    pub fn socket(&self) -> Option<u32> {
        // SAFETY: a port number the EAL gave us.
        u32::try_from(unsafe { dpdk_sys::rte_eth_dev_socket_id(self.id) }).ok()
    }

    /// What the driver says of the device.
    ///
    /// # Errors
    /// When the driver does not answer.
    pub fn info(&self) -> Result<PortInfo, DpdkError> {
        let mut info = dpdk_sys::rte_eth_dev_info::default();
        // SAFETY: a live port and a place for the answer.
        let code = unsafe { dpdk_sys::rte_eth_dev_info_get(self.id, &raw mut info) };
        if code != 0 {
            return Err(DpdkError::code(format!("port {}: no device information", self.name), code));
        }
        let driver = if info.driver_name.is_null() {
            String::new()
        } else {
            // SAFETY: not null; a static NUL-terminated string of the driver.
            unsafe { CStr::from_ptr(info.driver_name) }.to_string_lossy().into_owned()
        };
        Ok(PortInfo {
            driver,
            max_rx_queues: info.max_rx_queues,
            max_tx_queues: info.max_tx_queues,
            reta_size: info.reta_size,
            hash_key_size: info.hash_key_size,
            hash_types: HashTypes::from_bits(info.flow_type_rss_offloads),
            max_mtu: info.max_mtu,
            min_mtu: info.min_mtu,
            rx_offloads: info.rx_offload_capa,
            tx_offloads: info.tx_offload_capa,
        })
    }

    /// Configures and starts the port: queues, descriptors, MTU, promiscuous
    /// mode, and RSS where the plan has it. Received packets come from `pool`.
    /// Returns the queues for workers to own.
    ///
    /// # Errors
    /// The step that the driver refused.
    pub fn start(&mut self, plan: &PortPlan, pool: &Mempool) -> Result<(Vec<RxQueue>, Vec<TxQueue>), DpdkError> {
        let info = self.info()?;
        let step = |what: &str, code: i32| {
            if code == 0 { Ok(()) } else { Err(DpdkError::code(format!("port {}: {what}", self.name), code)) }
        };
        let mut key = plan.rss.as_ref().map(|(_, key)| key.clone()).unwrap_or_default();
        let mut conf = dpdk_sys::rte_eth_conf::default();
        conf.rxmode.mtu = u32::from(plan.mtu);
        // SAFETY: constants of the shim.
        unsafe {
            conf.rxmode.offloads = info.rx_offloads & dpdk_sys::tg_offload_rx_checksum;
            conf.txmode.offloads = info.tx_offloads & dpdk_sys::tg_offload_tx_mbuf_fast_free;
        }
        if let Some((types, _)) = &plan.rss {
            conf.rxmode.mq_mode = dpdk_sys::RTE_ETH_MQ_RX_RSS;
            conf.rx_adv_conf.rss_conf.rss_key = key.as_mut_ptr();
            conf.rx_adv_conf.rss_conf.rss_key_len = u8::try_from(key.len()).unwrap_or(u8::MAX);
            conf.rx_adv_conf.rss_conf.rss_hf = types.bits();
            // SAFETY: a constant of the shim.
            conf.rxmode.offloads |= info.rx_offloads & unsafe { dpdk_sys::tg_offload_rx_rss_hash };
        }
        let (mut rx_descriptors, mut tx_descriptors) = (plan.rx_descriptors, plan.tx_descriptors);
        // SAFETY: a live, stopped port; `conf` and the key live through the calls. Each call copies what it keeps.
        unsafe {
            step(
                "configuration refused",
                dpdk_sys::rte_eth_dev_configure(self.id, plan.rx_queues, plan.tx_queues, &raw const conf),
            )?;
            step(
                "descriptor counts refused",
                dpdk_sys::rte_eth_dev_adjust_nb_rx_tx_desc(self.id, &raw mut rx_descriptors, &raw mut tx_descriptors),
            )?;
            let socket = self.socket().unwrap_or(0);
            for queue in 0..plan.rx_queues {
                step(
                    &format!("receive queue {queue} refused"),
                    dpdk_sys::rte_eth_rx_queue_setup(
                        self.id,
                        queue,
                        rx_descriptors,
                        socket,
                        std::ptr::null(),
                        pool.as_ptr(),
                    ),
                )?;
            }
            for queue in 0..plan.tx_queues {
                step(
                    &format!("transmit queue {queue} refused"),
                    dpdk_sys::rte_eth_tx_queue_setup(self.id, queue, tx_descriptors, socket, std::ptr::null()),
                )?;
            }
            step("it does not start", dpdk_sys::rte_eth_dev_start(self.id))?;
        }
        self.started = true;
        if plan.promiscuous {
            // SAFETY: a started port.
            let code = unsafe { dpdk_sys::rte_eth_promiscuous_enable(self.id) };
            let unsupported = DpdkError::code("", code).is_unsupported();
            // A driver without the switch (net_ring, net_null, net_pcap) sees everything anyway.
            if !unsupported {
                step("promiscuous mode refused", code)?;
            }
        }
        let rx = (0..plan.rx_queues).map(|queue| RxQueue { port: self.id, queue, _eal: self.eal.clone() }).collect();
        let tx = (0..plan.tx_queues).map(|queue| TxQueue { port: self.id, queue, _eal: self.eal.clone() }).collect();
        Ok((rx, tx))
    }

    /// Stops the port, so that it can be started in another way. Its queues must be gone.
    pub fn stop(&mut self) {
        if std::mem::take(&mut self.started) {
            // SAFETY: a started port.
            unsafe { dpdk_sys::rte_eth_dev_stop(self.id) };
        }
    }

    /// Link state now.
    #[must_use]
    pub fn link(&self) -> Link {
        link(self.id)
    }

    /// The device's own Ethernet address.
    #[must_use]
    pub fn mac(&self) -> Option<[u8; 6]> {
        let mut address = dpdk_sys::rte_ether_addr::default();
        // SAFETY: a live port and a place for the address.
        let code = unsafe { dpdk_sys::rte_eth_macaddr_get(self.id, &raw mut address) };
        (code == 0).then_some(address.addr_bytes)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // SAFETY: a port we found; queues' owners have ended before the port is dropped (the run command's order).
        unsafe {
            if self.started {
                dpdk_sys::rte_eth_dev_stop(self.id);
            }
            dpdk_sys::rte_eth_dev_close(self.id);
        }
    }
}

/// Link state of port `id`.
#[must_use]
pub fn link(id: u16) -> Link {
    let mut link = dpdk_sys::rte_eth_link::default();
    // SAFETY: a place for the answer; an unknown port is refused by the call.
    unsafe { dpdk_sys::rte_eth_link_get_nowait(id, &raw mut link) };
    Link { up: link.link_status() != 0, speed_mbps: link.link_speed, full_duplex: link.link_duplex() != 0 }
}

/// Counters of port `id`.
///
/// # Errors
/// When the driver does not answer.
pub fn stats(id: u16) -> Result<PortStats, DpdkError> {
    let mut raw = dpdk_sys::rte_eth_stats::default();
    // SAFETY: a place for the answer; an unknown port is refused by the call.
    let code = unsafe { dpdk_sys::rte_eth_stats_get(id, &raw mut raw) };
    if code != 0 {
        return Err(DpdkError::code(format!("port {id}: no statistics"), code));
    }
    Ok(PortStats {
        ipackets: raw.ipackets,
        opackets: raw.opackets,
        ibytes: raw.ibytes,
        obytes: raw.obytes,
        imissed: raw.imissed,
        ierrors: raw.ierrors,
        oerrors: raw.oerrors,
        rx_nombuf: raw.rx_nombuf,
    })
}

/// Sets all counters of port `id` to zero.
pub fn reset_stats(id: u16) {
    // SAFETY: unknown ports are refused by the calls.
    unsafe {
        dpdk_sys::rte_eth_stats_reset(id);
        dpdk_sys::rte_eth_xstats_reset(id);
    }
}

/// The driver's own counters of port `id`, by name.
///
/// # Errors
/// When the driver does not answer.
pub fn xstats(id: u16) -> Result<Vec<(String, u64)>, DpdkError> {
    let failed = |code| DpdkError::code(format!("port {id}: no extended statistics"), code);
    // SAFETY: with no array and size 0 the call returns how many there are.
    let count = unsafe { dpdk_sys::rte_eth_xstats_get_names(id, std::ptr::null_mut(), 0) };
    let size = usize::try_from(count).map_err(|_| failed(count))?;
    let mut names = vec![dpdk_sys::rte_eth_xstat_name::default(); size];
    let mut values = vec![dpdk_sys::rte_eth_xstat::default(); size];
    let n = u32::try_from(size).unwrap_or(0);
    // SAFETY: both arrays have `n` elements.
    let (got_names, got_values) = unsafe {
        (
            dpdk_sys::rte_eth_xstats_get_names(id, names.as_mut_ptr(), n),
            dpdk_sys::rte_eth_xstats_get(id, values.as_mut_ptr(), n),
        )
    };
    if got_names != count || got_values != count {
        return Err(failed(got_values.min(got_names)));
    }
    Ok(names
        .iter()
        .zip(&values)
        .map(|(name, value)| {
            // SAFETY: NUL-terminated by the driver.
            let name = unsafe { CStr::from_ptr(name.name.as_ptr()) };
            (name.to_string_lossy().into_owned(), value.value)
        })
        .collect())
}

/// A receive queue; one thread polls it.
#[derive(Debug)]
pub struct RxQueue {
    port: u16,
    queue: u16,
    _eal: Eal,
}

impl RxQueue {
    /// The port's number.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The queue's number.
    #[must_use]
    pub const fn queue(&self) -> u16 {
        self.queue
    }

    /// Appends up to `most` received packets to `burst`. Returns how many came.
    #[inline]
    pub fn receive(&mut self, burst: &mut Burst, most: usize) -> usize {
        let (places, room) = burst.raw_free();
        let n = u16::try_from(room.min(most)).unwrap_or(0);
        // SAFETY: `places` has room for `n` pointers; the driver fills the first `got` with references that are ours.
        // The queue is set up, and only this handle polls it.
        unsafe {
            let got = usize::from(dpdk_sys::tg_eth_rx_burst(self.port, self.queue, places, n));
            burst.grow(got);
            got
        }
    }
}

/// A transmit queue; one thread fills it.
#[derive(Debug)]
pub struct TxQueue {
    port: u16,
    queue: u16,
    _eal: Eal,
}

impl TxQueue {
    /// The port's number.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Sends packets from the front of `burst`, as many as the queue takes; the
    /// rest stays. Returns how many went.
    pub fn send(&mut self, burst: &mut Burst) -> usize {
        let (raw, len) = burst.raw_used();
        let n = u16::try_from(len).unwrap_or(0);
        // SAFETY: `raw` holds `n` owned references; the driver owns the first `sent` of them afterwards.
        unsafe {
            let sent = usize::from(dpdk_sys::tg_eth_tx_burst(self.port, self.queue, raw, n));
            burst.gave_away(sent);
            sent
        }
    }
}
