//! `tidegate scan`: decodes and scans files on disk, as if they had crossed the wire.

mod files;
mod found;
mod gather;
mod inspect;
mod show;
mod window;

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use self::found::File;
use self::inspect::Inspector;
use self::show::Show;
use self::window::{Watch, Window};
use super::arguments::Scan;
use super::build;
use super::output::{Failure, complain};
use crate::decode::{FEWEST_DECODERS, Limits};

/// Files that a thread may be ahead of the one that is shown next: what is found in them waits in memory.
const AHEAD: usize = 4;

/// What was done, over all files.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    files: u64,
    leaves: u64,
    bytes: u64,
    cuts: u64,
    findings: u64,
    unread: u64,
}

pub(super) fn scan(options: &Scan) -> Result<(), Failure> {
    let config = build::configuration(options.config.as_deref())?;
    let matcher = build::matcher(&config)?;
    let dictionaries = build::dictionaries(&config);
    // One object at a time: as many decoders of a format as may lie within each other.
    let limits = build::decode_limits(&config);
    let limits = Limits { decoders: limits.depth.max(FEWEST_DECODERS), ..limits };
    let files = files::all(&options.paths)?;
    let jobs = options.jobs.map_or_else(|| thread::available_parallelism().map_or(1, NonZero::get), usize::from);
    let jobs = jobs.min(files.len());
    let (_supervisor, points) = super::extractor::start(&config, jobs, false, options.rehearsal)?;
    let mut show = Show::new(options, &dictionaries, files.len());
    let text_max = if options.text { usize::try_from(options.text_max).unwrap_or(usize::MAX) } else { 0 };
    let next = AtomicUsize::new(0);
    let window = Window::new(AHEAD * jobs);
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(jobs);
        for point in points {
            let (sender, matcher, limits) = (sender.clone(), matcher.clone(), limits.clone());
            let (next, files, window) = (&next, &files, &window);
            scope.spawn(move || {
                let _watch = Watch(window);
                let mut inspector = Inspector::new(limits, matcher, point, text_max);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(number) else { break };
                    // Nobody listens any more when what was found cannot be shown.
                    if !window.wait_for(number) || sender.send((number, inspector.file(file))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let shown = show_in_order(&mut show, receiver, &window);
        window.close();
        shown
    })?;
    show.finish()
}

/// Shows files in the order in which they were named, whichever is done first.
fn show_in_order(show: &mut Show<'_>, receiver: mpsc::Receiver<(usize, File)>, window: &Window) -> Result<(), Failure> {
    let mut waiting = std::collections::BTreeMap::new();
    let mut next = 0;
    for (number, file) in receiver {
        waiting.insert(number, file);
        while let Some(file) = waiting.remove(&next) {
            if let Some(reason) = &file.unread {
                complain(&format!("{}: {reason}", show::name(&file.name)));
            }
            show.file(&file)?;
            next += 1;
            window.shown(next);
        }
    }
    Ok(())
}

/// What there is no file at.
fn missing(path: &Path, error: &std::io::Error) -> Failure {
    Failure::input(format!("{}: {error}; expected a file or a directory", show::name(path)))
}
