//! What content costs a worker: plain streams against protocols, decoders against the bare library, and how long one
//! packet may take. `perf/content` makes the inputs and runs it.
//!
//! `speed FILE` sends the text in FILE over one connection in several ways, and prints a JSON object a way. `packets NAME
//! FILE...` sends each FILE as the body of an HTTP response, and prints how the times of single packets are spread.
//! Packets are in memory, full-size segments in order, each second one acknowledged.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tidegate::dpdk::{Clock, MAX_BURST};
use tidegate::event::{Event, EventReceiver, RingPolicy, channel};
use tidegate::kill::Killer;
use tidegate::scan::keyword::{DictionarySpec, KeywordSpec, Matcher};
use tidegate::worker::{Frame, Pipeline, PipelineOptions, Sessions, TcpChecksums};

#[path = "../tests/common/connection.rs"]
mod connection;
#[allow(dead_code)] // the tests say more
#[path = "../src/proto/nfs/tests/build.rs"]
mod nfs;
#[path = "../tests/common/pipeline.rs"]
mod pipeline;
#[allow(dead_code)] // as above
#[path = "../src/proto/smb/tests/build.rs"]
mod smb;

use connection::{Connection, SEGMENT, Turn, frame};

/// A connection's bytes; the file comes as often as that takes.
const LENGTH: usize = 24 << 20;
/// Times that each way is run; the middle one counts.
const ROUNDS: usize = 7;

/// What one run measured.
struct Run {
    ns: f64,
    /// Nanoseconds of each packet, where they were timed one by one.
    packets: Vec<f64>,
    anomalies: u64,
    alerts: u64,
}

/// Which parts are on.
#[derive(Clone, Copy)]
struct Parts {
    protocols: bool,
    sha256: bool,
    keywords: bool,
}

fn options(parts: Parts) -> PipelineOptions {
    let mut options = pipeline::options();
    options.settle = true;
    // As `tcp.overlap_history` has it by default: each delivered segment is digested.
    options.tcp.history = 131_072;
    options.tcp_checksum = TcpChecksums::Ignored;
    options.verify_checksum = false;
    options.sessions = Sessions::all(if parts.protocols { 64 } else { 0 });
    options.objects.sha256 = parts.sha256;
    options
}

fn matcher(on: bool) -> Result<Arc<Matcher>, Box<dyn Error>> {
    let keyword = |text: &str| KeywordSpec { bytes: text.into(), weight: 5, max: 0 };
    let keywords = vec![keyword("Project Tern"), keyword("launch valuation")];
    let dictionary = DictionarySpec { threshold: 10, ignore_case: true, keywords };
    Ok(Arc::new(Matcher::new(if on { std::slice::from_ref(&dictionary) } else { &[] })?))
}

/// Sends a connection through a pipeline of its own; with `each`, packet by packet under the clock.
fn run(connection: &Connection, parts: Parts, each: bool) -> Result<Run, Box<dyn Error>> {
    let (sender, mut receiver) = channel(1 << 14, RingPolicy::DropAndCount);
    let mut pipeline = Pipeline::new(options(parts), matcher(parts.keywords)?, Killer::new(None, 0), sender);
    let mut run = Run { ns: 0.0, packets: Vec::new(), anomalies: 0, alerts: 0 };
    let frames: Vec<Frame<'_>> = connection.frames.iter().map(|data| frame(data, 1_700_000_000_000_000_000)).collect();
    let hz = Clock::hz() as f64 / 1e9;
    let begin = Instant::now();
    for burst in frames.chunks(if each { 1 } else { MAX_BURST }) {
        let ticks = Clock::ticks();
        pipeline.burst(burst);
        if each {
            run.packets.push(Clock::ticks().wrapping_sub(ticks) as f64 / hz);
        }
    }
    run.ns = begin.elapsed().as_nanos() as f64;
    pipeline.flush(1_700_000_001_000_000_000);
    run.alerts = pipeline.snapshot().counters.alerts;
    drain(&mut receiver, &mut run);
    Ok(run)
}

