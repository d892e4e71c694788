//! Modules for tests of the extractor, chosen by a hidden option: they do what an object says.
//!
//! An object is the signature of RAR, a line with words, and more. What a word asks for is in [`act`].

use super::module::Module;
use crate::decode::{Child, Out};

/// Stands in for all modules.
pub(super) const REHEARSAL: &[&Module] = &[&Module { name: "rar", extract: Some(extract), encrypted: false }];

/// What an object begins with, before its line.
const SIGNATURE: &[u8] = b"Rar!\x1a\x07\0";

fn extract(object: &[u8], out: &mut dyn Out) -> bool {
    let rest = object.strip_prefix(SIGNATURE).unwrap_or(object);
    let (line, body) = rest.iter().position(|byte| *byte == b'\n').map_or((rest, &[][..]), |at| {
        let (line, body) = rest.split_at(at);
        (line, body.get(1..).unwrap_or(&[]))
    });
    let mut words = line.split(|byte| *byte == b' ');
    let (verb, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    act(verb, name, body, out)
}

fn act(verb: &[u8], name: &[u8], body: &[u8], out: &mut dyn Out) -> bool {
    match verb {
        b"child" => child(name, body, out),
        // So many children with the same bytes.
        b"many" => {
            let count = std::str::from_utf8(name).ok().and_then(|count| count.parse().ok()).unwrap_or(1_u32);
            (0..count).for_each(|_| {
                child(&[], body, out);
            });
        }
        b"half" => {
            child(name, body, out);
            hang();
        }
        b"hang" => hang(),
        b"panic" => drop(std::hint::black_box(body).split_at(body.len().saturating_add(1))),
        b"bomb" => {
            let mut taken = Vec::new();
            loop {
                taken.push(std::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
        b"open" => drop(std::fs::File::open("/etc/hostname")),
        b"socket" => drop(std::net::UdpSocket::bind("127.0.0.1:0")),
        b"fork" => drop(std::process::Command::new("/bin/true").status()),
        b"thread" => drop(std::thread::Builder::new().spawn(|| ())),
        _ => return false,
    }
    true
}

fn child(name: &[u8], body: &[u8], out: &mut dyn Out) {
    if out.begin(&Child { name }) {
        out.data(body);
        out.end();
    }
}

fn hang() {
    loop {
        std::hint::spin_loop();
    }
}
