//! Wrong configurations, each with the whole line it gives.

use std::fs;
use std::path::Path;

use tidegate::config::Config;

use crate::relative;

/// A configuration `sensor.toml`, and the message it gives.
const CASES: &[(&str, &str)] = &[
    // Not TOML.
    ("[worker]\nburst =\n", "sensor.toml:2: not valid TOML: string values must be quoted, expected literal string"),
    (
        "[eal]\nmemory = 1 GiB\n",
        "sensor.toml:2: not valid TOML at \"1 GiB\": string values must be quoted, expected literal string",
    ),
    ("[worker\nburst = 4\n", "sensor.toml:1: not valid TOML: unclosed table, expected `]`"),
    ("[worker]\nburst = 4\nburst = 8\n", "sensor.toml:3: burst: found the key a second time, expected it once"),
    ("[flow]\nvlan = true\n[tcp]\n[flow]\n", "sensor.toml:4: flow: found the key a second time, expected it once"),
    // Unknown keys.
    (
        "[flow.timeout]\ntcp_nwe = \"30s\"\n",
        "sensor.toml:2: flow.timeout.tcp_nwe: unknown key, did you mean \"tcp_new\"?",
    ),
    ("\n\n[workers]\ncount = 1\n", "sensor.toml:3: workers: unknown key, did you mean \"worker\"?"),
    (
        "[worker]\ncapacity = 1\n",
        "sensor.toml:2: worker.capacity: unknown key, expected \"count\", \"burst\", \"ring\", \"inbox\", \"mesh_buffers\" or \"events\"",
    ),
    ("[[port]]\nnmae = \"net_tap0\"\n", "sensor.toml:2: port[0].nmae: unknown key, did you mean \"name\"?"),
    ("[scan]\n\"a\\nb\" = 1\n", "sensor.toml:2: scan.a\\nb: unknown key, expected \"hit_records\""),
    (
        "zz = 1\naa = 1\n[kill]\nraet = 1\n",
        "sensor.toml:1: zz: unknown key, expected \"eal\", \"port\", \"mempool\", \"worker\", \"decoder\", \"tunnel\", \"defrag\", \"flow\", \"tcp\", \"host\", \"depth\", \"sessions\", \"decode\", \"ranges\", \"extractor\", \"tls\", \"scan\", \"dictionary\", \"kill\", \"event\" or \"telemetry\"",
    ),
    // Wrong types.
    ("worker = 3\n", "sensor.toml:1: worker: found 3, expected a table"),
    ("[port]\nname = \"net_tap0\"\n", "sensor.toml:1: port: found a table, expected tables under [[port]]"),
    ("port = [1]\n", "sensor.toml:1: port[0]: found 1, expected tables under [[port]]"),
    ("[worker]\nburst = \"many\"\n", "sensor.toml:2: worker.burst: found \"many\", expected a number from 4 to 64"),
    ("[worker]\nburst = 32.0\n", "sensor.toml:2: worker.burst: found 32.0, expected a number from 4 to 64"),
    ("[flow]\nvlan = \"yes\"\n", "sensor.toml:2: flow.vlan: found \"yes\", expected true or false"),
    (
        "[eal]\nargs = \"--log-level=8\"\n",
        "sensor.toml:2: eal.args: found \"--log-level=8\", expected an array of strings",
    ),
    ("[eal]\nargs = [\n  \"-n\",\n  4,\n]\n", "sensor.toml:4: eal.args[1]: found 4, expected a string"),
    ("[flow]\ntimeout = [\"1s\"]\n", "sensor.toml:2: flow.timeout: found an array, expected a table"),
    // Hosts and depths.
    (
        "[[host]]\ntcp = \"linux\"\n",
        "sensor.toml:1: host[0].prefixes: found nothing, expected an array of 1 to 4096 prefixes such as \"10.0.0.0/8\"",
    ),
    (
        "[[host]]\nprefixes = [\"10.0.0.0/8\", \"10.1.2.3/8\"]\n",
        "sensor.toml:2: host[0].prefixes[1]: found \"10.1.2.3/8\", expected a prefix such as \"10.0.0.0/8\" or \"2001:db8::/32\"",
    ),
    (
        "[[host]]\nprefixes = [\"::/0\"]\ntcp = \"plan9\"\n",
        "sensor.toml:3: host[0].tcp: found \"plan9\", expected \"first\", \"last\", \"linux\", \"windows\", \"bsd\" or \"solaris\"",
    ),
    (
        "[[host]]\nprefixes = [\"10.0.0.0/8\", \"::1\", \"::1/128\"]\n",
        "sensor.toml:2: host[0].prefixes[2]: found \"::1/128\", expected each prefix once",
    ),
    (
        "[[host]]\nprefixes = [\"10.0.0.0/8\"]\ntcp = \"bsd\"\n[[host]]\nprefixes = [\n\"::1\",\n\"10.0.0.0/8\"]\ntcp = \"windows\"\n",
        "sensor.toml:7: host[1].prefixes[1]: found \"10.0.0.0/8\", expected a prefix of its own: line 2 has it already, \
         with tcp",
    ),
    (
        "[[host]]\nprefixes = [\"::1\"]\nfragments = \"bsd\"\n[[host]]\nprefixes = [\"::1\"]\nfragments = \"bsd\"\n",
        "sensor.toml:5: host[1].prefixes[0]: found \"::1\", expected a prefix of its own: line 2 has it already, with \
         fragments",
    ),
    (
        "[[depth]]\nports = [80]\n[[depth]]\nports = [443,\n 80]\nto_client = 0\n",
        "sensor.toml:5: depth[1].ports[1]: found 80, expected a port of its own: line 2 has it already",
    ),
    ("[[depth]]\nports = [80, 80]\n", "sensor.toml:2: depth[0].ports[1]: found 80, expected each port once"),
    ("[[depth]]\nports = [0]\n", "sensor.toml:2: depth[0].ports[0]: found 0, expected a number from 1 to 65535"),
    (
        "[tunnel]\nvxlan = 4789\n",
        "sensor.toml:2: tunnel.vxlan: found 4789, expected an array of at most 4 port numbers",
    ),
    (
        "[tunnel]\ngeneve = [1, 2, 3, 4, 5]\n",
        "sensor.toml:2: tunnel.geneve: found an array, expected an array of at most 4 port numbers",
    ),
    (
        "[tunnel]\ngtpu = [\n  2152,\n  65536,\n]\n",
        "sensor.toml:4: tunnel.gtpu[1]: found 65536, expected a number from 1 to 65535",
    ),
    ("[tunnel]\ngtpu = [0]\n", "sensor.toml:2: tunnel.gtpu[0]: found 0, expected a number from 1 to 65535"),
    ("[tunnel]\nvxlan = [7, 7]\n", "sensor.toml:2: tunnel.vxlan[1]: found 7, expected each port once"),
    (
        "[tunnel]\nvxlan = [4789]\ngeneve = [6081, 4789]\n",
        "sensor.toml:3: tunnel.geneve: found 4789, expected ports of its own: tunnel.vxlan has it already",
    ),
    (
        "[defrag]\npolicy = \"solaris\"\n",
        "sensor.toml:2: defrag.policy: found \"solaris\", expected \"first\", \"last\", \"linux\", \"windows\", \"bsd\" or \"drop\"",
    ),
    // Durations and sizes.
    (
        "[flow.timeout]\ntcp_new = \"soon\"\n",
        "sensor.toml:2: flow.timeout.tcp_new: found \"soon\", expected a duration such as \"30s\"",
    ),
    (
        "[flow.timeout]\nudp_established = 300\n",
        "sensor.toml:2: flow.timeout.udp_established: found 300, expected a duration such as \"5m\"",
    ),
    (
        "[flow.timeout]\nicmp = \"8d\"\n",
        "sensor.toml:2: flow.timeout.icmp: found \"8d\", expected a duration from 100ms to 7d",
    ),
    (
        "[flow.timeout]\nother = \"99999999999999999999d\"\n",
        "sensor.toml:2: flow.timeout.other: found \"99999999999999999999d\", expected a duration from 100ms to 7d",
    ),
    (
        "[event]\nstats_interval = \"500ms\"\n",
        "sensor.toml:2: event.stats_interval: found \"500ms\", expected 0 or a duration from 1s to 1d",
    ),
    ("[eal]\nmemory = \"2 GB\"\n", "sensor.toml:2: eal.memory: found \"2 GB\", expected a size such as \"1 GiB\""),
    (
        "[eal]\nmemory = 100000000\n",
        "sensor.toml:2: eal.memory: found 100000000, expected a size from 64 MiB to 1 TiB, a multiple of 1 MiB",
    ),
    (
        "[eal]\nmemory = -1\n",
        "sensor.toml:2: eal.memory: found -1, expected a size from 64 MiB to 1 TiB, a multiple of 1 MiB",
    ),
    // Ranges.
    ("[worker]\ncount = 128\n", "sensor.toml:2: worker.count: found 128, expected a number from 0 to 127"),
    ("[worker]\ncount = -1\n", "sensor.toml:2: worker.count: found -1, expected a number from 0 to 127"),
    ("[worker]\nring = 4095\n", "sensor.toml:2: worker.ring: found 4095, expected a power of two from 64 to 65536"),
    (
        "[worker]\nring = 0x20000\n",
        "sensor.toml:2: worker.ring: found 0x20000, expected a power of two from 64 to 65536",
    ),
    (
        "[flow]\nhalf_open = 1\n",
        "sensor.toml:2: flow.half_open: found 1, expected a power of two from 1024 to 16777216",
    ),
    ("[flow]\nhalf_open_events = 1\n", "sensor.toml:2: flow.half_open_events: found 1, expected true or false"),
    (
        "[flow]\noverload = \"drop\"\n",
        "sensor.toml:2: flow.overload: found \"drop\", expected \"refuse\" or \"recycle\"",
    ),
    ("[flow]\ncapacity = 0\n", "sensor.toml:2: flow.capacity: found 0, expected a number from 1024 to 16777216"),
    (
        "[flow]\ncapacity = 999999999999999999999999999999999999999999999999999999999999999\n",
        "sensor.toml:2: flow.capacity: found 999999999999999999999999999999999999999999999999999999999999..., \
         expected a number from 1024 to 16777216",
    ),
    (
        "[[port]]\nname = \"net_tap0\"\n[[port]]\nname = \"net_tap1\"\nmtu = 9217\n",
        "sensor.toml:5: port[1].mtu: found 9217, expected a number from 68 to 9216",
    ),
    // Words and names.
    (
        "[[port]]\nname = \"net_tap0\"\nrss = \"hard\"\n",
        "sensor.toml:3: port[0].rss: found \"hard\", expected \"auto\", \"hardware\" or \"software\"",
    ),
    (
        "[[port]]\nrss = \"auto\"\n",
        "sensor.toml:1: port[0].name: found nothing, expected a PCI address or a device name of 1 to 63 characters, \
         without blanks or commas",
    ),
    (
        "[[port]]\nname = \"net_af_packet0,iface=veth1\"\n",
        "sensor.toml:2: port[0].name: found \"net_af_packet0,iface=veth1\", expected a PCI address or a device name \
         of 1 to 63 characters, without blanks or commas",
    ),
    (
        "[eal]\nlcores = \"all\"\n",
        "sensor.toml:2: eal.lcores: found \"all\", expected an EAL lcores expression such as \"0-3\" or \"(0-3)@(0,1)\"",
    ),
    (
        "[eal]\nfile_prefix = \"../x\"\n",
        "sensor.toml:2: eal.file_prefix: found \"../x\", expected 1 to 32 letters, digits, \"-\" or \"_\"",
    ),
    (
        "[event]\nfile = \"/tmp/eve.json\"\n",
        "sensor.toml:2: event.file: found \"/tmp/eve.json\", expected a file name without directories",
    ),
    (
        "[event]\nfile = \"\"\"\na\nb/c\"\"\"\n",
        "sensor.toml:2: event.file: found \"a\\nb/c\", expected a file name without directories",
    ),
    // Values that do not go together.
    (
        "[[port]]\nname = \"net_tap0\"\n\n[[port]]\nname = \"net_tap0\"\n",
        "sensor.toml:5: port[1].name: found \"net_tap0\", expected a port of its own: line 2 has it already",
    ),
    (
        "[[port]]\nname = \"0000:01:00.0\"\nvdev = \"iface=veth1\"\n",
        "sensor.toml:2: port[0].name: found \"0000:01:00.0\", expected the name of a virtual device, such as \
         \"net_af_packet0\", where vdev is given",
    ),
    (
        "[kill]\nport = \"net_tap1\"\n[[port]]\nname = \"net_tap0\"\n",
        "sensor.toml:2: kill.port: found \"net_tap1\", expected the name of a [[port]]",
    ),
    (
        "[mempool]\nmbufs = 100\ncache = 256\n",
        "sensor.toml:2: mempool.mbufs: found 100, expected 0 or at least 384, 1.5 times mempool.cache",
    ),
    (
        "[mempool]\nmbufs = 4000\n[[port]]\nname = \"net_tap0\"\nqueues = 4\n",
        "sensor.toml:2: mempool.mbufs: found 4000, expected 0 or at least 6144, the descriptors of port \"net_tap0\"",
    ),
];