fn drain(receiver: &mut EventReceiver, run: &mut Run) {
    let mut text = Vec::new();
    while let Some(event) = receiver.pop(&mut text) {
        run.anomalies += u64::from(matches!(event, Event::Anomaly(_)));
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The text, as often as `LENGTH` takes.
fn long(text: &[u8]) -> Vec<u8> {
    text.iter().copied().cycle().take(LENGTH).collect()
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// The library alone on the same bytes in the same pieces: nanoseconds.
fn bare_inflate(packed: &[u8]) -> Result<f64, Box<dyn Error>> {
    let mut inflate = flate2::Decompress::new(false);
    let mut room = vec![0; 16 << 10];
    let begin = Instant::now();
    // The header of gzip without a name (RFC 1952).
    for piece in packed.get(10..).unwrap_or(&[]).chunks(SEGMENT) {
        let mut rest = piece;
        loop {
            let (taken, given) = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(rest, &mut room, flate2::FlushDecompress::None)?;
            let took = (inflate.total_in() - taken) as usize;
            rest = rest.get(took..).unwrap_or(&[]);
            let stands = took == 0 && inflate.total_out() == given;
            if status == flate2::Status::StreamEnd || stands {
                break;
            }
        }
    }
    Ok(begin.elapsed().as_nanos() as f64)
}

fn response(fields: &str, body: &[u8]) -> Vec<Turn> {
    let request = b"GET /papers/q3.txt HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: perf\r\n\r\n".to_vec();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{fields}\r\n");
    vec![(true, request), (false, [head.as_bytes(), body].concat())]
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + body.len() / 256);
    for chunk in body.chunks(8192) {
        out.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend(chunk);
        out.extend(b"\r\n");
    }
    out.extend(b"0\r\n\r\n");
    out
}

/// Mail with the body in that transfer encoding.
fn mail(encoding: &str, body: &[u8]) -> Vec<Turn> {
    let mut message = format!(
        "From: a@example.org\r\nTo: b@example.net\r\nSubject: papers\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n--=_b\r\nContent-Type: text/plain\r\n\r\nAs you asked.\r\n\
         --=_b\r\nContent-Type: application/octet-stream; name=\"q3.bin\"\r\nContent-Transfer-Encoding: {encoding}\r\n\
         Content-Disposition: attachment; filename=\"q3.bin\"\r\n\r\n"
    )
    .into_bytes();
    message.extend(body);
    message.extend(b"\r\n--=_b--\r\n.\r\n");
    let line = |from, text: &str| (from, text.as_bytes().to_vec());
    vec![
        line(false, "220 mx ESMTP\r\n"),
        line(true, "EHLO c\r\n"),
        line(false, "250-mx\r\n250 8BITMIME\r\n"),
        line(true, "MAIL FROM:<a@example.org>\r\n"),
        line(false, "250 ok\r\n"),
        line(true, "RCPT TO:<b@example.net>\r\n"),
        line(false, "250 ok\r\n"),
        line(true, "DATA\r\n"),
        line(false, "354 go\r\n"),
        (true, message),
        line(false, "250 ok\r\n"),
        line(true, "QUIT\r\n"),
        line(false, "221 bye\r\n"),
    ]
}

/// What a client asks for at a time of a share.
const READ: usize = 64 << 10;

/// A file read from an SMB share, a read after the other.
fn by_smb(body: &[u8]) -> Vec<Turn> {
    let (file, size) = (smb::id(3), body.len() as u64);
    let mut turns = vec![
        (true, smb::frame(&[smb::create(1, "q3.txt", 0x40)])),
        (false, smb::frame(&[smb::created(1, file, size, 0x20)])),
    ];
    for (piece, number) in body.chunks(READ).zip(2..) {
        let offset = (number - 2) * READ as u64;
        turns.push((true, smb::frame(&[smb::read(number, file, offset, READ as u32)])));
        turns.push((false, smb::frame(&[smb::data(number, piece)])));
    }
    turns
}

/// The same by NFS.
fn by_nfs(body: &[u8]) -> Vec<Turn> {
    let size = body.len() as u64;
    let mut turns = vec![
        (true, nfs::records(&[nfs::named(1, nfs::LOOKUP, "q3.txt")])),
        (false, nfs::records(&[nfs::looked_up(1, 3, size)])),
    ];
    for (piece, number) in body.chunks(READ).zip(2_u32..) {
        let offset = u64::from(number - 2) * READ as u64;
        let is_last = offset + piece.len() as u64 == size;
        turns.push((true, nfs::records(&[nfs::read(number, 3, offset, READ as u32)])));
        turns.push((false, nfs::records(&[nfs::data(number, size, is_last, piece)])));
    }
    turns
}

fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut text = data_encoding::BASE64.encode(bytes).into_bytes();
    let lines: Vec<&[u8]> = text.chunks(76).collect();
    text = lines.join(&b"\r\n"[..]);
    text
}

/// Bytes that look like nothing: a multiplicative generator's upper ones.
fn noise() -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..LENGTH).map(|_| next()).collect()
}

