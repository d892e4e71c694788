//! Storages of Outlook's messages.

use super::super::text::Text;
use super::message::{self, Role};
use super::{Walk, join};
use crate::decode::{Charset, Child, Cut, Lzfu};

impl Walk<'_, '_> {
    /// A message, a recipient or an attachment.
    pub(super) fn message(&mut self, storage: usize, role: Role, streams: &[(usize, String, bool)]) {
        let path = self.label(storage).to_owned();
        let (narrow, html) = message::encodings(&self.stream(storage, message::PROPERTIES));
        let mut lines = String::new();
        let mut others = Vec::new();
        // Names of the attachment, the long one first.
        let mut names: [String; 3] = Default::default();
        for (at, name, _) in streams {
            let Some((id, kind)) = message::property(name) else {
                if *name != message::PROPERTIES && !message::is_property(name) && !self.enough {
                    let bytes = self.file.read(*at);
                    self.object(&join(&path, name), &bytes, None);
                }
                continue;
            };
            if !matches!(kind, 0x1e | 0x1f) {
                others.push((*at, id, kind));
                continue;
            }
            let bytes = self.file.read(*at);
            let text = message::text(kind, &bytes, narrow);
            let place = match (role, id) {
                (Role::Attachment, 0x3707) => names.first_mut(),
                (Role::Attachment, 0x3704) => names.get_mut(1),
                (Role::Attachment, 0x3001) => names.get_mut(2),
                _ => None,
            };
            if let Some(place) = place {
                place.clone_from(&text);
            }
            // Numbers of properties: [MS-OXPROPS].
            let label = match id {
                0x0037 => "(subject)",
                0x007d => "(header)",
                0x1000 => "(body)",
                0x1013 => "(html)",
                _ => {
                    lines.push_str(&text);
                    lines.push('\n');
                    continue;
                }
            };
            self.object(&join(&path, label), text.as_bytes(), None);
            if self.enough {
                return;
            }
        }
        let name = names.into_iter().find(|name| !name.is_empty());
        if role == Role::Attachment {
            let around = self.file.entry(storage).map_or(0, |entry| entry.parent);
            let name = join(self.label(around), name.as_deref().unwrap_or("(attachment)"));
            self.labels.insert(storage, name);
        }
        let around = self.file.entry(storage).map_or(0, |entry| entry.parent);
        let name = match role {
            Role::Recipient => join(self.label(around), "(recipient)"),
            _ => join(self.label(storage), "(properties)"),
        };
        let mut text = Text::new(self.out, name);
        text.text(&lines);
        let wanted = text.finish(None);
        self.done(wanted, None);
        for (at, id, kind) in others {
            if self.enough {
                return;
            }
            match (id, kind) {
                (0x3701, 0x102) => {
                    let bytes = self.file.read(at);
                    let name = self.label(storage).to_owned();
                    self.object(&name, &bytes, None);
                }
                (0x1013, 0x102) => {
                    let bytes = self.file.read(at);
                    self.object(&join(&path, "(html)"), &bytes, Charset::of(html.name().as_bytes()));
                }
                (0x1009, 0x102) => {
                    let bytes = self.file.read(at);
                    self.rtf(&join(&path, "(rtf)"), &bytes);
                }
                _ => {}
            }
        }
    }

    /// RTF that is packed ([MS-OXRTFCP]).
    fn rtf(&mut self, path: &str, bytes: &[u8]) {
        if !self.out.begin(&Child { name: path.as_bytes() }) {
            return;
        }
        let mut lzfu = Lzfu::new();
        lzfu.clear();
        if !lzfu.push(bytes, self.out) {
            self.enough = true;
            return;
        }
        if !lzfu.is_whole() {
            self.cut(Cut::Checksum);
        }
        self.out.end();
    }
}
