//! What tshark says.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// A packet that is in no tunnel.
pub(crate) struct Row {
    /// `sender:port > receiver:port`.
    pub(crate) way: String,
    pub(crate) columns: Vec<String>,
}

const WAY: [&str; 8] =
    ["ip.src", "ipv6.src", "tcp.srcport", "udp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "udp.dstport"];

/// The packets that a filter lets through, with those fields; `None` when there is no tshark.
pub(crate) fn rows(file: &Path, filter: &str, fields: &[&str]) -> Option<Vec<Row>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-Y", filter, "-T", "fields", "-E", "separator=|", "-E", "aggregator=;"]);
    for field in WAY.iter().chain(fields) {
        command.args(["-e", field]);
    }
    let output = command.stderr(Stdio::null()).output().ok()?;
    assert!(output.status.success(), "tshark {filter}: {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    Some(text.lines().filter_map(row).collect())
}

fn row(line: &str) -> Option<Row> {
    let columns: Vec<&str> = line.split('|').collect();
    let (way, columns) = columns.split_at_checked(WAY.len())?;
    // In a tunnel there are several of each.
    if way.iter().any(|part| part.contains(';')) {
        return None;
    }
    let of = |at: usize| [way[at], way[at + 1]].concat();
    let way = format!("{}:{} > {}:{}", of(0), of(2), of(4), of(6));
    Some(Row { way, columns: columns.iter().map(|column| (*column).to_owned()).collect() })
}

/// All UDP payloads in their order.
pub(crate) fn datagrams(file: &Path) -> Option<Vec<(String, Vec<u8>)>> {
    let rows = rows(file, "udp and not icmp and not icmpv6", &["udp.payload"])?;
    Some(rows.into_iter().map(|row| (row.way, bytes(&row.columns[0]))).collect())
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The values of a column that has several.
pub(crate) fn split(rows: &[Row], column: usize) -> BTreeSet<(String, String)> {
    let all = rows.iter().flat_map(|row| row.columns[column].split(';').map(|value| (row.way.clone(), value)));
    all.filter(|(_, value)| !value.is_empty()).map(|(way, value)| (way, value.replace("<Root>", ""))).collect()
}
