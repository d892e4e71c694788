//! Parts on their way from the worker that sees them to the worker that puts their file together.
//!
//! Each worker has an inbox that all others put blocks in, and a shelf to which its own blocks come back. Both are bounded
//! queues without locks; all blocks are made at the start. Who finds no block on its shelf, or a full inbox, keeps its
//! bytes: nobody waits for anybody. In a replay only, a worker that has handed a block on sees to its own inbox until that is
//! back, so that what came of it is known before its next packet.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;
use crossbeam_utils::CachePadded;
use crossbeam_utils::atomic::AtomicCell;

use super::key::FileId;
use super::piece::{Described, PIECE, Place, Source};

/// What a block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// Here are bytes.
    Bytes,
    /// What bytes mean for the flow of `source`.
    Verdict {
        /// They have raised an alert.
        alerted: bool,
        /// The session is to be reset.
        reset: bool,
    },
}

/// A message.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) message: Message,
    /// Whose block it is.
    home: u16,
    pub(super) place: Place,
    pub(super) source: Option<Source>,
    pub(super) described: Described,
    length: usize,
    bytes: [u8; PIECE],
}

impl Block {
    fn new(home: u16) -> Self {
        Self {
            message: Message::Bytes,
            home,
            place: Place::default(),
            source: None,
            described: Described::default(),
            length: 0,
            bytes: [0; PIECE],
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// What a worker shares with the others.
#[derive(Debug)]
struct Desk {
    /// Written by all others, read by the worker.
    inbox: ArrayQueue<Box<Block>>,
    /// Written by all others, read by the worker.
    shelf: ArrayQueue<Box<Block>>,
    /// Written by the worker: no part that came before is still to be handed on.
    clock_ns: CachePadded<AtomicU64>,
    /// Written by the worker: how many steps of endings it has taken.
    steps: AtomicU64,
    /// Written by the worker: it has ended.
    gone: AtomicBool,
}

/// Files whose worker is remembered; a newer one takes the place of one that it shares the end of its digest with.
const CLAIMS: usize = 1024;

/// A worker puts a file together: it was the first to see it pass whole, or it owns what another saw a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    digest: FileId,
    worker: u16,
    /// When the last part began.
    last_ns: u64,
}

/// The desks of all workers of a sensor.
#[derive(Debug)]
pub struct Exchange {
    desks: Box<[Desk]>,
    /// Written and read by workers when a part begins, under a sequence lock.
    claims: Box<[AtomicCell<Option<Claim>>]>,
    blocks: usize,
}

impl Default for Exchange {
    /// That of a worker without others.
    fn default() -> Self {
        Self::new(1, 0)
    }
}

impl Exchange {
    /// For so many workers, each of which has `bytes` of memory for blocks that are on their way.
    #[must_use]
    pub fn new(workers: u16, bytes: u64) -> Self {
        let blocks = if workers < 2 { 0 } else { usize::try_from(bytes).unwrap_or(usize::MAX) / size_of::<Block>() };
        let desk = |number| {
            let shelf = ArrayQueue::new(blocks.max(1));
            for _ in 0..blocks {
                // There is room for all of them.
                let _ = shelf.push(Box::new(Block::new(number)));
            }
            Desk {
                inbox: ArrayQueue::new(blocks.max(1)),
                shelf,
                clock_ns: CachePadded::default(),
                steps: AtomicU64::new(0),
                gone: AtomicBool::new(false),
            }
        };
        let claims = if workers < 2 { 0 } else { CLAIMS };
        let claims = (0..claims).map(|_| AtomicCell::new(None)).collect();
        Self { desks: (0..workers.max(1)).map(desk).collect(), claims, blocks }
    }
}

/// A worker's place among the others.
#[derive(Clone, Debug, Default)]
pub struct Membership {
    /// What all share.
    pub exchange: Arc<Exchange>,
    /// The worker's number.
    pub number: u16,
    /// It waits until what it has handed on is done, as in a replay.
    pub waits: bool,
}

/// Why a block was not handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NoBlock,
    InboxFull,
}

/// The worker's end. Dropping it tells the others that nothing more comes from here.
#[derive(Debug)]
pub(super) struct Link {
    membership: Membership,
    steps: u64,
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(desk) = self.desk() {
            desk.gone.store(true, Ordering::Release);
        }
    }
}

impl Link {
    pub(super) const fn new(membership: Membership) -> Self {
        Self { membership, steps: 0 }
    }

    pub(super) const fn number(&self) -> u16 {
        self.membership.number
    }

    pub(super) const fn waits(&self) -> bool {
        self.membership.waits
    }

    fn desk(&self) -> Option<&Desk> {
        self.desk_of(self.membership.number)
    }

