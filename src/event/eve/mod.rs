//! Events as EVE JSON lines, the form that Suricata made common.
//!
//! One object a line, ending in `\n` and containing no other control character.
//! What EVE has a name for has that name, unit and type; the rest stands under
//! `tidegate`. Every field is listed in `docs/events.md`.

mod alert;
mod anomaly;
mod file;
mod flow;
mod head;
mod proto;
mod record;
mod text;

use std::fmt;

use serde::Serialize;

use super::names::EventNames;
use super::stats::{Group, StatsEvent};
use super::timestamp::EveTime;
use super::types::Event;

pub use text::Text;

/// Turns events into lines.
#[derive(Clone, Debug, Default)]
pub struct EveEncoder {
    names: EventNames,
}

/// An event that cannot be written: it names something that does not exist, which
/// is a mistake of the program, not of the traffic.
#[derive(Debug)]
pub enum EncodeError {
    /// `FlowHead::iface` is past the names.
    UnknownInterface(u16),
    /// `AlertEvent::configuration` has no page in the book.
    UnknownConfiguration(u32),
    /// `AlertEvent::dictionary` is past the names.
    UnknownDictionary(u16),
    /// `AlertHit::keyword` is past the dictionary's keywords.
    UnknownKeyword {
        /// The dictionary's index.
        dictionary: u16,
        /// The keyword's index.
        keyword: u32,
    },
    /// A field of a record is past the keys of its layout.
    UnknownField {
        /// The layout's name.
        layout: &'static str,
        /// The field's tag.
        tag: u8,
    },
    /// The JSON serializer refused.
    Json(serde_json::Error),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownInterface(iface) => write!(f, "an event names interface {iface}, which has no name"),
            Self::UnknownConfiguration(configuration) => {
                write!(f, "an alert names configuration {configuration}, whose dictionaries are not known")
            }
            Self::UnknownDictionary(dictionary) => {
                write!(f, "an alert names dictionary {dictionary}, which does not exist")
            }
            Self::UnknownKeyword { dictionary, keyword } => {
                write!(f, "an alert names keyword {keyword} of dictionary {dictionary}, which does not exist")
            }
            Self::UnknownField { layout, tag } => write!(f, "a record of {layout} has field {tag}, which has no name"),
            Self::Json(error) => write!(f, "an event cannot be written as JSON: {error}"),
        }
    }
}

impl std::error::Error for EncodeError {}

impl EveEncoder {
    /// An encoder that knows `names`.
    #[must_use]
    pub const fn new(names: EventNames) -> Self {
        Self { names }
    }

    /// Appends `event`, with the text that goes with it, to `out` as one line, newline included.
    ///
    /// # Errors
    /// When the event names what does not exist; `out` is then as it was.
    pub fn event(&self, event: &Event, text: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match event {
            Event::Flow(event) => line(&flow::FlowLine::new(event, &self.names)?, out),
            Event::Alert(event) => {
                let dictionaries = self.names.dictionaries.of(event.configuration);
                let dictionaries = dictionaries.ok_or(EncodeError::UnknownConfiguration(event.configuration))?;
                line(&alert::AlertLine::new(event, text, &self.names, &dictionaries)?, out)
            }
            Event::Anomaly(event) => line(&anomaly::AnomalyLine::new(event, text, &self.names)?, out),
            Event::Record(event) => line(&record::RecordLine::new(event, text, &self.names)?, out),
            Event::File(event) => line(&file::FileLine::new(event, text, &self.names)?, out),
        }
    }

    /// Appends a `stats` event to `out` as one line, newline included.
    ///
    /// # Errors
    /// When the serializer refuses; `out` is then as it was.
    pub fn stats(&self, stats: &StatsEvent, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        line(
            &StatsLine {
                timestamp: EveTime(stats.timestamp_ns),
                event_type: "stats",
                stats: StatsObject { uptime: stats.uptime_s, counters: &stats.counters },
            },
            out,
        )
    }
}

#[derive(Serialize)]
struct StatsLine<'a> {
    timestamp: EveTime,
    event_type: &'static str,
    stats: StatsObject<'a>,
}

#[derive(Serialize)]
struct StatsObject<'a> {
    uptime: u64,
    #[serde(flatten)]
    counters: &'a Group,
}

fn line(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    serde_json::to_writer(&mut *out, value).map_err(|error| {
        out.truncate(start);
        EncodeError::Json(error)
    })?;
    out.push(b'\n');
    Ok(())
}
