//! PDF files that are encrypted so that everybody can open them, which forbids no more than to print or to copy: the user's
//! password is empty (ISO 32000-1 section 7.6.3.1). In passing they cannot be read, since what decrypts them may stand at
//! their end.
//!
//! `hayro-syntax` finds and decrypts their objects; those are written anew, one after the other, for the decoder that reads
//! files in passing. All others that one reads as they stand, and of these what is not encrypted (metadata may be left so)
//! as long as nothing has said that the file is: that is not handed out again.

use std::borrow::Cow;

use hayro_syntax::object::{Dict, MaybeRef, Name, Object};
use hayro_syntax::{LoadPdfError, Pdf};

use super::super::module::Module;
use super::watched::Watched;
use crate::decode::{Cut, Decoder, Out, Taken, format};

pub(super) static MODULE: Module = Module { name: "pdf", extract: Some(extract), encrypted: true };

/// Objects within each other that are written.
const DEPTH: usize = 64;

fn extract(object: &[u8], out: &mut dyn Out) -> bool {
    // Where the file breaks off before this, it is not all there.
    let is_complete = memchr::memmem::rfind(object, b"startxref").is_some();
    let pdf = match Pdf::new(object.to_vec()) {
        Ok(pdf) => pdf,
        Err(error) => {
            let locked = matches!(error, LoadPdfError::Decryption(_));
            out.cut(if locked { Cut::Encrypted } else { Cut::Malformed });
            return false;
        }
    };
    let Some(format) = format("pdf") else { return false };
    let out = Watched::new(out);
    let mut writer = Writer {
        decoder: (format.make)(),
        out,
        file: pdf.data().as_ref(),
        told: told_encrypted(object),
        clear: has_clear_metadata(object),
        text: b"%PDF-1.7\n".to_vec(),
        others: 1 << 23,
        enough: false,
    };
    // Fonts and the like first: they say how to read the streams.
    for is_stream in [false, true] {
        for object in pdf.objects() {
            if matches!(object, Object::Stream(_)) == is_stream {
                writer.object(&object);
            }
            if writer.enough {
                return false;
            }
        }
    }
    if is_complete {
        writer.text.extend_from_slice(b"startxref\n0\n%%EOF\n");
        writer.flush();
    }
    !writer.enough && writer.decoder.finish(&mut writer.out) && !writer.out.enough
}

/// Where a file first says that it is encrypted: the name `Encrypt`.
fn told_encrypted(file: &[u8]) -> usize {
    const NAME: &[u8] = b"/Encrypt";
    let ends = |at: &usize| !file.get(at + NAME.len()).is_some_and(u8::is_ascii_alphanumeric);
    memchr::memmem::find_iter(file, NAME).find(ends).unwrap_or(file.len())
}

/// Whether metadata are not encrypted (section 7.6.3.2): `hayro-syntax` decrypts them all the same.
fn has_clear_metadata(file: &[u8]) -> bool {
    const KEY: &[u8] = b"/EncryptMetadata";
    let mut found = memchr::memmem::find_iter(file, KEY);
    found.any(|at| file.get(at + KEY.len()..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"false")))
}

/// Writes objects for a decoder.
struct Writer<'a> {
    decoder: Box<dyn Decoder>,
    out: Watched<'a>,
    file: &'a [u8],
    /// Where it first says that it is encrypted: up to there the decoder has read what is not.
    told: usize,
    clear: bool,
    text: Vec<u8>,
    /// Numbers of objects that nobody can refer to.
    others: u32,
    enough: bool,
}

impl<'a> Writer<'a> {
    /// Hands on what is written.
    fn flush(&mut self) {
        let taken = self.decoder.push(&self.text, &mut self.out);
        self.enough |= taken != Ok(Taken::All);
        self.text.clear();
    }

    /// Where bytes of the file lie in it.
    fn place(&self, bytes: &[u8]) -> Option<usize> {
        let at = bytes.as_ptr().addr().checked_sub(self.file.as_ptr().addr())?;
        Some(at).filter(|at| *at < self.file.len())
    }

