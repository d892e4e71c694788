//! The process's end of the ring of answers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::layout::{COPIED, HEAD, POSITION, ROOM, TAIL, record};
use super::module::{Extract, Module};
use super::record::{Kind, MOST_BYTES, Record, lengths};
use crate::decode::{Cut, Ended, File, Held, Leaves, Outcome, Path, Taking, Whole};
use crate::dpdk::shared::Shared;

/// How long the process sleeps while its ring is full.
const NAP: Duration = Duration::from_micros(50);
/// Bytes by which a file's media type is told.
pub(super) const PROBE: usize = 512;

/// Hands back what a tree hands out, and holds the objects that it needs whole.
pub(super) struct Teller<'a> {
    memory: &'a Shared,
    head: u64,
    modules: &'static [&'static Module],
    object_max: usize,
    /// Level of the object that is looked into.
    level: usize,
    held: Vec<Holding>,
    file: Option<Beginning>,
}

/// An object that is needed whole.
struct Holding {
    level: usize,
    extract: Extract,
    /// Its bytes, unless they are too many.
    bytes: Option<Vec<u8>>,
}

/// A file of which no byte has come yet.
struct Beginning {
    level: usize,
    name: Vec<u8>,
    path: Vec<u8>,
    claimed: Vec<u8>,
}

impl<'a> Teller<'a> {
    /// A teller for nested objects of up to `object_max` bytes.
    pub(super) fn new(memory: &'a Shared, modules: &'static [&'static Module], object_max: usize) -> Self {
        let head = load(memory, HEAD);
        Self { memory, head, modules, object_max, level: 0, held: Vec::new(), file: None }
    }

    /// Where the process is in the ring of objects.
    pub(super) fn position(&self, position: u64) {
        store(self.memory, POSITION, position);
    }

    /// An object at `level` was copied, and is looked into.
    pub(super) fn start(&mut self, number: u64, level: usize) {
        self.level = level;
        store(self.memory, COPIED, number + 1);
        self.put(Kind::Start, 0, number, &[]);
    }

    /// It is done with.
    pub(super) fn over(&mut self, number: u64) {
        self.held.clear();
        self.file = None;
        self.put(Kind::Over, 0, number, &[]);
    }

    /// Says that it was not all looked into.
    pub(super) fn cut_short(&mut self, path: &[u8], reason: Cut) {
        self.put(Kind::Cut, 0, reason as u64, &[path]);
    }

    fn put(&mut self, kind: Kind, level: usize, value: u64, parts: &[&[u8]]) {
        let length = parts.iter().map(|part| part.len()).sum();
        let record = Record { kind, level: u8::try_from(level).unwrap_or(u8::MAX), length, value };
        let size = record.size() as u64;
        while (ROOM as u64).saturating_sub(self.head.wrapping_sub(load(self.memory, TAIL))) < size {
            std::thread::sleep(NAP);
        }
        let mut at = self.head;
        let mut word = |value: u64| {
            if let Some(place) = self.memory.words().get(self::record(at)) {
                place.store(value, Ordering::Relaxed);
            }
            at = at.wrapping_add(1);
        };
        record.words().into_iter().for_each(&mut word);
        let (mut bytes, mut filled) = ([0; 8], 0);
        for byte in parts.iter().copied().flatten() {
            if let Some(place) = bytes.get_mut(filled) {
                *place = *byte;
            }
            filled += 1;
            if filled == bytes.len() {
                word(u64::from_le_bytes(bytes));
                (bytes, filled) = ([0; 8], 0);
            }
        }
        if filled != 0 {
            word(u64::from_le_bytes(bytes));
        }
        self.head = at;
        if let Some(place) = self.memory.words().get(HEAD) {
            place.store(at, Ordering::Release);
        }
    }

    /// The file that has begun is told with its first bytes.
    fn begin_file(&mut self, first: &[u8]) {
        if let Some(Beginning { level, name, path, claimed }) = self.file.take() {
            let first = first.get(..PROBE).unwrap_or(first);
            let value = lengths([name.len(), path.len(), claimed.len(), first.len()]);
            self.put(Kind::FileBegin, level, value, &[&name, &path, &claimed, first]);
        }
    }
}

impl Leaves for Teller<'_> {
    fn begin(&mut self, level: usize, path: &Path) {
        self.put(Kind::Begin, level, 0, &[path.as_str().as_bytes()]);
    }

    fn data(&mut self, level: usize, bytes: &[u8]) {
        for piece in bytes.chunks(MOST_BYTES) {
            self.put(Kind::Data, level, 0, &[piece]);
        }
    }

    fn gap(&mut self, level: usize, length: u64) {
        self.put(Kind::Gap, level, length, &[]);
    }

    fn end(&mut self, level: usize, ended: Ended) {
        self.put(Kind::End, level, u64::from(ended.complete), &[]);
    }

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.put(Kind::Cut, 0, reason as u64, &[path.as_str().as_bytes()]);
    }

    fn file_begin(&mut self, level: usize, file: &File<'_>) {
        let (name, path) = (file.name.to_vec(), file.path.as_str().as_bytes().to_vec());
        self.file = Some(Beginning { level, name, path, claimed: file.claimed.to_vec() });
    }

    fn file_data(&mut self, level: usize, bytes: &[u8]) {
        self.begin_file(bytes);
        for piece in bytes.chunks(MOST_BYTES) {
            self.put(Kind::FileData, level, 0, &[piece]);
        }
    }

    fn file_gap(&mut self, level: usize, length: u64) {
        self.begin_file(&[]);
        self.put(Kind::FileGap, level, length, &[]);
    }

    fn file_end(&mut self, level: usize, ended: Ended) {
        self.begin_file(&[]);
        self.put(Kind::FileEnd, level, u64::from(ended.complete), &[]);
    }

    fn whole_begin(&mut self, whole: &Whole<'_>) -> Taking {
        self.held.retain(|holding| holding.level < whole.level);
        let module = self.modules.iter().find(|module| module.name == whole.format.name);
        let Some((module, extract)) = module.and_then(|module| Some((module, module.extract?))) else {
            return Taking::Passing;
        };
        self.held.push(Holding { level: whole.level, extract, bytes: Some(Vec::new()) });
        // The worker's decoder has read the outermost.
        if module.encrypted && whole.level > self.level { Taking::Both } else { Taking::Whole }
    }

    fn whole_data(&mut self, level: usize, bytes: &[u8]) -> bool {
        let Some(holding) = self.held.iter_mut().find(|holding| holding.level == level) else { return false };
        let most = self.object_max;
        match &mut holding.bytes {
            Some(held) if held.len().saturating_add(bytes.len()) <= most => held.extend_from_slice(bytes),
            _ => holding.bytes = None,
        }
        holding.bytes.is_some()
    }

    fn whole_end(&mut self, whole: &Whole<'_>, _: bool) -> Outcome {
        let at = self.held.iter().position(|holding| holding.level == whole.level);
        match at.map(|at| self.held.swap_remove(at)) {
            Some(Holding { extract, bytes: Some(bytes), .. }) => Outcome::Held(Held { bytes, extract }),
            _ => Outcome::Lost,
        }
    }

    fn whole_drop(&mut self, level: usize) {
        self.held.retain(|holding| holding.level != level);
    }
}

pub(super) fn load(memory: &Shared, at: usize) -> u64 {
    memory.words().get(at).map_or(0, |word| word.load(Ordering::Acquire))
}

pub(super) fn store(memory: &Shared, at: usize, value: u64) {
    if let Some(word) = memory.words().get(at) {
        word.store(value, Ordering::Release);
    }
}
