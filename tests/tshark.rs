//! tshark and tidegate count the same packets and the same flows; where numbers differ, the reason is counted, too.
//!
//! Every packet's class is worked out from tshark's fields alone and has to be the counter that tidegate counted it
//! under. Every flow event has to have exactly the packets and bytes that tshark sees of its addresses, ports and
//! VLAN ids within its time. What remains are different ideas of where a flow begins; those are named and counted.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[path = "common/bundle.rs"]
mod bundle;
mod common;
#[path = "common/dissectors.rs"]
mod dissectors;
#[path = "tshark/flows.rs"]
mod flows;
#[path = "common/mix.rs"]
mod mix;
#[path = "tshark/packets.rs"]
mod packets;

use common::{capture, replay};
use flows::Reasons;
use mix::skipped;

/// Compares packets and flows of a file; `None` when there is no tshark.
fn agree(file: &Path) -> Option<Reasons> {
    let Some(packets) = packets::read(file) else {
        skipped("tshark is not installed");
        return None;
    };
    // Each packet for itself, as tshark is told to take them: no tunnel is looked into, and no fragments are put
    // together, since those of less than 1,280 bytes and packets of more are refused.
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("packets.toml");
    fs::write(&config, "[tunnel]\ndepth = 0\n[defrag]\nmin_fragment = 1280\nmax_packet = 1280\n").unwrap();
    let events = replay(&[file, Path::new("--config"), &config]).succeeded().events();
    let stats = &events.iter().rfind(|event| event["event_type"] == "stats").unwrap()["stats"];
    assert_eq!(stats["decoder"]["pkts"], packets.len(), "{}", file.display());
    assert_eq!(stats["decoder"]["bytes"], packets.iter().map(|packet| packet.len).sum::<u64>(), "{}", file.display());
    let mut classes: BTreeMap<String, u64> = BTreeMap::new();
    for packet in &packets {
        *classes.entry(packet.class.to_owned()).or_default() += 1;
    }
    assert_eq!(flows::classes(stats), classes, "{}", file.display());
    Some(flows::compare(&packets, &events))
}

/// The reasons without the numbers that are compared.
fn differences(reasons: &Reasons) -> Vec<(&str, i64)> {
    let compared = |name: &str| name.ends_with("streams of tshark");
    reasons.iter().filter(|(name, _)| !compared(name)).map(|(name, number)| (name.as_str(), *number)).collect()
}

#[test]
fn bundled_captures_are_counted_as_tshark_counts_them() {
    let table = std::fs::read_to_string(capture("counts.tsv")).unwrap();
    for file in bundle::captures() {
        let name = bundle::name(&file);
        let Some(reasons) = agree(&file) else { return };
        if name == "tunnels.pcap" {
            // The table counts streams within all tunnels; here tshark looks into IP in IP alone, tidegate into none.
            assert_eq!(differences(&reasons), [("TCP: - inside IP in IP", -2)], "{name}");
            continue;
        }
        assert_eq!(differences(&reasons), [], "{name}");
        let row = table.lines().find(|line| line.split('\t').next() == Some(&name)).unwrap();
        let column = |number: usize| row.split('\t').nth(number).unwrap().parse::<i64>().unwrap();
        assert_eq!(
            [reasons["TCP: streams of tshark"], reasons["UDP: streams of tshark"]],
            [column(3), column(4)],
            "{name}"
        );
    }
}

#[test]
fn the_public_mix_is_counted_as_tshark_counts_it() {
    let Some(file) = mix::public_mix() else { return };
    let Some(reasons) = agree(&file) else { return };
    let expected = [
        ("TCP: + a SYN reuses the ports of a connection that is closed", 24),
        ("TCP: + an answered SYN reuses the ports of a connection that is established", 1),
        ("TCP: + idle for longer than the timeout of a flow that is closed", 10),
        ("TCP: + idle for longer than the timeout of a flow that is new", 6),
        ("TCP: + one stream under several VLAN ids", 8),
        ("TCP: - inside IP in IP", -8),
        ("TCP: - only fragments, which the comparison leaves as they are", -5),
        ("TCP: - only packets that are rejected as ipv4_length_beyond_frame", -3),
        ("TCP: - only packets that are rejected as tcp_offset_beyond_segment", -1),
        ("TCP: - only quoted by ICMP errors", -3),
        ("TCP: - tshark begins anew at a SYN within a session", -4),
        ("TCP: - tshark takes an address from a routing header or a home address option", -2),
        ("UDP: + idle for longer than the timeout of a flow that is new", 23),
        ("UDP: + one stream under several VLAN ids", 4),
        ("UDP: - inside IP in IP", -5),
        ("UDP: - only fragments, which the comparison leaves as they are", -14),
        ("UDP: - only packets that are rejected as ipv4_bad_option", -2),
        ("UDP: - only packets that are rejected as ipv4_length_beyond_frame", -89),
        ("UDP: - only packets that are rejected as udp_bad_length", -18),
        ("UDP: - only quoted by ICMP errors", -18),
        ("UDP: - tshark takes an address from a routing header or a home address option", -2),
    ];
    assert_eq!(differences(&reasons), expected);
    assert_eq!([reasons["TCP: streams of tshark"], reasons["UDP: streams of tshark"]], [5375, 4034]);
}
