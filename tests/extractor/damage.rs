//! Objects that end anywhere, and whose bytes are wrong anywhere.

use std::time::{Duration, Instant};

use crate::heard::Heard;
use crate::real::{Object, objects};

/// The process has 512 MiB of address space.
const MEMORY: u64 = 256 << 20;
/// It has some seconds; these are small objects.
const TIME: Duration = Duration::from_secs(2);
/// What comes out of any of them, whatever is wrong with it.
const OUTPUT: usize = 16 << 20;

/// What a module says, within bounds.
pub(crate) fn bounded(module: &str, data: &[u8], what: &str) -> Heard {
    let start = Instant::now();
    let mut heard = None;
    let memory = allocation_counter::measure(|| heard = Some(Heard::with_most(module, data, OUTPUT)));
    let heard = heard.unwrap();
    assert!(start.elapsed() < TIME, "{what}: {:?}", start.elapsed());
    // What is heard is held too.
    let held = 4 * heard.given() as u64;
    assert!(memory.bytes_max < MEMORY + held, "{what}: {} MiB", memory.bytes_max >> 20);
    assert!(heard.given() <= OUTPUT, "{what}: {} bytes come out", heard.given());
    heard
}

/// Positions to cut an object at: all of a small one, of a large one so many, and its ends.
fn positions(length: usize, most: usize) -> impl Iterator<Item = usize> {
    let (step, ends) = ((length / most).max(1) | 1, most / 8);
    (0..length).filter(move |at| at % step == 0 || *at < ends || at + ends / 2 > length)
}

fn prove(module: &str, most: usize) {
    for Object { name, module, data } in objects(module) {
        let whole = Heard::of(&module, &data);
        let mut told = 0;
        for at in positions(data.len(), most) {
            let short = bounded(&module, &data[..at], &format!("{name}, {at} bytes"));
            told += usize::from(!short.whole);
            for change in [0x55, 0xff, 0x01] {
                let mut damaged = data.clone();
                damaged[at] ^= change;
                bounded(&module, &damaged, &format!("{name}, damaged at {at} by {change}"));
            }
        }
        let cut = positions(data.len(), most).count();
        // The last sector may be one that is not in use; PDF for the web has two ends.
        let least = if module == "pdf" { cut / 4 } else { cut - cut / 4 };
        assert!(told >= least || !whole.whole, "{name}: {told} of {cut} truncations were told");
    }
}

#[test]
fn documents_and_messages() {
    prove("ole2", 250);
}

#[test]
fn archives_of_7z() {
    prove("7z", 250);
}

#[test]
fn archives_of_rar() {
    prove("rar", 250);
}

#[test]
fn cabinets() {
    prove("cab", 250);
}

#[test]
fn pdf() {
    // To make the decoder takes longer than to read one of these.
    prove("pdf", 40);
}

/// Sums protect the header of a 7z archive from accidents, not from lies.
#[test]
fn headers_of_7z_that_lie() {
    let crc = |bytes: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum().to_le_bytes()
    };
    for Object { name, module, data } in objects("7z") {
        let word = |at: usize| usize::try_from(u64::from_le_bytes(data[at..at + 8].try_into().unwrap())).unwrap();
        let header = 32 + word(12)..32 + word(12) + word(20);
        for at in header.clone() {
            for change in [0x01, 0x80, 0xff, 0x20] {
                let mut lying = data.clone();
                lying[at] ^= change;
                let sum = crc(&lying[header.clone()]);
                lying[28..32].copy_from_slice(&sum);
                let sum = crc(&lying[12..32]);
                lying[8..12].copy_from_slice(&sum);
                bounded(&module, &lying, &format!("{name}, lying at {at} by {change}"));
            }
        }
    }
}
