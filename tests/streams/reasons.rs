//! Why tcpflow and tidegate may write different files for one direction: what can be seen in its segments.

use super::segments::{Directions, Segment};

const FIN: u16 = 1;
const SYN: u16 = 2;
const RST: u16 = 4;

/// A jump by which tcpflow believes in another connection.
const JUMP: u32 = 16 << 20;

/// The other direction's name.
fn reversed(name: &str) -> String {
    let (from, to) = name.split_once('-').unwrap();
    format!("{to}-{from}")
}

/// The difference of two sequence numbers.
fn distance(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b) as i32
}

/// Payload follows a segment with these flags.
fn follows(segments: &[Segment], flags: u16) -> bool {
    let first = segments.iter().position(|segment| segment.flags & flags != 0);
    first.is_some_and(|first| segments[first + 1..].iter().any(|segment| segment.length != 0))
}

/// Two segments have other bytes for the same numbers.
fn conflicts(segments: &[Segment]) -> bool {
    segments.iter().enumerate().any(|(number, one)| {
        segments[number + 1..].iter().any(|other| {
            let shift = distance(other.seq, one.seq);
            let start = shift.max(0);
            let end = (shift + other.payload.len() as i32).min(one.payload.len() as i32);
            start < end
                && one.payload[start as usize..end as usize]
                    != other.payload[(start - shift) as usize..(end - shift) as usize]
        })
    })
}

/// Initial sequence numbers.
fn beginnings(segments: &[Segment]) -> usize {
    let mut isns: Vec<_> = segments.iter().filter(|segment| segment.flags & SYN != 0).map(|one| one.seq).collect();
    isns.sort_unstable();
    isns.dedup();
    isns.len()
}

/// Payload that stands before the first number seen.
fn before_first(segments: &[Segment]) -> bool {
    segments[1..].iter().any(|segment| segment.length != 0 && distance(segment.seq, segments[0].seq) < 0)
}

/// No payload was seen where the first number says that the stream begins.
fn begins_with_hole(segments: &[Segment]) -> bool {
    let first = segments[0].seq.wrapping_add(u32::from(segments[0].flags & SYN != 0));
    let payload = segments.iter().filter(|segment| segment.length != 0);
    payload.map(|segment| distance(segment.seq, first)).min().is_some_and(|nearest| nearest > 0)
}

/// Payload that fills a hole behind which more was seen.
fn late(segments: &[Segment]) -> bool {
    let mut end = None;
    segments.iter().filter(|segment| segment.length != 0).any(|segment| {
        let next = segment.seq.wrapping_add(segment.length as u32);
        let late = end.is_some_and(|end| distance(segment.seq, end) < 0);
        end = Some(end.map_or(next, |end| if distance(next, end) > 0 { next } else { end }));
        late
    })
}

/// Silence for longer than the timeout of a flow that is new.
fn silent(segments: &[Segment]) -> bool {
    segments.windows(2).any(|pair| pair[1].time - pair[0].time > 30.0)
}

fn jumps(segments: &[Segment]) -> bool {
    segments.windows(2).any(|pair| distance(pair[1].seq, pair[0].seq).unsigned_abs() > JUMP)
}

/// Numbers between the first and the last of which no payload was captured.
fn hole(segments: &[Segment]) -> bool {
    let mut ranges: Vec<_> = segments
        .iter()
        .filter(|segment| segment.length != 0)
        .map(|segment| (distance(segment.seq, segments[0].seq), segment.length as i32))
        .collect();
    ranges.sort_unstable();
    let mut end = i32::MIN;
    for (start, length) in ranges {
        if end != i32::MIN && start > end {
            return true;
        }
        end = end.max(start.saturating_add(length));
    }
    false
}

/// The first reason, in this order, that holds for a direction.
pub(crate) fn of(name: &str, directions: &Directions) -> &'static str {
    let none = Vec::new();
    let segments = directions.get(name).unwrap_or(&none);
    let back = directions.get(&reversed(name)).unwrap_or(&none);
    let is = |test: fn(&Segment) -> bool| segments.iter().any(test);
    match segments.as_slice() {
        [] => "unexplained",
        _ if is(|one| one.protocols.contains("mpls")) => "tcpflow reads no MPLS",
        _ if is(|one| one.protocols.starts_with("sll") && !one.protocols.contains("eth:")) => "tcpflow reads no SLL2",
        _ if is(|one| one.protocols.starts_with("null")) => "tcpflow reads no IPv6 on this null link",
        _ if is(|one| one.protocols.contains("ipv6.")) => "tcpflow reads no IPv6 extension headers",
        _ if is(|one| one.inside) => "a segment inside another packet",
        _ if is(|one| one.fragment) => "tcpflow takes a first fragment for a packet",
        _ if is(|one| one.damaged) => "tcpflow takes a segment whose lengths are wrong",
        _ if is(|one| one.flags & RST != 0 && one.flags & SYN != 0) => "SYN and RST at once",
        _ if beginnings(segments) > 1 => "ports used again",
        _ if jumps(segments) => "sequence numbers jump",
        _ if conflicts(segments) => "an overlap with other bytes: tcpflow keeps the last",
        _ if follows(segments, RST) || back.iter().any(|one| one.flags & RST != 0) => "bytes after a reset",
        _ if follows(segments, FIN) => "bytes after a FIN: tcpflow begins a new file",
        _ if before_first(segments) => "bytes from before where the capture begins",
        _ if silent(segments) => "a flow that was silent for longer than its timeout",
        _ if begins_with_hole(segments) => "the first byte was not captured; tcpflow begins with the first that was",
        _ if late(segments) => "bytes that came when their hole was skipped already",
        _ if hole(segments) => "a hole",
        _ if is(|one| one.length > 1460) => "segmentation offload: IP length 0, which tcpflow takes for no payload",
        _ => "unexplained",
    }
}
