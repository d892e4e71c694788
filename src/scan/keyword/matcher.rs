//! All dictionaries of a configuration, compiled.

use std::fmt;

use super::engine::{Engine, MAX_KEYWORD};

/// A dictionary to compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DictionarySpec {
    /// The score that raises an alert; at least 1.
    pub threshold: u32,
    /// ASCII letters match in either case.
    pub ignore_case: bool,
    /// The keywords, in file order.
    pub keywords: Vec<KeywordSpec>,
}

/// A keyword to compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeywordSpec {
    /// 1 to 255 bytes.
    pub bytes: Vec<u8>,
    /// Score of one occurrence.
    pub weight: u32,
    /// Most occurrences that count; 0 is no limit.
    pub max: u32,
}

/// Why dictionaries cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// A keyword is empty or longer than 255 bytes: dictionary and keyword index.
    KeywordLength(usize, usize),
    /// More dictionaries or keywords than numbers for them (256 and 2^32 - 1).
    TooMany,
    /// The automaton would be too large; its own words.
    Automaton(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeywordLength(dictionary, keyword) => {
                write!(f, "keyword {keyword} of dictionary {dictionary} is empty or longer than {MAX_KEYWORD} bytes")
            }
            Self::TooMany => write!(f, "more than {MAX_DICTIONARIES} dictionaries or 2^32 - 1 keywords"),
            Self::Automaton(reason) => write!(f, "the keywords do not fit one automaton: {reason}"),
        }
    }
}

impl std::error::Error for BuildError {}

/// Dictionaries at most, so that a flow's "has alerted" marks have a fixed size.
pub(super) const MAX_DICTIONARIES: usize = 256;

/// What the scorer knows of a keyword.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyword {
    pub(super) dictionary: u16,
    /// Index within its dictionary.
    pub(super) index: u32,
    pub(super) weight: u32,
    pub(super) max: u32,
}

/// Where a stream's scan stands: one state for each automaton. The default is the start.
pub type ScanState = [u32; 2];

/// Compiled dictionaries; immutable and shared by all workers.
#[derive(Debug)]
pub struct Matcher {
    exact: Option<Engine>,
    folded: Option<Engine>,
    keywords: Box<[Keyword]>,
    thresholds: Box<[u32]>,
}

impl Matcher {
    /// Compiles `dictionaries`; the order gives them their numbers.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn new(dictionaries: &[DictionarySpec]) -> Result<Self, BuildError> {
        if dictionaries.len() > MAX_DICTIONARIES {
            return Err(BuildError::TooMany);
        }
        let mut keywords = Vec::new();
        let (mut exact, mut folded) = (Vec::new(), Vec::new());
        for (number, dictionary) in dictionaries.iter().enumerate() {
            for (index, keyword) in dictionary.keywords.iter().enumerate() {
                if keyword.bytes.is_empty() || keyword.bytes.len() > MAX_KEYWORD {
                    return Err(BuildError::KeywordLength(number, index));
                }
                let id = u32::try_from(keywords.len()).map_err(|_| BuildError::TooMany)?;
                keywords.push(Keyword {
                    dictionary: u16::try_from(number).map_err(|_| BuildError::TooMany)?,
                    index: u32::try_from(index).map_err(|_| BuildError::TooMany)?,
                    weight: keyword.weight,
                    max: keyword.max,
                });
                let list = if dictionary.ignore_case { &mut folded } else { &mut exact };
                list.push((id, keyword.bytes.as_slice()));
            }
        }
        let compile = |patterns: &[(u32, &[u8])], ignore_case| {
            if patterns.is_empty() {
                return Ok(None);
            }
            Engine::new(patterns, ignore_case).map(Some).map_err(BuildError::Automaton)
        };
        Ok(Self {
            exact: compile(&exact, false)?,
            folded: compile(&folded, true)?,
            keywords: keywords.into_boxed_slice(),
            thresholds: dictionaries.iter().map(|dictionary| dictionary.threshold.max(1)).collect(),
        })
    }

    /// True when there is nothing to look for.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.exact.is_none() && self.folded.is_none()
    }

    /// Keywords of all dictionaries.
    #[must_use]
    pub const fn keyword_count(&self) -> usize {
        self.keywords.len()
    }

    /// Bytes of memory the automata take.
    #[must_use]
    pub fn memory(&self) -> usize {
        [&self.exact, &self.folded].into_iter().flatten().map(Engine::memory).sum()
    }

    /// Scans the next piece of a stream. `found` gets the number of each keyword
    /// that ends in it (overlapping ones too) and the position after its last byte.
    #[inline]
    pub fn scan(&self, state: &mut ScanState, bytes: &[u8], mut found: impl FnMut(u32, usize)) {
        let [exact_state, folded_state] = state;
        if let Some(engine) = &self.exact {
            *exact_state = engine.scan(*exact_state, bytes, &mut found);
        }
        if let Some(engine) = &self.folded {
            *folded_state = engine.scan(*folded_state, bytes, &mut found);
        }
    }

    pub(super) fn keyword(&self, id: u32) -> Option<&Keyword> {
        self.keywords.get(usize::try_from(id).ok()?)
    }

    pub(super) fn threshold(&self, dictionary: u16) -> u32 {
        self.thresholds.get(usize::from(dictionary)).copied().unwrap_or(u32::MAX)
    }
}
