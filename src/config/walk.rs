//! Walking a parsed file: tables and values that know the line they stand on
//! and the keys that lead to them, so that each error can name both.

use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, alternatives, found_expected, quoted, shortened};
use super::source::Source;
use super::suggest::nearest;

/// Where something stands: file, line and keys.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    source: &'a Source<'a>,
    path: String,
    line: usize,
}

impl Place<'_> {
    /// The line, counted from 1.
    pub(super) const fn line(&self) -> usize {
        self.line
    }

    /// The keys, as in `flow.timeout.tcp_new`.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// An error here.
    pub(super) fn wrong(&self, found: &str, expected: &str) -> ConfigError {
        self.problem(found_expected(found, expected))
    }

    /// An error here, in words of its own.
    pub(super) fn problem(&self, problem: String) -> ConfigError {
        let error = ConfigError::file(self.source.file(), problem).at_line(self.line);
        if self.path.is_empty() { error } else { error.at_key(&self.path) }
    }

    fn child(&self, key: &str, offset: usize) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self { source: self.source, path, line: self.source.line(offset) }
    }
}

/// A table of the file.
#[derive(Clone, Debug)]
pub(super) struct Table<'a> {
    /// Where it stands.
    pub(super) place: Place<'a>,
    entries: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    /// The file as a whole.
    pub(super) fn root(source: &'a Source<'a>, entries: &'a DeTable<'a>) -> Self {
        Self { place: Place { source, path: String::new(), line: 1 }, entries }
    }

    /// Refuses the first key, in file order, that is not in `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ConfigError> {
        let unknown = self.entries.iter().filter(|(key, _)| !known.contains(&&**key.get_ref()));
        let Some((key, _)) = unknown.min_by_key(|(key, _)| key.span().start) else { return Ok(()) };
        let expected = match nearest(key.get_ref(), known) {
            Some(meant) => format!("unknown key, did you mean {meant:?}?"),
            None => {
                let known: Vec<String> = known.iter().map(|key| format!("{key:?}")).collect();
                format!("unknown key, expected {}", alternatives(&known))
            }
        };
        Err(self.place.child(&shortened(key.get_ref()), key.span().start).problem(expected))
    }

    /// The value of `key`.
    pub(super) fn value(&self, key: &str) -> Option<Value<'a>> {
        let value = self.entries.get(key)?;
        Some(Value { place: self.place.child(key, value.span().start), span: value.span(), value: value.get_ref() })
    }

    /// An error about a key that is not there.
    pub(super) fn missing(&self, key: &str, expected: &str) -> ConfigError {
        Place { path: self.place.child(key, 0).path, ..self.place.clone() }.wrong("nothing", expected)
    }

    /// The tables of an array of tables; none when the key is missing.
    pub(super) fn tables(&self, key: &str) -> Result<Vec<Table<'a>>, ConfigError> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let expected = format!("tables under [[{}]]", value.place.path);
        let items = value.items().ok_or_else(|| value.wrong(&expected))?;
        items.iter().map(|item| item.table().ok_or_else(|| item.wrong(&expected))).collect()
    }
}

/// A value of the file.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    /// Where it stands.
    pub(super) place: Place<'a>,
    span: std::ops::Range<usize>,
    value: &'a DeValue<'a>,
}

impl<'a> Value<'a> {
    /// The error that this value is not `expected`.
    pub(super) fn wrong(&self, expected: &str) -> ConfigError {
        self.place.wrong(&self.found(), expected)
    }

    /// This value as a message names it.
    pub(super) fn found(&self) -> String {
        match self.value {
            DeValue::String(text) => quoted(text),
            DeValue::Array(_) => "an array".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
            _ => shortened(self.place.source.text().get(self.span.clone()).unwrap_or_default()),
        }
    }

    /// The value as a table.
    pub(super) fn table(&self) -> Option<Table<'a>> {
        let entries = self.value.as_table()?;
        Some(Table { place: self.place.clone(), entries })
    }

    /// The value as a string.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    /// The value as `true` or `false`.
    pub(super) fn boolean(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// The value as an integer. One that does not even fit 128 bits becomes the
    /// largest, which no range allows.
    pub(super) fn integer(&self) -> Option<i128> {
        let integer = self.value.as_integer()?;
        let limit = if integer.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
        Some(i128::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(limit))
    }

    /// The values of an array.
    pub(super) fn items(&self) -> Option<Vec<Value<'a>>> {
        let items = self.value.as_array()?;
        let of = |(index, item): (usize, &'a toml::Spanned<DeValue<'a>>)| {
            let mut place = self.place.clone();
            place.path = format!("{}[{index}]", place.path);
            place.line = place.source.line(item.span().start);
            Value { place, span: item.span(), value: item.get_ref() }
        };
        Some(items.iter().enumerate().map(of).collect())
    }
}
