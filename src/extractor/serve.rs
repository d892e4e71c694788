//! What a process does: takes objects, takes them apart, and hands back what was in them.

use std::time::Duration;

use super::layout::{POSITION, READY};
use super::module::Module;
use super::taker::{Found, Taker};
use super::teller::{Teller, load, store};
use crate::decode::{Cut, Decoders, FEWEST_DECODERS, Limits, Tree, format};
use crate::dpdk::shared::{ReadOnly, Shared};

/// Looks for a new object between which the core is only given to others.
const EAGER: u32 = 64;
/// How long the process sleeps after that, at first and at most.
const FIRST_NAP: Duration = Duration::from_micros(50);
const LONGEST_NAP: Duration = Duration::from_millis(2);
/// Bytes of an object that its tree gets at a time.
const PIECE: usize = 64 * 1024;

/// A process's work. All its memory but that of single objects is taken when it is made.
pub(super) struct Server {
    tree: Tree,
    decoders: Decoders,
    modules: &'static [&'static Module],
    object_max: usize,
    object: Vec<u8>,
}

impl Server {
    pub(super) fn new(limits: &Limits, modules: &'static [&'static Module], object_max: usize) -> Self {
        // One object at a time: as many decoders of a format as may lie within each other.
        let limits = Limits { decoders: limits.depth.max(FEWEST_DECODERS), ..limits.clone() };
        let (tree, decoders) = (Tree::new(&limits), Decoders::new(limits));
        Self { tree, decoders, modules, object_max, object: Vec::new() }
    }

    /// Serves as process `reader` for as long as `goes_on` says so, which is asked between objects.
    pub(super) fn run(&mut self, objects: &ReadOnly, answers: &Shared, reader: u32, mut goes_on: impl FnMut() -> bool) {
        let mut taker = Taker::new(objects, reader, load(answers, POSITION));
        let mut teller = Teller::new(answers, self.modules, self.object_max);
        store(answers, READY, 1);
        let (mut looks, mut nap) = (0, FIRST_NAP);
        while goes_on() {
            let found = taker.next(&mut self.object);
            match found {
                Found::Nothing if looks < EAGER => {
                    looks += 1;
                    std::thread::yield_now();
                }
                Found::Nothing => {
                    std::thread::sleep(nap);
                    nap = (nap * 2).min(LONGEST_NAP);
                }
                Found::Skipped => teller.position(taker.position()),
                Found::Object(number, facts) => {
                    teller.position(taker.position());
                    teller.start(number, facts.level);
                    self.extract(facts.module, facts.level, facts.within, facts.complete, &mut teller);
                    teller.over(number);
                    // Large objects are rare.
                    self.object.shrink_to(PIECE);
                    (looks, nap) = (0, FIRST_NAP);
                }
            }
        }
    }

    fn extract(&mut self, module: usize, level: usize, within: bool, complete: bool, teller: &mut Teller<'_>) {
        let name = self.modules.get(module).map_or("", |module| module.name);
        let Some(format) = format(name) else { return teller.cut_short(name.as_bytes(), Cut::NotInspected) };
        let Self { tree, decoders, object, .. } = self;
        tree.resume(level, format, within, decoders);
        for piece in object.chunks(PIECE) {
            tree.push(piece, decoders, teller);
        }
        tree.finish(complete, decoders, teller);
    }
}
