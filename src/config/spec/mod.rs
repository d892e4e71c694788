//! What a key may hold. A `Spec` knows a key's default and range, reads it from
//! a file, and describes itself for the reference in `docs/configuration.md`;
//! the [`section!`] macro turns a list of them into a struct.

mod prefixes;
mod quantity;
mod word;

pub(super) use self::prefixes::Prefixes;
pub(super) use self::quantity::{Number, Ports, PowerOfTwo, Size, Time};
pub(super) use self::word::{Choice, Flag, Text, Words};
use super::difference::Difference;
use super::error::ConfigError;
use super::walk::{Table, Value};

/// One key of a configuration or dictionary file, for the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The table it belongs to, as in `flow.timeout`; empty for the top of a dictionary file.
    pub section: &'static str,
    /// Its name, as in `tcp_new`.
    pub name: &'static str,
    /// Its default as TOML; `None` where the key is left unset.
    pub default: Option<String>,
    /// True when the key must be there.
    pub required: bool,
    /// What it may hold.
    pub range: String,
    /// Its smallest and largest value as TOML, for what has them.
    pub limits: Option<(String, String)>,
    /// A running sensor takes another value on reload; other keys need a restart.
    pub reload: bool,
}

/// What a key may hold.
pub(super) trait Spec {
    /// The type it is read into.
    type Out: PartialEq;

    /// The value when the key is not there.
    fn default(&self) -> Self::Out;

    /// Reads the value, or says what is wrong with it.
    fn parse(&self, value: &Value<'_>) -> Result<Self::Out, ConfigError>;

    /// A value as TOML.
    fn text(&self, value: &Self::Out) -> String;

    /// The default as TOML.
    fn default_text(&self) -> Option<String> {
        Some(self.text(&self.default()))
    }

    /// The allowed values in words, as messages end.
    fn range(&self) -> String;

    /// Smallest and largest value as TOML.
    fn limits(&self) -> Option<(String, String)> {
        None
    }

    /// True when the key must be there.
    fn required(&self) -> bool {
        false
    }

    /// Reads `key` of `table`, or takes the default.
    fn read(&self, table: &Table<'_>, key: &str) -> Result<Self::Out, ConfigError> {
        match table.value(key) {
            Some(value) => self.parse(&value),
            None if self.required() => Err(table.missing(key, &self.range())),
            None => Ok(self.default()),
        }
    }

    /// Adds the key `path`, or the keys below it, to `differences` where `new` is not what `old` is. Keys that
    /// `reload` are left out.
    fn compare(&self, path: String, reload: bool, old: &Self::Out, new: &Self::Out, differences: &mut Vec<Difference>) {
        if !reload && old != new {
            differences.push(Difference { key: path, runs_with: self.text(old), found: self.text(new) });
        }
    }

    /// Adds the key, or the keys below it, to the reference.
    fn describe(&self, section: &'static str, name: &'static str, reload: bool, keys: &mut Vec<Key>) {
        keys.push(Key {
            section,
            name,
            default: self.default_text(),
            required: self.required(),
            range: self.range(),
            limits: self.limits(),
            reload,
        });
    }
}

/// A key that may be left out, and then is `None`.
pub(super) struct Maybe<S>(pub(super) S);

impl<S: Spec> Spec for Maybe<S> {
    type Out = Option<S::Out>;

    fn default(&self) -> Option<S::Out> {
        None
    }

    fn parse(&self, value: &Value<'_>) -> Result<Option<S::Out>, ConfigError> {
        self.0.parse(value).map(Some)
    }

    fn text(&self, value: &Option<S::Out>) -> String {
        value.as_ref().map_or_else(|| "nothing".to_owned(), |value| self.0.text(value))
    }

    fn default_text(&self) -> Option<String> {
        None
    }

    fn range(&self) -> String {
        self.0.range()
    }

    fn limits(&self) -> Option<(String, String)> {
        self.0.limits()
    }
}

/// A key that must be there. Its default only serves `Default`.
pub(super) struct Required<S>(pub(super) S);

impl<S: Spec> Spec for Required<S> {
    type Out = S::Out;

    fn default(&self) -> S::Out {
        self.0.default()
    }

    fn parse(&self, value: &Value<'_>) -> Result<S::Out, ConfigError> {
        self.0.parse(value)
    }

    fn text(&self, value: &S::Out) -> String {
        self.0.text(value)
    }

    fn default_text(&self) -> Option<String> {
        None
    }

    fn range(&self) -> String {
        self.0.range()
    }

    fn limits(&self) -> Option<(String, String)> {
        self.0.limits()
    }

    fn required(&self) -> bool {
        true
    }
}

/// A table of its own, read by the [`section!`] `T`.
pub(super) struct Nested<T>(pub(super) std::marker::PhantomData<T>);

/// What [`section!`] makes.
pub(super) trait Section: Default + PartialEq {
    /// Reads the table; keys that are not there take their defaults.
    fn read(table: &Table<'_>) -> Result<Self, ConfigError>;

    /// Adds its keys to the reference.
    fn describe(keys: &mut Vec<Key>);

    /// Adds to `differences` the keys of this table, which is at `path`, whose values in `new` need a restart.
    fn compare(&self, path: &str, new: &Self, differences: &mut Vec<Difference>);
}

impl<T: Section> Spec for Nested<T> {
    type Out = T;

    fn default(&self) -> T {
        T::default()
    }

    fn parse(&self, value: &Value<'_>) -> Result<T, ConfigError> {
        let table = value.table().ok_or_else(|| value.wrong(&self.range()))?;
        T::read(&table)
    }

    fn text(&self, _: &T) -> String {
        self.range()
    }

    fn range(&self) -> String {
        "a table".to_owned()
    }

    fn compare(&self, path: String, _reload: bool, old: &T, new: &T, differences: &mut Vec<Difference>) {
        old.compare(&path, new, differences);
    }

    fn describe(&self, _section: &'static str, _name: &'static str, _reload: bool, keys: &mut Vec<Key>) {
        T::describe(keys);
    }
}

/// Declares a table of the configuration: each key once, with the field it is
/// read into and the [`Spec`] that gives its default and range. `Default`, the
/// reader and the reference all come from that one line, and from the word
/// `reload` after it whether a running sensor takes another value. `besides` names
/// a key that the caller reads.
macro_rules! section {
    (@reloads) => { false };
    (@reloads reload) => { true };
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident at $section:literal $(besides $other:literal)? {
            $($(#[$doc:meta])* $key:literal => $field:ident: $type:ty = $spec:expr $(, $reload:ident)?;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $vis struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $crate::config::spec::Spec::default(&$spec),)* }
            }
        }

        impl $crate::config::spec::Section for $name {
            fn read(
                table: &$crate::config::walk::Table<'_>,
            ) -> Result<Self, $crate::config::error::ConfigError> {
                table.only(&[$($key,)* $($other)?])?;
                Ok(Self { $($field: $crate::config::spec::Spec::read(&$spec, table, $key)?,)* })
            }

            fn describe(keys: &mut Vec<$crate::config::spec::Key>) {
                $($crate::config::spec::Spec::describe(
                    &$spec,
                    $section,
                    $key,
                    section!(@reloads $($reload)?),
                    keys,
                );)*
            }

            fn compare(
                &self,
                path: &str,
                new: &Self,
                differences: &mut Vec<$crate::config::difference::Difference>,
            ) {
                $($crate::config::spec::Spec::compare(
                    &$spec,
                    format!("{path}.{}", $key),
                    section!(@reloads $($reload)?),
                    &self.$field,
                    &new.$field,
                    differences,
                );)*
            }
        }
    };
}

pub(super) use section;
