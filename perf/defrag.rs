//! The defragmenter's speed on sets of fragments; `perf/defrag` runs it beside DPDK's `rte_ip_frag`.
//!
//! `sets DIR` writes the sets as captures, `measure FILE...` prints one JSON object for each. A set is gone through
//! again and again, each time with IP identifications not used before; only the calls are timed.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use serde_json::json;
use tidegate::defrag::{Defragmenter, Limits, Outcome, Policy, PolicyTable};
use tidegate::wire::{Headers, LinkType, Tunnels, parse_into};

/// Packets of a set; their fragments fit the second-level cache, as those of a few bursts do.
const PACKETS: u16 = 32;
/// `rte_ip_frag` takes no more fragments of a packet.
const FRAGMENTS: u16 = 8;
/// Fragments of a packet of an invalid set: what fits into 64 KiB at full length.
const INVALID_FRAGMENTS: u16 = 44;
/// Times that a set is gone through.
const ROUNDS: usize = 2001;
/// Ethernet and IPv4 headers.
const HEADERS: usize = 34;

/// One fragment: packet, offset in bytes, payload length, whether more follow.
type Fragment = (u16, u16, u16, bool);

/// Payloads of a 1,500-byte IP packet and of a 64-byte Ethernet frame, 8-byte units only.
const LENGTHS: [(&str, u16); 2] = [("1500", 1480), ("64", 24)];

fn whole(length: u16) -> Vec<Fragment> {
    let numbers = (0..PACKETS).flat_map(|packet| (0..FRAGMENTS).map(move |number| (packet, number)));
    numbers.map(|(packet, number)| (packet, number * length, length, number + 1 != FRAGMENTS)).collect()
}

/// Every set by name.
fn sets() -> Vec<(String, Vec<Fragment>)> {
    let mut sets = Vec::new();
    for (name, length) in LENGTHS {
        let in_order = whole(length);
        let mut reversed = in_order.clone();
        reversed.chunks_mut(usize::from(FRAGMENTS)).for_each(<[Fragment]>::reverse);
        let mut shuffled = in_order.clone();
        let mut state = 1_u64;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        let invalid = |step: u16, length: u16| -> Vec<Fragment> {
            let numbers = (0..PACKETS).flat_map(|packet| (0..INVALID_FRAGMENTS).map(move |number| (packet, number)));
            numbers.map(|(packet, number)| (packet, number * step, length, true)).collect()
        };
        sets.push((format!("{name}-in-order"), in_order));
        sets.push((format!("{name}-reversed"), reversed));
        sets.push((format!("{name}-shuffled"), shuffled));
        sets.push((format!("{name}-overlap"), invalid(length - 8, length)));
        sets.push((format!("{name}-bad-length"), invalid(length, length - 1)));
    }
    sets
}

fn frame((packet, offset, length, more): Fragment) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    frame.extend([0x45, 0]);
    frame.extend((20 + length).to_be_bytes());
    frame.extend(packet.to_be_bytes());
    frame.extend(((u16::from(more) << 13) | (offset / 8)).to_be_bytes());
    frame.extend([64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, (packet % 16) as u8]);
    frame.extend((0..length).map(|at| (at ^ offset) as u8));
    frame
}

/// A capture in pcap form, little-endian, Ethernet.
fn capture(fragments: &[Fragment]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(word.to_le_bytes());
    }
    for fragment in fragments {
        let frame = frame(*fragment);
        let length = frame.len() as u32;
        for word in [0, 0, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

fn frames(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = file.get(24..)?;
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest.get(8..12)?.try_into().ok()?) as usize;
        frames.push(rest.get(16..16 + length)?.to_vec());
        rest = rest.get(16 + length..)?;
    }
    Some(frames)
}

/// Gives every packet an identification that it did not have before.
fn renumber(frames: &mut [Vec<u8>]) {
    for frame in frames {
        if let Some(id) = frame.get_mut(18..20) {
            let next = u16::from_be_bytes([id[0], id[1]]).wrapping_add(PACKETS);
            id.copy_from_slice(&next.to_be_bytes());
        }
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(path: &Path, policy: Policy) -> Result<serde_json::Value, Box<dyn Error>> {
    let mut frames = frames(&std::fs::read(path)?).ok_or("not a capture of this program's")?;
    let limits = Limits { policy: PolicyTable::new(policy), seed: 7, ..Limits::default() };
    let timeout_ns = limits.timeout_ns;
    let mut defragmenter = Defragmenter::new(limits);
    let (mut calls, mut with_headers) = (Vec::new(), Vec::new());
    let (mut whole, mut bytes, mut now_ns) = (0_u64, 0_u64, 0_u64);
    let mut headers = vec![Headers::default(); frames.len()];
    for round in 0..ROUNDS * 2 {
        renumber(&mut frames);
        // Nothing is left of the round before, bad descriptors neither.
        now_ns += timeout_ns;
        while defragmenter.expire(now_ns, 1024) != 0 {}
        let separate = round % 2 == 0;
        let tunnels = Tunnels::none();
        let parse = |frame: &Vec<u8>, headers: &mut Headers| {
            parse_into(LinkType::Ethernet, frame, frame.len() as u32, false, &tunnels, headers).is_ok()
        };
        if separate {
            assert!(frames.iter().zip(&mut headers).all(|(frame, headers)| parse(frame, headers)));
        }
        let begin = Instant::now();
        for (frame, headers) in frames.iter().zip(&mut headers) {
            if !separate {
                assert!(parse(frame, headers));
            }
            if let Outcome::Whole(packet) = defragmenter.fragment(frame, headers, frame.len() as u32, now_ns).outcome {
                whole += 1;
                bytes += packet.frame.len() as u64;
            }
        }
        let ns = begin.elapsed().as_nanos() as f64 / frames.len() as f64;
        if separate { &mut calls } else { &mut with_headers }.push(ns);
    }
    let per_round = frames.len() - frames.iter().filter(|frame| frame[20] & 0x20 != 0).count();
    assert_eq!(whole, (per_round * ROUNDS * 2) as u64, "not every packet became whole");
    assert!(whole == 0 || bytes / whole > HEADERS as u64);
    Ok(json!({
        "program": "tidegate",
        "set": path.file_stem().map(|name| name.to_string_lossy()),
        "policy": policy.name(),
        "fragments": frames.len(),
        "packets": per_round,
        "ns_per_fragment": median(&mut calls),
        "ns_per_fragment_with_headers": median(&mut with_headers),
    }))
}

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo bench` adds an argument of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.split_first() {
        Some((command, [dir])) if command == "sets" => {
            for (name, fragments) in sets() {
                std::fs::write(Path::new(dir).join(name + ".pcap"), capture(&fragments))?;
            }
        }
        Some((command, [policy, files @ ..])) if command == "measure" && !files.is_empty() => {
            let policy = Policy::from_name(policy).ok_or("expected the name of a policy")?;
            for file in files {
                writeln!(std::io::stdout(), "{}", measure(Path::new(file), policy)?)?;
            }
        }
        _ => return Err("usage: defrag sets DIR | defrag measure POLICY FILE...".into()),
    }
    Ok(())
}
