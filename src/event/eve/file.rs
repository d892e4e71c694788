//! `fileinfo`: a file has passed.

use serde::Serialize;

use super::EncodeError;
use super::head::Head;
use super::text::Text;
use crate::event::names::EventNames;
use crate::event::types::FileEvent;

#[derive(Serialize)]
pub(super) struct FileLine<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    fileinfo: FileObject<'a>,
    tidegate: FileExtra<'a>,
}

impl<'a> FileLine<'a> {
    /// The line of a file whose name, path and claimed type are `text`.
    pub(super) fn new(event: &FileEvent, text: &'a [u8], names: &'a EventNames) -> Result<Self, EncodeError> {
        let mut rest = text;
        let [name, path, claimed] = event.lengths.map(|length| {
            let (taken, behind) = rest.split_at_checked(usize::from(length)).unwrap_or((rest, &[]));
            rest = behind;
            Text(taken)
        });
        Ok(Self {
            head: Head::new("fileinfo", &event.head, event.direction, names)?,
            fileinfo: FileObject {
                filename: name,
                magic: event.kind,
                gaps: event.gaps,
                state: if event.complete { "CLOSED" } else { "TRUNCATED" },
                sha256: event.sha256.map(|digest| data_encoding::HEXLOWER.encode(&digest)),
                stored: event.stored,
                size: event.size,
                start: (event.start != 0).then_some(event.start),
                tx_id: event.tx_id,
            },
            tidegate: FileExtra {
                direction: event.direction.name(),
                path,
                claimed_type: (!claimed.0.is_empty()).then_some(claimed),
                offset: event.offset,
            },
        })
    }
}

#[derive(Serialize)]
struct FileObject<'a> {
    filename: Text<'a>,
    magic: &'static str,
    gaps: bool,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    stored: bool,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<u64>,
    tx_id: u32,
}

#[derive(Serialize)]
struct FileExtra<'a> {
    direction: &'static str,
    path: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_type: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}
