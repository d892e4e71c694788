//! Storages with documents of Word, Excel and PowerPoint, and with macros.

use super::super::text::Text;
use super::{Walk, doc, join, ppt, vba, xls};
use crate::decode::{Child, Cut};

impl Walk<'_, '_> {
    pub(super) fn word(&mut self, storage: usize) {
        let word = self.stream(storage, "WordDocument");
        let tables = [self.stream(storage, "0Table"), self.stream(storage, "1Table")];
        let path = join(self.label(storage), "(text)");
        let mut text = Text::new(self.out, path);
        let reason = doc::read(&word, tables.each_ref().map(Vec::as_slice), &mut text).err();
        self.unread |= matches!(reason, Some(Cut::Malformed | Cut::Unsupported)) && text.is_empty();
        let wanted = text.finish(reason);
        self.done(wanted, reason);
    }

    pub(super) fn excel(&mut self, storage: usize) {
        for name in ["Workbook", "Book"] {
            if self.file.find(storage, name).is_none() || self.enough {
                continue;
            }
            let book = self.stream(storage, name);
            let path = join(self.label(storage), "(text)");
            let mut text = Text::new(self.out, path);
            let (done, has_macros) = xls::read(&book, &mut text);
            let wanted = text.finish(done.err().or(has_macros.then_some(Cut::Macros)));
            self.done(wanted, done.err());
        }
    }

    pub(super) fn powerpoint(&mut self, storage: usize) {
        if ppt::is_encrypted(&self.stream(storage, "Current User")) {
            return self.cut(Cut::Encrypted);
        }
        let slides = self.stream(storage, "PowerPoint Document");
        let path = join(self.label(storage), "(text)");
        let mut text = Text::new(self.out, path);
        let (objects, done) = ppt::read(&slides, &mut text);
        let wanted = text.finish(done.err());
        self.done(wanted, done.err());
        let path = join(self.label(storage), "(object)");
        for object in objects {
            if self.enough {
                return;
            }
            match object.packed {
                Some(length) => self.packed(&path, object.bytes, u64::from(length)),
                None => self.object(&path, object.bytes, None),
            }
        }
    }

    /// A project's modules, and its other streams but for what is compiled.
    pub(super) fn macros(&mut self, storage: usize, streams: &[(usize, String, bool)]) {
        let project = vba::Project::read(&self.stream(storage, "dir"));
        for (at, name, _) in streams {
            let is_compiled = name.starts_with("__SRP_") || name.eq_ignore_ascii_case("_VBA_PROJECT");
            if is_compiled || name.eq_ignore_ascii_case("dir") || self.enough {
                continue;
            }
            let path = join(self.label(storage), name);
            let stream = self.file.read(*at);
            let Some(source) = project.source(name, &stream) else {
                self.object(&path, &stream, None);
                continue;
            };
            if self.out.begin_text(&Child { name: path.as_bytes() }) {
                self.out.cut(Cut::Macros);
                self.source(source, project.encoding);
            }
        }
    }

    /// The source of a module, whose child has begun.
    fn source(&mut self, source: &[u8], encoding: &'static encoding_rs::Encoding) {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut enough = false;
        let whole = vba::unpack(source, |bytes| {
            let mut text = String::new();
            text.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len()));
            // There is room for all of it.
            let (_result, _read, _replaced) = decoder.decode_to_string(bytes, &mut text, false);
            enough = !text.is_empty() && !self.out.data(text.as_bytes());
            !enough
        });
        self.whole &= whole;
        self.enough |= enough;
        if !enough {
            self.out.end();
        }
    }
}
