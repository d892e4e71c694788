//! Dictionaries: weighted keywords whose score on a flow raises an alert.
//!
//! A dictionary is a TOML file, or a text file with one keyword a line. Both
//! are read once, at start or reload, and checked here; a worker gets the
//! result. At most [`MAX_DICTIONARIES`] dictionaries of [`MAX_KEYWORDS`]
//! keywords of [`MAX_KEYWORD_BYTES`] bytes.

mod entry;
mod file;
mod plain;

use std::path::Path;

use hashbrown::HashMap;

pub(super) use self::entry::read_dictionaries;
use super::error::{ConfigError, found_expected};
use super::source::{Source, read_bounded};
use super::spec::{Choice, Key, Number, Section, Text};

/// Most dictionaries in a configuration.
pub const MAX_DICTIONARIES: usize = 256;
/// Most keywords in a dictionary.
pub const MAX_KEYWORDS: usize = 65_536;
/// Longest keyword, in bytes.
pub const MAX_KEYWORD_BYTES: usize = 255;

/// First of the signature ids that are derived from names.
const DERIVED_ID_BASE: u32 = 1_000_000_000;
/// How many there are of them.
const DERIVED_IDS: u32 = 1_000_000_000;

/// What is done to a flow on which a dictionary's threshold is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// An alert is raised.
    #[default]
    Alert,
    /// An alert is raised and, where killing is enabled, the connection is reset.
    Reset,
}

/// A keyword and what each occurrence of it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The bytes looked for, 1 to [`MAX_KEYWORD_BYTES`].
    pub bytes: Vec<u8>,
    /// Added to the score at each occurrence, 1 to 1,000,000.
    pub weight: u32,
    /// Most occurrences on a flow that count; 0: no limit.
    pub max: u32,
}

/// A dictionary, checked: no keyword stands in it twice, and it has at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dictionary {
    /// EVE's `signature`. No other dictionary of the configuration has it.
    pub name: String,
    /// For people.
    pub description: String,
    /// EVE's `signature_id`, not 0. No other dictionary of the configuration has it.
    pub signature_id: u32,
    /// EVE's `rev`.
    pub revision: u32,
    /// EVE's `severity`: 1 (most severe) to 4.
    pub severity: u8,
    /// EVE's `category`.
    pub category: String,
    /// The score that raises the alert, at least 1.
    pub threshold: u32,
    /// ASCII letters match in either case.
    pub case_insensitive: bool,
    /// What is done when the threshold is reached.
    pub action: Action,
    /// The keywords in file order.
    pub keywords: Vec<Keyword>,
}

/// What a `[[dictionary]]` of the configuration says in place of the dictionary file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DictionaryOptions {
    /// Replaces the name.
    pub name: Option<String>,
    /// Replaces the signature id.
    pub signature_id: Option<u32>,
    /// Replaces the threshold.
    pub threshold: Option<u32>,
    /// Replaces `case_insensitive`.
    pub case_insensitive: Option<bool>,
    /// Replaces the action.
    pub action: Option<Action>,
}

impl Dictionary {
    /// Reads the dictionary in `file`, whose name ends in `.toml` or `.txt`,
    /// with what `options` says in its place.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is over 128 MiB, or is no dictionary.
    pub fn load(file: &Path, options: &DictionaryOptions) -> Result<Self, ConfigError> {
        let bytes =
            read_bounded(file).map_err(|found| ConfigError::file(file, found_expected(&found, "a dictionary file")))?;
        Self::from_bytes(file, &bytes, options)
    }

    /// The same for a file whose content is at hand; `file` only gives the name.
    ///
    /// # Errors
    ///
    /// It is no dictionary.
    pub fn from_bytes(file: &Path, bytes: &[u8], options: &DictionaryOptions) -> Result<Self, ConfigError> {
        let format = Format::of(file).ok_or_else(|| {
            let found = super::error::quoted(&file.display().to_string());
            ConfigError::file(file, found_expected(&found, Format::EXPECTED))
        })?;
        let source = Source::new(file, bytes)?;
        let mut draft = match format {
            Format::Toml => file::read(&source)?,
            Format::Plain => plain::read(&source, options.name.as_deref())?,
        };
        draft.apply(options);
        draft.finish(file)
    }

