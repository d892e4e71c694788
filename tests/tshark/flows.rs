//! tidegate's flow events beside the packets that tshark sees, and the reasons for every difference in number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::packets::{Packet, Tuple};

/// A flow event.
#[derive(Clone, Debug)]
struct Flow {
    start_us: u64,
    end_us: u64,
    packets: usize,
    bytes: u64,
    state: String,
    reason: String,
}

/// Why numbers differ, and by how much: what has to be added to tshark's streams to get tidegate's flows.
pub(crate) type Reasons = BTreeMap<String, i64>;

/// Counters under `decoder` that are not zero, but for the totals.
pub(crate) fn classes(stats: &Value) -> BTreeMap<String, u64> {
    let mut classes = BTreeMap::new();
    for (name, value) in stats["decoder"].as_object().unwrap() {
        match value {
            // What may be a tunnel is counted as what it is outside as well.
            Value::Object(_) if name == "tunnel_stop" => {}
            Value::Object(rejects) => {
                classes.extend(rejects.iter().map(|(reason, n)| (format!("{name}.{reason}"), n.as_u64().unwrap())));
            }
            // ICMP errors are counted as ICMP messages as well.
            _ if ["pkts", "bytes", "cut", "icmp_error", "icmp_error_known"].contains(&name.as_str()) => {}
            number => drop(classes.insert(name.clone(), number.as_u64().unwrap())),
        }
    }
    let fragments = ["ipv4", "ipv6"].map(|family| stats["defrag"][family]["fragments"].as_u64().unwrap());
    classes.insert("fragment".to_owned(), fragments.iter().sum());
    classes.retain(|_, number| *number != 0);
    classes
}

fn time_us(event: &Value, field: &str) -> u64 {
    let text = event["flow"][field].as_str().unwrap();
    let time: jiff::Timestamp = text.parse().unwrap();
    u64::try_from(time.as_microsecond()).unwrap()
}

fn flow(event: &Value) -> Option<(Tuple, Flow)> {
    let proto = ["TCP", "UDP"].into_iter().find(|proto| event["proto"] == *proto)?;
    let end = |address: &str, port: &str| {
        (event[address].as_str().unwrap().parse().unwrap(), u16::try_from(event[port].as_u64().unwrap()).unwrap())
    };
    let vlan = event["vlan"].as_array().into_iter().flatten().map(|id| id.as_u64().unwrap()).collect();
    let tuple = Tuple::new(proto, vlan, [end("src_ip", "src_port"), end("dest_ip", "dest_port")]);
    let count = |field: &str| event["flow"][field].as_u64().unwrap();
    let flow = Flow {
        start_us: time_us(event, "start"),
        end_us: time_us(event, "end"),
        packets: usize::try_from(count("pkts_toserver") + count("pkts_toclient")).unwrap(),
        bytes: count("bytes_toserver") + count("bytes_toclient"),
        state: event["flow"]["state"].as_str().unwrap().to_owned(),
        reason: event["flow"]["reason"].as_str().unwrap().to_owned(),
    };
    Some((tuple, flow))
}

/// The default idle times, docs/configuration.md, `[flow.timeout]`.
fn timeout_us(proto: &str, state: &str) -> u64 {
    match (proto, state) {
        ("TCP", "established") => 600_000_000,
        ("TCP", "closed") => 10_000_000,
        ("UDP", "established") => 300_000_000,
        (_, "new") => 30_000_000,
        other => panic!("{other:?}"),
    }
}

/// Lays the packets of a tuple out over its flows, one flow after the other: each must have exactly the packets, bytes
/// and times of its share, and every end of a flow before the tuple's last packet must have had its reason.
fn splits(tuple: &Tuple, flows: &mut [Flow], packets: &[&Packet], reasons: &mut Reasons) {
    flows.sort_by_key(|flow| flow.start_us);
    let mut rest = packets;
    let mut before: Option<&Flow> = None;
    for flow in flows.iter() {
        assert!(flow.packets <= rest.len(), "{tuple:?}: {flow:?} has packets that tshark does not see");
        let (own, after) = rest.split_at(flow.packets);
        rest = after;
        let (first, last) = (own.first().unwrap(), own.last().unwrap());
        assert_eq!(flow.start_us, first.time_us, "{tuple:?}: start of {flow:?}, packet {}", first.number);
        assert_eq!(flow.end_us, last.time_us, "{tuple:?}: end of {flow:?}, packet {}", last.number);
        assert_eq!(flow.bytes, own.iter().map(|packet| packet.len).sum::<u64>(), "{tuple:?}: bytes of {flow:?}");
        let longest = timeout_us(tuple.proto, "established");
        for pair in own.windows(2) {
            assert!(pair[1].time_us - pair[0].time_us < longest, "{tuple:?}: {flow:?} outlives every timeout");
        }
        if let Some(before) = before {
            let idle_us = flow.start_us - before.end_us;
            let reason = if before.reason == "timeout" {
                // Both times are cut to microseconds.
                let timeout_us = timeout_us(tuple.proto, &before.state);
                assert!(idle_us + 1 >= timeout_us, "{tuple:?}: {before:?} ended after {idle_us} µs of silence");
                format!("idle for longer than the timeout of a flow that is {}", before.state)
            } else {
                assert_eq!(before.reason, "tcp_reuse", "{tuple:?}: {before:?}");
                // In an established session only the answer to a SYN shows that it was meant.
                let answer = before.state == "established";
                assert!(first.opens != answer, "{tuple:?}: {before:?} ended by packet {}", first.number);
                let what = if answer { "an answered SYN" } else { "a SYN" };
                format!("{what} reuses the ports of a connection that is {}", before.state)
            };
            *reasons.entry(format!("{}: + {reason}", tuple.proto)).or_default() += 1;
        }
        before = Some(flow);
    }
    assert!(rest.is_empty(), "{tuple:?}: packet {} is in no flow", rest[0].number);
}

