//! `alert`: a dictionary's score reached its threshold.

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::EncodeError;
use super::head::{Counts, Ends, Head};
use super::text::Text;
use crate::event::names::{DictionaryNames, EventNames};
use crate::event::types::{AlertEvent, AlertHit, Direction, Location};

/// EVE's generator id of rules; dictionaries are rules.
const GID: u32 = 1;

#[derive(Serialize)]
pub(super) struct AlertLine<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    alert: AlertObject<'a>,
    direction: &'static str,
    flow: AlertFlow,
    tidegate: AlertExtra<'a>,
}

impl<'a> AlertLine<'a> {
    /// The line of an alert whose text is `text`; `dictionaries` are those of its configuration.
    pub(super) fn new(
        event: &'a AlertEvent,
        text: &'a [u8],
        names: &'a EventNames,
        dictionaries: &'a [DictionaryNames],
    ) -> Result<Self, EncodeError> {
        let dictionary =
            dictionaries.get(usize::from(event.dictionary)).ok_or(EncodeError::UnknownDictionary(event.dictionary))?;
        Ok(Self {
            head: Head::new("alert", &event.head, event.direction, names)?,
            alert: AlertObject {
                action: if event.blocked { "blocked" } else { "allowed" },
                gid: GID,
                signature_id: dictionary.signature_id,
                rev: dictionary.rev,
                signature: Text(dictionary.name.as_bytes()),
                category: Text(dictionary.category.as_bytes()),
                severity: dictionary.severity,
            },
            direction: event.direction.name(),
            flow: AlertFlow {
                counts: Counts::new(event.packets, event.bytes, event.head.start_ns),
                ends: Ends::new(&event.head.tuple, Direction::ToServer),
            },
            tidegate: AlertExtra {
                dictionary: Text(dictionary.name.as_bytes()),
                score: event.score,
                threshold: dictionary.threshold,
                path: match event.location {
                    Location::Part(path) => Text(path.as_bytes()),
                    Location::Object(_) => Text(text),
                },
                offset: event.offset,
                keywords: Keywords::new(event, dictionary)?,
                more_keywords: event.more_hits,
            },
        })
    }
}

#[derive(Serialize)]
struct AlertObject<'a> {
    action: &'static str,
    gid: u32,
    signature_id: u32,
    rev: u32,
    signature: Text<'a>,
    category: Text<'a>,
    severity: u8,
}

#[derive(Serialize)]
struct AlertFlow {
    #[serde(flatten)]
    counts: Counts,
    #[serde(flatten)]
    ends: Ends,
}

#[derive(Serialize)]
struct AlertExtra<'a> {
    dictionary: Text<'a>,
    score: u32,
    threshold: u32,
    path: Text<'a>,
    offset: u64,
    keywords: Keywords<'a>,
    more_keywords: u32,
}

/// The alert's hits, each with its keyword's text and weight.
struct Keywords<'a> {
    hits: &'a [AlertHit],
    dictionary: &'a DictionaryNames,
}

impl<'a> Keywords<'a> {
    fn new(event: &'a AlertEvent, dictionary: &'a DictionaryNames) -> Result<Self, EncodeError> {
        let count = usize::from(event.hit_count).min(event.hits.len());
        let (hits, _) = event.hits.split_at(count);
        // Checked here, once, so that a line is never given up half written.
        for hit in hits {
            if keyword(dictionary, hit).is_none() {
                return Err(EncodeError::UnknownKeyword { dictionary: event.dictionary, keyword: hit.keyword });
            }
        }
        Ok(Self { hits, dictionary })
    }
}

fn keyword<'a>(dictionary: &'a DictionaryNames, hit: &AlertHit) -> Option<Keyword<'a>> {
    let name = dictionary.keywords.get(usize::try_from(hit.keyword).ok()?)?;
    Some(Keyword { keyword: Text(&name.bytes), count: hit.count, weight: name.weight })
}

#[derive(Serialize)]
struct Keyword<'a> {
    keyword: Text<'a>,
    count: u32,
    weight: u32,
}

impl Serialize for Keywords<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.hits.len()))?;
        for entry in self.hits.iter().filter_map(|hit| keyword(self.dictionary, hit)) {
            seq.serialize_element(&entry)?;
        }
        seq.end()
    }
}
