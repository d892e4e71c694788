//! `anomaly`: something that an ordinary peer does not do.

use serde::Serialize;

use super::EncodeError;
use super::head::Head;
use super::text::Text;
use crate::event::names::EventNames;
use crate::event::types::{AnomalyEvent, Versions};

#[derive(Serialize)]
pub(super) struct AnomalyLine<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    anomaly: AnomalyObject,
    tidegate: AnomalyExtra<'a>,
}

impl<'a> AnomalyLine<'a> {
    pub(super) fn new(event: &AnomalyEvent, text: &'a [u8], names: &'a EventNames) -> Result<Self, EncodeError> {
        let head = Head::new("anomaly", &event.head, event.direction, names)?;
        Ok(Self {
            head: if event.of_flow { head } else { head.without_flow() },
            anomaly: AnomalyObject { r#type: event.layer.name(), event: event.event },
            tidegate: AnomalyExtra {
                direction: event.direction.name(),
                path: (!text.is_empty()).then_some(Text(text)),
                overlap: event.versions.map(|versions| Overlap::new(&versions)),
            },
        })
    }
}

#[derive(Serialize)]
struct AnomalyObject {
    r#type: &'static str,
    event: &'static str,
}

#[derive(Serialize)]
struct AnomalyExtra<'a> {
    direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overlap: Option<Overlap>,
}

#[derive(Serialize)]
struct Overlap {
    offset: u64,
    length: u32,
    first_xxh3: String,
    later_xxh3: String,
    kept: &'static str,
}

impl Overlap {
    fn new(versions: &Versions) -> Self {
        Self {
            offset: versions.offset,
            length: versions.length,
            first_xxh3: format!("{:016x}", versions.first),
            later_xxh3: format!("{:016x}", versions.later),
            kept: versions.kept.name(),
        }
    }
}
