//! All that a module says of an object.

use tidegate::decode::{Charset, Child, Cut, Out};
use tidegate::extractor::MODULES;

/// A child as it was handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) is_text: bool,
    pub(crate) bytes: Vec<u8>,
    pub(crate) charset: Option<Charset>,
    pub(crate) cuts: Vec<Cut>,
}

impl Part {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }
}

/// All that a module has said, as long as less than `most` bytes came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) parts: Vec<Part>,
    /// Of the object itself.
    pub(crate) cuts: Vec<Cut>,
    pub(crate) whole: bool,
    given: usize,
    most: usize,
    open: bool,
    /// It was said that no more is wanted.
    enough: bool,
}

impl Heard {
    /// What a module says of an object.
    pub(crate) fn of(module: &str, object: &[u8]) -> Self {
        Self::with_most(module, object, usize::MAX)
    }

    /// As [`Heard::of`], where no more than `most` bytes are wanted.
    pub(crate) fn with_most(module: &str, object: &[u8], most: usize) -> Self {
        let extract = MODULES.iter().find(|known| known.name == module).unwrap().extract.unwrap();
        let mut heard = Self { most, ..Self::default() };
        heard.whole = extract(object, &mut heard);
        assert!(!heard.open || heard.enough, "a child was not ended: {:?}", heard.parts.last().map(|part| &part.name));
        heard
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.parts.iter().map(|part| part.name.as_str()).collect()
    }

    /// The only part of that name.
    pub(crate) fn part(&self, name: &str) -> &Part {
        let mut parts = self.parts.iter().filter(|part| part.name == name);
        let part = parts.next().unwrap_or_else(|| panic!("no {name} among {:?}", self.names()));
        assert!(parts.next().is_none(), "{name} is there twice");
        part
    }

    pub(crate) fn given(&self) -> usize {
        self.given
    }

    pub(crate) fn is_cut(&self, cut: Cut) -> bool {
        self.cuts.contains(&cut) || self.parts.iter().any(|part| part.cuts.contains(&cut))
    }
}

impl Out for Heard {
    fn begin(&mut self, child: &Child<'_>) -> bool {
        assert!(!self.open && !self.enough, "begins before the last has ended: {child:?}");
        self.parts.push(Part { name: String::from_utf8_lossy(child.name).into_owned(), ..Part::default() });
        self.open = true;
        true
    }

    fn begin_text(&mut self, child: &Child<'_>) -> bool {
        self.begin(child);
        self.parts.last_mut().unwrap().is_text = true;
        true
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        assert!(self.open && !self.enough, "bytes that nobody wants");
        self.given += bytes.len();
        self.enough = self.given > self.most;
        self.parts.last_mut().unwrap().bytes.extend_from_slice(bytes);
        !self.enough
    }

    fn declare(&mut self, charset: Charset) {
        assert!(self.open && self.parts.last().unwrap().bytes.is_empty());
        self.parts.last_mut().unwrap().charset = Some(charset);
    }

    fn end(&mut self) {
        assert!(self.open && !self.enough);
        self.open = false;
    }

    fn cut(&mut self, reason: Cut) {
        match self.parts.last_mut().filter(|_| self.open) {
            Some(part) => part.cuts.push(reason),
            None => self.cuts.push(reason),
        }
    }
}