/// Streams of tshark that are no flow, that are more than one, or that share one.
fn streams(proto: &'static str, place: usize, packets: &[Packet], reasons: &mut Reasons) {
    let mut add = |reason: String, number: i64| *reasons.entry(format!("{proto}: {reason}")).or_default() += number;
    let mut first_seen: HashMap<u32, &Packet> = HashMap::new();
    let mut hidden: BTreeMap<u32, &'static str> = BTreeMap::new();
    let mut tuples_of: BTreeMap<u32, BTreeSet<&Tuple>> = BTreeMap::new();
    let mut streams_of: BTreeMap<&Tuple, Vec<u32>> = BTreeMap::new();
    for packet in packets {
        for (depth, stream) in packet.streams[place].iter().enumerate() {
            first_seen.entry(*stream).or_insert(packet);
            match &packet.tuple {
                Some(tuple) if depth == 0 && tuple.proto == proto => {
                    tuples_of.entry(*stream).or_default().insert(tuple);
                    let streams = streams_of.entry(tuple).or_default();
                    if !streams.contains(stream) {
                        streams.push(*stream);
                    }
                }
                _ => drop(hidden.insert(*stream, packet.class)),
            }
        }
    }
    add("streams of tshark".to_owned(), i64::try_from(first_seen.len()).unwrap());
    for class in hidden.iter().filter(|(stream, _)| !tuples_of.contains_key(stream)).map(|(_, class)| class) {
        add(
            match *class {
                "icmp" => "- only quoted by ICMP errors".to_owned(),
                "other" => "- inside IP in IP".to_owned(),
                "fragment" => "- only fragments, which the comparison leaves as they are".to_owned(),
                class => format!("- only packets that are rejected as {}", class.trim_start_matches("reject.")),
            },
            -1,
        );
    }
    for (stream, tuples) in &tuples_of {
        assert!(
            tuples.iter().all(|tuple| tuple.ends == tuples.first().unwrap().ends),
            "stream {stream} has more than one pair of ends: {tuples:?}"
        );
        if tuples.len() > 1 {
            add("+ one stream under several VLAN ids".to_owned(), i64::try_from(tuples.len() - 1).unwrap());
        }
    }
    for (tuple, streams) in &streams_of {
        for stream in streams.iter().skip(1) {
            let first = first_seen[stream];
            let any_other_address = packets.iter().any(|packet| {
                packet.other_address && packet.tuple.as_ref() == Some(tuple) && packet.number <= first.number
            });
            let reason = if any_other_address {
                "- tshark takes an address from a routing header or a home address option"
            } else if first.opens {
                "- tshark begins anew at a SYN within a session"
            } else {
                panic!("{tuple:?}: stream {stream} begins with packet {} for no known reason", first.number)
            };
            add(reason.to_owned(), -1);
        }
    }
}

/// Compares both views of a capture; returns the reasons for all differences between the numbers of streams and flows.
pub(crate) fn compare(packets: &[Packet], events: &[Value]) -> Reasons {
    let mut reasons = Reasons::new();
    let flow_events = || events.iter().filter(|event| event["event_type"] == "flow");
    let mut flows: BTreeMap<Tuple, Vec<Flow>> = BTreeMap::new();
    for (tuple, flow) in flow_events().filter_map(flow) {
        flows.entry(tuple).or_default().push(flow);
    }
    let mut packets_of: BTreeMap<&Tuple, Vec<&Packet>> = BTreeMap::new();
    for packet in packets {
        if let Some(tuple) = &packet.tuple {
            packets_of.entry(tuple).or_default().push(packet);
        }
    }
    for (proto, place) in [("TCP", 0), ("UDP", 1)] {
        streams(proto, place, packets, &mut reasons);
    }
    for (tuple, packets) in &packets_of {
        let flows = flows.get_mut(tuple).unwrap_or_else(|| panic!("{tuple:?}: no flow; packet {}", packets[0].number));
        splits(tuple, flows, packets, &mut reasons);
    }
    for (tuple, flows) in &flows {
        assert!(packets_of.contains_key(tuple), "{tuple:?}: tshark has no packet of it; {flows:?}");
    }
    for proto in ["TCP", "UDP"] {
        let explained: i64 = reasons.iter().filter(|(name, _)| name.starts_with(proto)).map(|(_, n)| n).sum();
        let found = flow_events().filter(|event| event["proto"] == proto).count();
        assert_eq!(explained, i64::try_from(found).unwrap(), "{proto} flows; {reasons:#?}");
    }
    // Packets of all flows, whatever their protocol, are those that were analysed.
    let counted: u64 = flow_events()
        .map(|event| {
            event["flow"]["pkts_toserver"].as_u64().unwrap() + event["flow"]["pkts_toclient"].as_u64().unwrap()
        })
        .sum();
    let analysed =
        packets.iter().filter(|packet| packet.class != "fragment" && !packet.class.starts_with("reject.")).count();
    assert_eq!(counted, u64::try_from(analysed).unwrap());
    reasons
}
