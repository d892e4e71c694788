//! Filters in front of LZMA2 (The .xz File Format, section 5.3): delta, and those that make the targets of jumps in machine
//! code absolute, by processor.
//!
//! A filter keeps what may be half an instruction until more of it has come; what is left at the end of a block stands as
//! it is. Of a block that is cut short it is not handed out.

mod code;
mod x86;

use self::x86::X86;

/// Filters in front of LZMA2, at most.
pub(super) const MOST: usize = 3;
/// Room for what is filtered at a time.
const ROOM: usize = 4096;
/// What [`Filters`] hold, bytes.
pub(super) const MEMORY: usize = MOST * (ROOM + 320);

/// A filter, as a block's header names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setup {
    /// Each byte is the difference to the one so far before it.
    Delta(u8),
    /// Code of a processor, by the filter's number, and the address of its first byte.
    Code(u64, u32),
}

impl Setup {
    /// The filter of that number with these properties. `None` where there is none that is read.
    pub(super) fn of(id: u64, properties: &[u8]) -> Option<Self> {
        match (id, properties) {
            // One less than the distance.
            (3, [distance]) => Some(Self::Delta(*distance)),
            (4..=0x0a, []) => Some(Self::Code(id, 0)),
            (4..=0x0a, properties) => Some(Self::Code(id, u32::from_le_bytes(properties.try_into().ok()?))),
            _ => None,
        }
    }
}

/// What a filter has come to know.
#[derive(Debug)]
enum Kind {
    Delta {
        distance: u8,
        at: u8,
    },
    X86(X86),
    /// Filters whole instructions, of which the first has that address; returns how many bytes those are.
    Words(fn(&mut [u8], u32) -> usize),
}

impl Kind {
    fn of(setup: Setup) -> Self {
        match setup {
            Setup::Delta(distance) => Self::Delta { distance, at: 0 },
            Setup::Code(5, _) => Self::Words(code::powerpc),
            Setup::Code(6, _) => Self::Words(code::ia64),
            Setup::Code(7, _) => Self::Words(code::arm),
            Setup::Code(8, _) => Self::Words(code::thumb),
            Setup::Code(9, _) => Self::Words(code::sparc),
            Setup::Code(10, _) => Self::Words(code::arm64),
            Setup::Code(..) => Self::X86(X86::NEW),
        }
    }

    fn filter(&mut self, bytes: &mut [u8], address: u32, history: &mut [u8; 256]) -> usize {
        match self {
            Self::Delta { distance, at } => {
                for byte in &mut *bytes {
                    let before = at.wrapping_sub(*distance).wrapping_sub(1);
                    *byte = byte.wrapping_add(history.get(usize::from(before)).copied().unwrap_or(0));
                    if let Some(place) = history.get_mut(usize::from(*at)) {
                        *place = *byte;
                    }
                    *at = at.wrapping_add(1);
                }
                bytes.len()
            }
            Self::X86(x86) => x86.filter(bytes, address),
            Self::Words(filter) => filter(bytes, address),
        }
    }
}

/// A filter at work.
#[derive(Debug)]
struct Stage {
    kind: Kind,
    /// The bytes that came last, of delta.
    history: [u8; 256],
    address: u32,
    room: [u8; ROOM],
    len: usize,
}

impl Stage {
    fn push(&mut self, bytes: &[u8], next: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let mut rest = bytes;
        while !rest.is_empty() {
            let now = rest.len().min(ROOM - self.len);
            let (first, later) = rest.split_at_checked(now).unwrap_or((rest, &[]));
            if let Some(place) = self.room.get_mut(self.len..self.len + now) {
                place.copy_from_slice(first);
                self.len += now;
            }
            rest = later;
            let done =
                self.kind.filter(self.room.get_mut(..self.len).unwrap_or(&mut []), self.address, &mut self.history);
            // What is filtered is less than 4 KiB.
            self.address = self.address.wrapping_add(u32::try_from(done).unwrap_or(0));
            if done != 0 && !next(self.room.get(..done).unwrap_or(&[])) {
                return false;
            }
            self.room.copy_within(done..self.len, 0);
            self.len -= done;
        }
        true
    }
}

/// The filters of a block.
#[derive(Debug)]
pub(super) struct Filters {
    /// As the header names them: the last is that whose bytes come out of LZMA2.
    stages: [Stage; MOST],
    count: usize,
}

impl Filters {
    pub(super) fn new() -> Self {
        let stage = || Stage { kind: Kind::X86(X86::NEW), history: [0; 256], address: 0, room: [0; ROOM], len: 0 };
        Self { stages: [stage(), stage(), stage()], count: 0 }
    }

    /// A block with these filters begins.
    pub(super) fn begin(&mut self, setups: [Option<Setup>; MOST]) {
        self.count = 0;
        for (stage, setup) in self.stages.iter_mut().zip(setups.into_iter().flatten()) {
            stage.kind = Kind::of(setup);
            stage.address = match setup {
                Setup::Code(_, address) => address,
                Setup::Delta(_) => 0,
            };
            (stage.history, stage.len) = ([0; 256], 0);
            self.count += 1;
        }
    }

    /// Hands on bytes that have come out of LZMA2. False when no more is wanted.
    pub(super) fn push(&mut self, bytes: &[u8], next: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        through(self.stages.get_mut(..self.count).unwrap_or(&mut []), bytes, next)
    }

    /// The block is over: hands on what is held. False when no more is wanted.
    pub(super) fn finish(&mut self, next: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let mut stages = self.stages.get_mut(..self.count).unwrap_or(&mut []);
        while let Some((last, before)) = stages.split_last_mut() {
            let len = std::mem::take(&mut last.len);
            if len != 0 && !through(before, last.room.get(..len).unwrap_or(&[]), next) {
                return false;
            }
            stages = before;
        }
        true
    }
}

fn through(stages: &mut [Stage], bytes: &[u8], next: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    match stages.split_last_mut() {
        None => bytes.is_empty() || next(bytes),
        Some((last, before)) => last.push(bytes, &mut |bytes| through(before, bytes, next)),
    }
}
