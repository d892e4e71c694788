//! `[[port]]` and `[mempool]`: where packets come from and where they are kept.
//! Only `run` uses them.

use hashbrown::HashMap;

use super::error::{ConfigError, quoted};
use super::spec::{Choice, Flag, Maybe, Number, Required, Section, Text, section};
use super::walk::Table;

/// Longest name of a port, in bytes: DPDK's `RTE_ETH_NAME_MAX_LEN` less the final zero.
const MAX_PORT_NAME: usize = 63;

/// Where the hash that chooses a packet's worker is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RssMode {
    /// By the NIC where it can, by a dispatcher lcore where not.
    #[default]
    Auto,
    /// By the NIC; the sensor refuses to start when that cannot be had.
    Hardware,
    /// By a dispatcher lcore, even if the NIC could.
    Software,
}

section! {
    /// One `[[port]]`.
    pub struct PortConfig at "port" {
        /// PCI address or name of a virtual device. Empty in `PortConfig::default()` only.
        "name" => name: String = Required(Text {
            default: "",
            check: is_port_name,
            expected: "a PCI address or a device name of 1 to 63 characters, without blanks or commas",
        });
        /// Arguments with which to create the virtual device; `None`: the device is there already.
        "vdev" => vdev: Option<String> = Maybe(Text {
            default: "",
            check: |text| text.bytes().all(|b| b.is_ascii_graphic()),
            expected: "device arguments such as \"iface=veth1\", without blanks",
        });
        /// Where the hash is computed.
        "rss" => rss: RssMode = Choice {
            default: RssMode::Auto,
            of: &[("auto", RssMode::Auto), ("hardware", RssMode::Hardware), ("software", RssMode::Software)],
        };
        /// Receive queues; 0: one a worker with hardware RSS, one in all with software RSS.
        "queues" => queues: u16 = Number { default: 0, min: 0, max: 128 };
        /// Receive descriptors a queue.
        "rx_descriptors" => rx_descriptors: u16 = Number { default: 1024, min: 32, max: 32768 };
        /// Transmit descriptors a queue.
        "tx_descriptors" => tx_descriptors: u16 = Number { default: 512, min: 32, max: 32768 };
        /// Largest layer-3 packet, in bytes.
        "mtu" => mtu: u16 = Number { default: 1500, min: 68, max: 9216 };
        /// Receive frames for other stations.
        "promiscuous" => promiscuous: bool = Flag(true);
    }
}

section! {
    /// `[mempool]`: packet buffers. There is one pool for each NUMA node that has a port.
    pub struct MempoolConfig at "mempool" {
        /// Buffers a pool; 0: computed from descriptors, rings and bursts.
        "mbufs" => mbufs: u32 = Number { default: 0, min: 0, max: 16_777_216 };
        /// Buffers that each lcore keeps at hand; 0: none. At most DPDK's `RTE_MEMPOOL_CACHE_MAX_SIZE`.
        "cache" => cache: u16 = Number { default: 256, min: 0, max: 512 };
    }
}

/// Reads every `[[port]]`; no two may have the same name.
pub(super) fn read_ports(root: &Table<'_>) -> Result<Vec<PortConfig>, ConfigError> {
    let mut ports = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    for table in root.tables("port")? {
        let port = PortConfig::read(&table)?;
        let Some(name) = table.value("name") else { continue };
        if let Some(first) = lines.insert(port.name.clone(), name.place.line()) {
            return Err(name.wrong(&format!("a port of its own: line {first} has it already")));
        }
        if port.vdev.is_some() && is_pci_address(&port.name) {
            let expected = "the name of a virtual device, such as \"net_af_packet0\", where vdev is given";
            return Err(name.place.wrong(&quoted(&port.name), expected));
        }
        ports.push(port);
    }
    Ok(ports)
}

fn is_port_name(text: &str) -> bool {
    (1..=MAX_PORT_NAME).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b',')
}

/// `[domain:]bus:device.function`, hexadecimal.
fn is_pci_address(text: &str) -> bool {
    let Some((address, function)) = text.rsplit_once('.') else { return false };
    let hex = |part: &str| !part.is_empty() && part.len() <= 8 && part.bytes().all(|b| b.is_ascii_hexdigit());
    hex(function) && address.contains(':') && address.split(':').all(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pci_addresses_are_told_from_device_names() {
        for text in ["0000:01:00.0", "01:00.1", "10000:af:1f.7"] {
            assert!(is_pci_address(text), "{text}");
        }
        for text in ["net_tap0", "net_pcap0", "01:00", "0000:01:00.", ":.0", "net.0", "xy:00.0"] {
            assert!(!is_pci_address(text), "{text}");
        }
    }
}