#[test]
fn each_gives_its_one_line() {
    let cases: Vec<_> = CASES.iter().map(|(text, line)| ([("sensor.toml", *text)], *line)).collect();
    let cases: Vec<_> = cases.iter().map(|(files, line)| (files.as_slice(), *line)).collect();
    crate::assert_messages(&cases);
}

#[test]
fn tables_of_hosts_may_each_say_something_else_of_the_same_addresses() {
    let text = "[[host]]\nprefixes = [\"::1\"]\ntcp = \"bsd\"\n[[host]]\nprefixes = [\"::1\"]\nfragments = \"bsd\"\n";
    assert_eq!(crate::load(&[("sensor.toml", text)]).unwrap().hosts.len(), 2);
}

/// Only a sensor that is root needs the user, and then says so before it starts anything.
#[test]
fn a_user_has_to_be_one_of_the_system_where_it_is_needed() {
    let load = |text| crate::load(&[("sensor.toml", text)]).map(drop);
    let text = "[extractor]\nuser = \"no such user\"\n";
    let expected = if rustix::process::geteuid().is_root() {
        Err("sensor.toml:2: extractor.user: found \"no such user\", expected a user of this system (/etc/passwd) \
             without root's rights"
            .to_owned())
    } else {
        Ok(())
    };
    assert_eq!(load(text), expected);
    assert_eq!(load("[extractor]\nenabled = false\nuser = \"no such user\"\n"), Ok(()));
    let number =
        "sensor.toml:2: extractor.user: found 65534, expected a string: the name or number of a user other than root";
    assert_eq!(load("[extractor]\nuser = 65534\n"), Err(number.to_owned()));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_not_move_the_line() {
    let message = crate::load(&[("sensor.toml", "\u{feff}[worker]\r\n\r\nburst = 65\r\n")]).unwrap_err();
    assert_eq!(message, "sensor.toml:3: worker.burst: found 65, expected a number from 4 to 64");
}

#[test]
fn what_cannot_be_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let load = |name: &str| relative(&Config::load(&directory.path().join(name)).unwrap_err(), directory.path());
    assert_eq!(load("sensor.toml"), "sensor.toml: found no such file, expected a configuration file");
    fs::create_dir(directory.path().join("etc")).unwrap();
    assert_eq!(load("etc"), "etc: found a directory, expected a configuration file");
    fs::write(directory.path().join("sensor.toml"), b"[worker]\n# \xe9t\xe9\nburst = 4\n").unwrap();
    assert_eq!(load("sensor.toml"), "sensor.toml:2: found the byte 0xe9, expected UTF-8 text");
    assert_eq!(
        load("sensor.toml/x"),
        "sensor.toml/x: found a file that cannot be read (Not a directory), expected a configuration file"
    );
}

#[test]
fn an_endless_file_is_refused() {
    let error = Config::load(Path::new("/dev/zero")).unwrap_err();
    assert_eq!(error.to_string(), "/dev/zero: found more than 128 MiB, expected a configuration file");
}

#[test]
fn run_wants_a_port() {
    let error = Config::default().require_ports().unwrap_err();
    assert_eq!(error.to_string(), "built-in defaults: port: found none, expected at least one [[port]]");
    let config = Config::from_bytes(Path::new("sensor.toml"), b"").unwrap();
    let error = config.require_ports().unwrap_err();
    assert_eq!(error.to_string(), "sensor.toml: port: found none, expected at least one [[port]]");
    assert_eq!((error.file_name(), error.line(), error.key()), ("sensor.toml", None, Some("port")));
    let config = Config::from_bytes(Path::new("sensor.toml"), b"[[port]]\nname = \"net_null0\"\n").unwrap();
    config.require_ports().unwrap();
}