    fn desk_of(&self, worker: u16) -> Option<&Desk> {
        self.membership.exchange.desks.get(usize::from(worker))
    }

    fn claim_of(&self, digest: FileId) -> Option<&AtomicCell<Option<Claim>>> {
        let claims = &self.membership.exchange.claims;
        let count = u128::try_from(claims.len()).ok().filter(|count| *count != 0)?;
        claims.get(usize::try_from(digest % count).ok()?)
    }

    /// Who puts a file together, of which this worker sees a part, or all of it pass (`whole`), begin at `now_ns`: who was
    /// there first. A claim on a file that passes whole holds for `hold_ns` after the last part.
    pub(super) fn settle(&self, digest: FileId, whole: bool, now_ns: u64, hold_ns: u64) -> u16 {
        let own = if whole { self.number() } else { self.owner(digest) };
        let Some(place) = self.claim_of(digest) else { return own };
        let known = place.load();
        let same = |claim: &Claim| claim.digest == digest;
        let holds = |claim: &Claim| same(claim) && (!whole || now_ns.abs_diff(claim.last_ns) <= hold_ns);
        let worker = known.filter(holds).map_or(own, |claim| claim.worker);
        match place.compare_exchange(known, Some(Claim { digest, worker, last_ns: now_ns })) {
            Err(Some(first)) if same(&first) => first.worker,
            _ => worker,
        }
    }

    /// Who puts a file together that nobody has claimed.
    pub(super) fn owner(&self, digest: FileId) -> u16 {
        let count = u128::try_from(self.membership.exchange.desks.len()).unwrap_or(1).max(1);
        // The low half finds places in tables.
        u16::try_from((digest >> 64) % count).unwrap_or(0)
    }

    /// Puts a message into the inbox of `worker`: `fill` writes it, and the `bytes` go with it, at most [`PIECE`].
    pub(super) fn send(&self, worker: u16, bytes: &[u8], fill: impl FnOnce(&mut Block)) -> Result<(), Refusal> {
        let (Some(own), Some(to)) = (self.desk(), self.desk_of(worker)) else { return Err(Refusal::InboxFull) };
        let mut block = own.shelf.pop().ok_or(Refusal::NoBlock)?;
        block.length = bytes.len().min(PIECE);
        if let Some((place, bytes)) = block.bytes.get_mut(..bytes.len()).zip(bytes.get(..PIECE.min(bytes.len()))) {
            place.copy_from_slice(bytes);
        }
        fill(&mut block);
        let Err(block) = to.inbox.push(block) else { return Ok(()) };
        self.put_back(block);
        Err(Refusal::InboxFull)
    }

    /// The oldest message.
    pub(super) fn receive(&self) -> Option<Box<Block>> {
        self.desk()?.inbox.pop()
    }

    /// There is a message.
    pub(super) fn has_mail(&self) -> bool {
        self.desk().is_some_and(|desk| !desk.inbox.is_empty())
    }

    /// A message has been read.
    pub(super) fn put_back(&self, block: Box<Block>) {
        if let Some(home) = self.desk_of(block.home) {
            // A shelf has room for all blocks of its worker.
            let _ = home.shelf.push(block);
        }
    }

    /// All that this worker has sent to `worker`, and to the others, has been read; or nobody will.
    pub(super) fn is_read(&self, worker: u16) -> bool {
        let home = self.desk().is_none_or(|desk| desk.shelf.len() == self.membership.exchange.blocks);
        home || self.desk_of(worker).is_none_or(|desk| desk.gone.load(Ordering::Acquire))
    }

    /// All that this worker hands on from now on came at `now_ns` or later.
    pub(super) fn keep_time(&self, now_ns: u64) {
        if let Some(desk) = self.desk() {
            desk.clock_ns.store(now_ns, Ordering::Release);
        }
    }

    /// The time that no worker is behind: what came before has been handed on, so it must be asked for before the inbox is
    /// looked into.
    pub(super) fn reached_ns(&self) -> u64 {
        let desks = self.membership.exchange.desks.iter().filter(|desk| !desk.gone.load(Ordering::Acquire));
        desks.map(|desk| desk.clock_ns.load(Ordering::Acquire)).min().unwrap_or(0)
    }

    /// This worker has taken another step of an ending.
    pub(super) fn arrive(&mut self) {
        self.steps += 1;
        if let Some(desk) = self.desk() {
            desk.steps.store(self.steps, Ordering::Release);
        }
    }

    /// All have come as far.
    pub(super) fn all_arrived(&self) -> bool {
        let desks = &self.membership.exchange.desks;
        let arrived = |desk: &Desk| desk.steps.load(Ordering::Acquire) >= self.steps;
        desks.iter().all(|desk| arrived(desk) || desk.gone.load(Ordering::Acquire))
    }
}
