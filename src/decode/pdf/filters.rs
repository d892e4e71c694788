//! Filters of streams (ISO 32000-1 section 7.4), one behind the other.
//!
//! What a filter cannot read ends what comes out of it, and is told once; nothing is lost but that stream.

mod ascii;
mod lzw;
mod predictor;

use self::ascii::{Ascii85, AsciiHex, RunLength};
use self::lzw::Lzw;
use self::predictor::Predictor;
use super::super::cut::Cut;
use super::super::decoder::{Child, Out};
use super::super::inflate::{Inflate, Step};

/// Most filters of a stream.
pub(super) const FILTERS: usize = 8;
/// The same, with what undoes a predictor.
const STAGES: usize = FILTERS + 1;

/// What undoes a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Flate,
    Lzw,
    Ascii85,
    AsciiHex,
    RunLength,
    /// It is encrypted with nothing.
    Identity,
    /// A JPEG or JPEG 2000 file.
    Jpeg,
    /// Packs pixels of one bit, and nothing else.
    Pixels,
    /// Not undone here.
    Other,
}

impl Filter {
    pub(super) fn of(name: &[u8]) -> Self {
        match name {
            b"FlateDecode" | b"Fl" => Self::Flate,
            b"LZWDecode" | b"LZW" => Self::Lzw,
            b"ASCII85Decode" | b"A85" => Self::Ascii85,
            b"ASCIIHexDecode" | b"AHx" => Self::AsciiHex,
            b"RunLengthDecode" | b"RL" => Self::RunLength,
            b"Crypt" => Self::Identity,
            b"DCTDecode" | b"DCT" | b"JPXDecode" => Self::Jpeg,
            b"CCITTFaxDecode" | b"CCF" | b"JBIG2Decode" => Self::Pixels,
            _ => Self::Other,
        }
    }
}

/// How a predictor was used (section 7.4.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) predictor: u32,
    pub(super) columns: u32,
    pub(super) colors: u32,
    pub(super) bits: u32,
    pub(super) early: bool,
}

impl Parameters {
    pub(super) const DEFAULT: Self = Self { predictor: 1, columns: 1, colors: 1, bits: 8, early: true };
}

#[derive(Debug)]
enum Stage {
    None,
    Flate(Box<Inflate>),
    Lzw(Box<Lzw>),
    Ascii85(Ascii85),
    AsciiHex(AsciiHex),
    RunLength(RunLength),
    Predictor(Box<Predictor>),
}

/// What has come of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    More,
    /// Nothing more comes out: the data are over.
    Done,
    /// They are damaged.
    Bad,
    /// No more is wanted.
    Enough,
}

/// Filters, and what they need, which is taken from here as long as a stream passes.
#[derive(Debug)]
pub(super) struct Filters {
    stages: [Stage; STAGES],
    /// Two, since data that are deflated twice are read by others.
    inflate: [Option<Box<Inflate>>; 2],
    lzw: Option<Box<Lzw>>,
    predictor: Option<Box<Predictor>>,
}

impl Filters {
    pub(super) fn new() -> Self {
        Self {
            stages: [const { Stage::None }; STAGES],
            inflate: [(); 2].map(|()| Some(Box::new(Inflate::new(true)))),
            lzw: Some(Box::new(Lzw::new())),
            predictor: Some(Box::new(Predictor::new())),
        }
    }

    /// Takes everything back.
    pub(super) fn reset(&mut self) {
        let Self { stages, inflate, lzw, predictor } = self;
        for stage in stages {
            match std::mem::replace(stage, Stage::None) {
                Stage::Flate(idle) => {
                    if let Some(place) = inflate.iter_mut().find(|place| place.is_none()) {
                        *place = Some(idle);
                    }
                }
                Stage::Lzw(idle) => *lzw = Some(idle),
                Stage::Predictor(idle) => *predictor = Some(idle),
                _ => {}
            }
        }
    }

    /// A stream begins that these filters were used on, each with its parameters. False where one of them is not
    /// undone.
    pub(super) fn begin(&mut self, filters: &[(Filter, Parameters)]) -> bool {
        self.reset();
        let Self { stages, inflate, lzw, predictor } = self;
        let mut places = stages.iter_mut();
        for (filter, parameters) in filters {
            let stage = match filter {
                Filter::Identity => continue,
                Filter::Flate => inflate.iter_mut().find_map(Option::take).map(|mut inflate| {
                    inflate.reset();
                    Stage::Flate(inflate)
                }),
                Filter::Lzw => lzw.take().map(|mut lzw| {
                    lzw.begin(parameters.early);
                    Stage::Lzw(lzw)
                }),
                Filter::Ascii85 => Some(Stage::Ascii85(Ascii85::EMPTY)),
                Filter::AsciiHex => Some(Stage::AsciiHex(AsciiHex::EMPTY)),
                Filter::RunLength => Some(Stage::RunLength(RunLength::EMPTY)),
                Filter::Jpeg | Filter::Pixels | Filter::Other => None,
            };
            let (Some(stage), Some(place)) = (stage, places.next()) else { return false };
            *place = stage;
            if parameters.predictor > 1 && matches!(filter, Filter::Flate | Filter::Lzw) {
                let Some(mut undo) = predictor.take() else { return false };
                let fits = undo.begin(parameters);
                let Some(place) = places.next() else { return false };
                *place = Stage::Predictor(undo);
                if !fits {
                    return false;
                }
            }
        }
        true
    }

    /// Takes the next bytes of the stream. `sink` gets what comes out, and says whether it wants more.
    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&[u8]) -> bool) -> Flow {
        run(&mut self.stages, bytes, sink)
    }
}

fn run(stages: &mut [Stage], bytes: &[u8], sink: &mut dyn FnMut(&[u8]) -> bool) -> Flow {
    let Some((stage, behind)) = stages.split_first_mut() else { return pass(bytes, sink) };
    let mut next = Next { stages: behind, sink, flow: Flow::More };
    let own = match stage {
        Stage::None => return pass(bytes, next.sink),
        Stage::Flate(inflate) => match inflate.push(bytes, &mut next) {
            Ok(Step::More | Step::Enough) => Flow::More,
            Ok(Step::Done(_)) => Flow::Done,
            Err(_) => Flow::Bad,
        },
        Stage::Lzw(lzw) => lzw.push(bytes, &mut |bytes| next.data(bytes)),
        Stage::Ascii85(ascii) => ascii.push(bytes, &mut |bytes| next.data(bytes)),
        Stage::AsciiHex(ascii) => ascii.push(bytes, &mut |bytes| next.data(bytes)),
        Stage::RunLength(runs) => runs.push(bytes, &mut |bytes| next.data(bytes)),
        Stage::Predictor(undo) => undo.push(bytes, &mut |bytes| next.data(bytes)),
    };
    // What is further on has the say: it may be over before what feeds it is.
    if next.flow == Flow::More { own } else { next.flow }
}

fn pass(bytes: &[u8], sink: &mut dyn FnMut(&[u8]) -> bool) -> Flow {
    if sink(bytes) { Flow::More } else { Flow::Enough }
}

/// What comes out of a stage goes into the next.
struct Next<'a> {
    stages: &'a mut [Stage],
    sink: &'a mut dyn FnMut(&[u8]) -> bool,
    flow: Flow,
}

impl Out for Next<'_> {
    fn begin(&mut self, _: &Child<'_>) -> bool {
        true
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        if self.flow == Flow::More {
            self.flow = run(self.stages, bytes, self.sink);
        }
        self.flow == Flow::More
    }

    fn end(&mut self) {}

    fn cut(&mut self, _: Cut) {}
}
