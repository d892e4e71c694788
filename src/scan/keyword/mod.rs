//! The keyword scanner: weighted dictionaries over streams.
//!
//! # How it works
//!
//! All keywords of all dictionaries are compiled into at most two Aho-Corasick
//! DFAs (`aho_corasick::dfa::DFA`): one for the case-sensitive ones, one for the
//! others. The state of a DFA is one number, kept by the flow for each
//! direction, so that a keyword is found wherever segments divide it.
//!
//! A DFA reads a table entry for every byte, each depending on the last, at
//! hundreds of MB/s. Most bytes cannot begin a keyword, so while the DFA stands
//! in its start state a filter runs ahead: it looks up every s-th four-byte gram
//! of the text in a bitmap of the grams that keywords begin with, eight at a time
//! and independent of each other (see `filter.rs`), and the DFA takes over only
//! where a bit is set. Once all prefixes that the DFA follows are shorter than
//! what the filter sees, the filter resumes at the first of them. Nothing is
//! approximate: a set bit only costs time, and a bit that is not set proves that
//! no keyword begins there. The last bytes of a piece, too few for the filter,
//! are always stepped through, so that the state carries every prefix to the
//! next piece.
//!
//! # Scores
//!
//! Hits are counted for each flow in records from a worker's pool ([`HitPool`]).
//! A dictionary's score is the sum over its keywords of weight times count, each
//! count clipped to the keyword's `max` (NCAP: match limits). When it reaches the
//! dictionary's threshold, that is reported once for the flow.

mod engine;
mod filter;
mod hits;
mod matcher;

#[cfg(test)]
mod tests;

pub use hits::{Crossing, Dictionaries, HitCounters, HitPool};
pub use matcher::{BuildError, DictionarySpec, KeywordSpec, Matcher, ScanState};