    /// True when enough occurrences can reach the threshold: some keyword has
    /// no limit, or the limits together allow the score.
    #[must_use]
    pub fn can_reach_threshold(&self) -> bool {
        let mut most = 0_u64;
        for keyword in &self.keywords {
            if keyword.max == 0 {
                return true;
            }
            most = most.saturating_add(u64::from(keyword.weight) * u64::from(keyword.max));
        }
        most >= u64::from(self.threshold)
    }
}

/// The keys of a dictionary file and of its keywords, for the reference.
pub(super) fn describe_file(keys: &mut Vec<Key>) {
    file::Head::describe(keys);
    file::KeywordEntry::describe(keys);
}

/// The keys of a `[[dictionary]]`, for the reference.
pub(super) fn describe_entry(keys: &mut Vec<Key>) {
    entry::Entry::describe(keys);
}

/// How a dictionary file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Toml,
    Plain,
}

impl Format {
    const EXPECTED: &str = "a dictionary file whose name ends in .toml or .txt";

    fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()? {
            "toml" => Some(Self::Toml),
            "txt" => Some(Self::Plain),
            _ => None,
        }
    }
}

/// A keyword and where it was found.
struct Located {
    keyword: Keyword,
    line: usize,
    /// Its key, as in `keyword[3].text`; `None` in a text file.
    key: Option<String>,
    /// It as a message names it.
    found: String,
}

/// A dictionary before its keywords are checked against each other.
struct Draft {
    /// All but the keywords.
    head: Dictionary,
    keywords: Vec<Located>,
}

impl Draft {
    fn apply(&mut self, options: &DictionaryOptions) {
        let head = &mut self.head;
        if let Some(name) = &options.name {
            head.name.clone_from(name);
        }
        head.signature_id = options.signature_id.unwrap_or(head.signature_id);
        head.threshold = options.threshold.unwrap_or(head.threshold);
        head.case_insensitive = options.case_insensitive.unwrap_or(head.case_insensitive);
        head.action = options.action.unwrap_or(head.action);
    }

    /// Checks what concerns the keywords together. That needs to know whether
    /// case counts, so it comes after [`Draft::apply`].
    fn finish(self, file: &Path) -> Result<Dictionary, ConfigError> {
        let Self { mut head, keywords } = self;
        let count = keywords.len();
        if let Some(beyond) = keywords.get(MAX_KEYWORDS) {
            let problem = found_expected(&format!("{count} keywords"), &format!("at most {MAX_KEYWORDS}"));
            return Err(ConfigError::file(file, problem).at_line(beyond.line));
        }
        if keywords.is_empty() {
            return Err(ConfigError::file(file, found_expected("no keyword", "at least one")));
        }
        let mut lines: HashMap<Vec<u8>, usize> = HashMap::with_capacity(count);
        head.keywords.reserve_exact(count);
        for Located { keyword, line, key, found } in keywords {
            let mut folded = keyword.bytes.clone();
            if head.case_insensitive {
                folded.make_ascii_lowercase();
            }
            if let Some(first) = lines.insert(folded, line) {
                let problem = found_expected(&found, &format!("a keyword of its own: line {first} has it already"));
                let error = ConfigError::file(file, problem).at_line(line);
                return Err(if let Some(key) = key { error.at_key(&key) } else { error });
            }
            head.keywords.push(keyword);
        }
        Ok(head)
    }
}

/// A signature id made from a name alone, so that it stays the same when other
/// dictionaries come and go: FNV-1a over the bytes.
fn derived_signature_id(name: &str) -> u32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    DERIVED_ID_BASE + hash % DERIVED_IDS
}

const NAME: Text = Text { default: "", check: is_name, expected: "a name of 1 to 128 bytes on one line" };
const SIGNATURE_ID: Number<u32> = Number { default: 1, min: 1, max: u32::MAX };
const THRESHOLD: Number<u32> = Number { default: 1, min: 1, max: u32::MAX };
const ACTION: Choice<Action> =
    Choice { default: Action::Alert, of: &[("alert", Action::Alert), ("reset", Action::Reset)] };

fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len()) && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_lie_in_their_range_and_follow_fnv_1a() {
        // The published FNV-1a hashes of "" and "foobar".
        assert_eq!(derived_signature_id(""), DERIVED_ID_BASE + 0x811c_9dc5 % DERIVED_IDS);
        assert_eq!(derived_signature_id("foobar"), DERIVED_ID_BASE + 0xbf9c_f968 % DERIVED_IDS);
    }
}