    /// Bytes of the stream that has this dictionary as they stand in the file.
    fn as_it_is(&self, dict: &Dict<'_>) -> Option<&'a [u8]> {
        let behind = self.file.get(self.place(dict.data())? + dict.data().len()..)?;
        let stream = behind.trim_ascii_start().strip_prefix(b"stream")?;
        let stream = stream.strip_prefix(b"\r").unwrap_or(stream);
        let stream = stream.strip_prefix(b"\n").unwrap_or(stream);
        stream.get(..dict.get::<usize>(b"Length")?)
    }

    fn object(&mut self, object: &Object<'_>) {
        let id = match object {
            Object::Dict(dict) => dict.obj_id(),
            Object::Stream(stream) => Some(stream.obj_id()),
            _ => None,
        };
        let number = id.map_or_else(|| i64::from(self.others), |id| i64::from(id.obj_number));
        self.others += u32::from(id.is_none());
        self.text.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        if let Object::Stream(stream) = object {
            // What is in these is among the objects; what says where those are is of no use.
            let kind = stream.dict().get::<Name<'_>>(b"Type");
            if kind.as_ref().is_some_and(|kind| matches!(kind.as_ref(), b"ObjStm" | b"XRef")) {
                return self.text.clear();
            }
            let is_clear = self.clear && kind.is_some_and(|kind| kind.as_ref() == b"Metadata");
            let as_it_is = if is_clear { self.as_it_is(stream.dict()) } else { None };
            let data = as_it_is.map_or_else(|| stream.raw_data(), Cow::Borrowed);
            // What was decrypted does not lie in the file.
            self.out.known = matches!(&data, Cow::Borrowed(data) if self.place(data).is_some_and(|at| at < self.told));
            self.dict(stream.dict(), Some(data.len()), 0);
            self.text.extend_from_slice(b"\nstream\n");
            self.text.extend_from_slice(&data);
            self.text.extend_from_slice(b"\nendstream");
        } else {
            self.value(object, 0);
        }
        self.text.extend_from_slice(b"\nendobj\n");
        self.flush();
        self.out.known = false;
    }

    /// A dictionary, of a stream of that length.
    fn dict(&mut self, dict: &Dict<'_>, length: Option<usize>, depth: usize) {
        self.text.extend_from_slice(b"<<");
        for (name, value) in dict.entries() {
            if length.is_some() && name.as_ref() == b"Length" {
                continue;
            }
            self.name(name.as_ref());
            self.text.push(b' ');
            self.reference(&value, depth);
        }
        if let Some(length) = length {
            self.text.extend_from_slice(format!("/Length {length}").as_bytes());
        }
        self.text.extend_from_slice(b">>");
    }

    fn reference(&mut self, value: &MaybeRef<Object<'_>>, depth: usize) {
        match value {
            MaybeRef::Ref(to) => self.text.extend_from_slice(format!("{} 0 R", to.obj_number).as_bytes()),
            MaybeRef::NotRef(value) => self.value(value, depth + 1),
        }
    }

    fn value(&mut self, value: &Object<'_>, depth: usize) {
        match value {
            _ if depth > DEPTH => self.text.extend_from_slice(b"null"),
            Object::Null(_) | Object::Stream(_) => self.text.extend_from_slice(b"null"),
            Object::Boolean(value) => self.text.extend_from_slice(if *value { b"true" } else { b"false" }),
            Object::Number(number) => self.text.extend_from_slice(number.as_f64().to_string().as_bytes()),
            Object::Name(name) => self.name(name.as_ref()),
            Object::Dict(dict) => self.dict(dict, None, depth),
            Object::String(string) => {
                self.text.push(b'<');
                self.text.extend_from_slice(data_encoding::HEXLOWER.encode(string.as_bytes()).as_bytes());
                self.text.push(b'>');
            }
            Object::Array(array) => {
                self.text.push(b'[');
                for value in array.raw_iter() {
                    self.reference(&value, depth);
                    self.text.push(b' ');
                }
                self.text.push(b']');
            }
        }
    }

    fn name(&mut self, name: &[u8]) {
        self.text.push(b'/');
        for byte in name {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+') {
                self.text.push(*byte);
            } else {
                self.text.extend_from_slice(format!("#{byte:02x}").as_bytes());
            }
        }
    }
}
