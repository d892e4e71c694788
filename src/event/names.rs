//! The names behind the numbers that events carry.

use super::name_book::NameBook;

/// What the event thread needs to write an event's numbers as names.
#[derive(Clone, Debug, Default)]
pub struct EventNames {
    /// Interface names, which may be any bytes: `FlowHead::iface` is an index into it.
    pub ifaces: Vec<Vec<u8>>,
    /// The dictionaries of each configuration that alerts may be of.
    pub dictionaries: NameBook,
}

/// A dictionary, as an alert describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DictionaryNames {
    /// Its name: EVE's `alert.signature`, and `tidegate.dictionary`.
    pub name: String,
    /// EVE's `alert.signature_id`.
    pub signature_id: u32,
    /// EVE's `alert.rev`.
    pub rev: u32,
    /// EVE's `alert.severity`: 1 is the highest.
    pub severity: u8,
    /// EVE's `alert.category`.
    pub category: String,
    /// The score at which an alert is raised.
    pub threshold: u32,
    /// Keywords in file order: `AlertHit::keyword` is an index into it.
    pub keywords: Vec<KeywordName>,
}

/// One keyword of a dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeywordName {
    /// The keyword as the dictionary has it; any bytes.
    pub bytes: Vec<u8>,
    /// What one occurrence adds to the score.
    pub weight: u32,
}
