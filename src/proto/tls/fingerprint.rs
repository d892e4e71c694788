//! Fingerprints of hellos: JA3 and JA3S (salesforce/ja3), JA4 of the client (FoxIO/ja4, BSD-3-Clause).
//!
//! None is made of a hello that was not read to its end or has more of something than is kept: it would be another's.

use md5::{Digest, Md5};
use sha2::Sha256;

use super::client::Client;
use super::hello;
use super::layout::tag;
use super::list::is_grease;
use super::server::Server;
use crate::event::record::Record;
use crate::proto::digits::{Decimal, hex};

/// Text that is written to a record and hashed in passing, so that the hash is right though the text be cut.
struct Ja3<'a, const N: usize> {
    record: &'a mut Record<N>,
    md5: Md5,
}

impl<const N: usize> Ja3<'_, N> {
    fn more(&mut self, piece: &[u8]) {
        self.record.more(piece);
        self.md5.update(piece);
    }

    fn number(&mut self, number: u16) {
        self.more(Decimal::new(number.into()).text());
    }

    /// Numbers with dashes between.
    fn list(&mut self, numbers: impl Iterator<Item = u16>) {
        for (at, number) in numbers.enumerate() {
            if at > 0 {
                self.more(b"-");
            }
            self.number(number);
        }
    }

    fn finish(self, hash: u8) {
        self.record.end();
        self.record.begin(hash);
        for byte in self.md5.finalize() {
            self.record.more(&hex(byte));
        }
        self.record.end();
    }
}

/// The client's JA3 and JA4. `carrier` is JA4's letter: `t` for TCP, `q` for QUIC.
pub(super) fn of_client<const N: usize>(client: &Client, carrier: u8, record: &mut Record<N>) {
    if !client.is_complete() || client.is_over() {
        return;
    }
    record.begin(tag::JA3_STRING);
    let mut ja3 = Ja3 { record, md5: Md5::new() };
    let not_reserved = |list: &[u16]| -> Sorted { Sorted::of(list.iter().copied().filter(|value| !is_grease(*value))) };
    ja3.number(client.version);
    for list in
        [client.ciphers.as_slice(), client.extensions.as_slice(), client.groups.as_slice(), client.formats.as_slice()]
    {
        ja3.more(b",");
        ja3.list(not_reserved(list).as_slice().iter().copied());
    }
    ja3.finish(tag::JA3_HASH);
    ja4(client, carrier, record);
}

/// The server's JA3S.
pub(super) fn of_server<const N: usize>(server: &Server, record: &mut Record<N>) {
    if !server.is_complete() || server.extensions.is_over() {
        return;
    }
    record.begin(tag::JA3S_STRING);
    let mut ja3 = Ja3 { record, md5: Md5::new() };
    ja3.number(server.old_version);
    ja3.more(b",");
    ja3.number(server.cipher);
    ja3.more(b",");
    ja3.list(server.extensions.as_slice().iter().copied());
    ja3.finish(tag::JA3S_HASH);
}

/// Room for the longest list of a hello.
struct Sorted {
    values: [u16; super::client::MAX_CIPHERS],
    len: usize,
}

impl Sorted {
    /// In their order as yet.
    fn of(values: impl Iterator<Item = u16>) -> Self {
        let mut all = Self { values: [0; super::client::MAX_CIPHERS], len: 0 };
        for (place, value) in all.values.iter_mut().zip(values) {
            *place = value;
            all.len += 1;
        }
        all
    }

    fn as_slice(&self) -> &[u16] {
        self.values.get(..self.len).unwrap_or(&[])
    }

    fn sort(mut self) -> Self {
        if let Some(values) = self.values.get_mut(..self.len) {
            values.sort_unstable();
        }
        self
    }
}

/// JA4: what kind of hello it is, then twelve digits of a hash of the ciphers and twelve of one of the extensions.
fn ja4<const N: usize>(client: &Client, carrier: u8, record: &mut Record<N>) {
    let ciphers = Sorted::of(client.ciphers.as_slice().iter().copied().filter(|value| !is_grease(*value))).sort();
    let extensions = || client.extensions.as_slice().iter().copied().filter(|value| !is_grease(*value));
    let has_name = client.extensions.as_slice().contains(&hello::SERVER_NAME);
    record.begin(tag::JA4);
    record.more(&[carrier]);
    record.more(version(if client.best_version == 0 { client.version } else { client.best_version }));
    record.more(if has_name { b"d" } else { b"i" });
    record.more(&two_digits(ciphers.len));
    record.more(&two_digits(extensions().count()));
    record.more(&protocol(client.first_protocol()));
    record.more(b"_");
    let mut hash = Sha256::new();
    list(&mut hash, ciphers.as_slice());
    twelve(record, hash, ciphers.len == 0);
    record.more(b"_");
    let mut hash = Sha256::new();
    // Server name and ALPN have had their say already, and differ by the server that is asked.
    let hashed = extensions().filter(|kind| !matches!(*kind, hello::SERVER_NAME | hello::ALPN));
    let hashed = Sorted::of(hashed).sort();
    list(&mut hash, hashed.as_slice());
    if !client.signatures.as_slice().is_empty() {
        hash.update(b"_");
        let signatures = client.signatures.as_slice().iter().copied().filter(|value| !is_grease(*value));
        list(&mut hash, Sorted::of(signatures).as_slice());
    }
    twelve(record, hash, hashed.len == 0);
    record.end();
}

const fn version(version: u16) -> &'static [u8; 2] {
    match version {
        0x0304 => b"13",
        0x0303 => b"12",
        0x0302 => b"11",
        0x0301 => b"10",
        0x0300 => b"s3",
        0x0002 => b"s2",
        _ => b"00",
    }
}

/// 99 stands for more, too.
fn two_digits(count: usize) -> [u8; 2] {
    let count = u8::try_from(count).unwrap_or(99).min(99);
    [b'0' + count / 10, b'0' + count % 10]
}

/// First and last character of a protocol's name; of its hexadecimal digits where one of them is no letter or digit.
fn protocol(name: &[u8]) -> [u8; 2] {
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return *b"00" };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [*first, *last];
    }
    let ([high, _], [_, low]) = (hex(*first), hex(*last));
    [high, low]
}

/// Four digits each, commas between.
fn list(hash: &mut Sha256, values: &[u16]) {
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            hash.update(b",");
        }
        for byte in value.to_be_bytes() {
            hash.update(hex(byte));
        }
    }
}

fn twelve<const N: usize>(record: &mut Record<N>, hash: Sha256, of_nothing: bool) {
    if of_nothing {
        record.more(b"000000000000");
        return;
    }
    for byte in hash.finalize().iter().take(6) {
        record.more(&hex(*byte));
    }
}