/// All ways, or those that are named.
fn speed(text: &[u8], named: &[String]) -> Result<(), Box<dyn Error>> {
    let text = long(text);
    let packed = gzip(&text)?;
    let noise = noise();
    let binary = base64_lines(noise.get(..LENGTH * 3 / 4).unwrap_or(&noise));
    let lines: Vec<u8> = text.chunks(70).flat_map(|line| [line, b"\r\n"].concat()).collect();
    let length = format!("Content-Length: {LENGTH}\r\n");
    let coded = format!("Content-Length: {}\r\nContent-Encoding: gzip\r\n", packed.len());
    let ways: Vec<(&str, u16, Vec<Turn>, usize)> = vec![
        ("stream", 9999, vec![(true, b"go\n".to_vec()), (false, text.clone())], LENGTH),
        ("stream-noise", 9999, vec![(true, b"go\n".to_vec()), (false, noise.clone())], LENGTH),
        ("http", 80, response(&length, &text), LENGTH),
        ("http-noise", 80, response(&length, &noise), LENGTH),
        ("http-chunked", 80, response("Transfer-Encoding: chunked\r\n", &chunked(&text)), LENGTH),
        ("http-gzip", 80, response(&coded, &packed), LENGTH),
        ("smb", 445, by_smb(&text), LENGTH),
        ("nfs", 2049, by_nfs(&text), LENGTH),
        ("mail-8bit", 25, mail("8bit", &lines), lines.len()),
        ("mail-base64", 25, mail("base64", &binary), binary.len()),
    ];
    let ways: Vec<_> = ways
        .into_iter()
        .filter(|(way, ..)| named.is_empty() || named.iter().any(|name| name == way))
        .map(|(name, port, turns, bytes)| (name, Connection::new(port, &turns), bytes))
        .collect();
    for keywords in [false, true] {
        for sha256 in [false, true] {
            let mut times = vec![Vec::new(); ways.len()];
            let mut bare = Vec::new();
            // In turns, so that what else the machine does meets all of them.
            for _ in 0..ROUNDS {
                for ((_, connection, _), times) in ways.iter().zip(&mut times) {
                    times.push(run(connection, Parts { protocols: true, sha256, keywords }, false)?.ns);
                }
                bare.push(bare_inflate(&packed)?);
            }
            let bare = median(bare);
            for ((name, connection, bytes), times) in ways.iter().zip(times) {
                let least = times.iter().copied().fold(f64::INFINITY, f64::min);
                let ns = median(times);
                let mut line = json!({
                    "way": name, "sha256": sha256, "keywords": keywords, "packets": connection.frames.len(),
                    "ns_per_packet": ns / connection.frames.len() as f64,
                    "least_ns_per_packet": least / connection.frames.len() as f64,
                    "content_mb_per_second": *bytes as f64 * 1e3 / ns,
                    "payload_mb_per_second": connection.payload as f64 * 1e3 / ns,
                });
                if *name == "http-gzip" {
                    line["bare_inflate_mb_per_second"] = json!(LENGTH as f64 * 1e3 / bare);
                    line["of_bare_inflate"] = json!(bare / ns);
                }
                writeln!(std::io::stdout(), "{line}")?;
            }
        }
    }
    Ok(())
}

/// How the times of single packets are spread while a file passes.
fn packets(path: &str) -> Result<(), Box<dyn Error>> {
    let body = std::fs::read(path)?;
    let connection = Connection::new(80, &response(&format!("Content-Length: {}\r\n", body.len()), &body));
    let parts = Parts { protocols: true, sha256: true, keywords: true };
    // The least of some runs at each packet: what others do on the machine is no property of the packet.
    let mut least = run(&connection, parts, true)?;
    for _ in 1..ROUNDS {
        let other = run(&connection, parts, true)?;
        least.packets.iter_mut().zip(other.packets).for_each(|(least, other)| *least = least.min(other));
    }
    let mut sorted = least.packets;
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize] / 1e3;
    let name = std::path::Path::new(path).file_name().map(|name| name.to_string_lossy());
    let line = json!({
        "file": name, "bytes": body.len(), "packets": sorted.len(), "alerts": least.alerts,
        "anomalies": least.anomalies,
        "mean_us": sorted.iter().sum::<f64>() / 1e3 / sorted.len() as f64,
        "median_us": at(0.5), "p99_us": at(0.99), "p999_us": at(0.999), "longest_us": at(1.0),
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo bench` adds an argument of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.split_first() {
        Some((command, [file, ways @ ..])) if command == "speed" => speed(&std::fs::read(file)?, ways)?,
        Some((command, files)) if command == "packets" && !files.is_empty() => {
            files.iter().try_for_each(|file| packets(file))?;
        }
        _ => return Err("usage: content speed FILE [WAY...] | content packets FILE...".into()),
    }
    Ok(())
}
