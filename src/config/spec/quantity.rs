//! Numbers, durations and sizes, with their ranges.

use super::Spec;
use crate::config::error::ConfigError;
use crate::config::value::{QuantityError, format_duration, format_size, parse_duration, parse_size};
use crate::config::walk::Value;

/// A whole number from `min` to `max`.
pub(in crate::config) struct Number<T> {
    pub(in crate::config) default: T,
    pub(in crate::config) min: T,
    pub(in crate::config) max: T,
}

impl<T: Copy + Ord + ToString + TryFrom<i128>> Spec for Number<T> {
    type Out = T;

    fn default(&self) -> T {
        self.default
    }

    fn parse(&self, value: &Value<'_>) -> Result<T, ConfigError> {
        let number = value.integer().and_then(|number| T::try_from(number).ok());
        number.filter(|n| (self.min..=self.max).contains(n)).ok_or_else(|| value.wrong(&self.range()))
    }

    fn text(&self, value: &T) -> String {
        value.to_string()
    }

    fn range(&self) -> String {
        format!("a number from {} to {}", self.min.to_string(), self.max.to_string())
    }

    fn limits(&self) -> Option<(String, String)> {
        Some((self.min.to_string(), self.max.to_string()))
    }
}

/// Port numbers, at most `most` of them, none twice.
pub(in crate::config) struct Ports {
    pub(in crate::config) default: &'static [u16],
    pub(in crate::config) most: usize,
}

impl Spec for Ports {
    type Out = Vec<u16>;

    fn default(&self) -> Vec<u16> {
        self.default.to_vec()
    }

    fn parse(&self, value: &Value<'_>) -> Result<Vec<u16>, ConfigError> {
        let items = value.items().filter(|items| items.len() <= self.most).ok_or_else(|| value.wrong(&self.range()))?;
        let mut ports = Vec::new();
        for item in &items {
            let port = item.integer().and_then(|number| u16::try_from(number).ok()).filter(|port| *port != 0);
            match port {
                Some(port) if !ports.contains(&port) => ports.push(port),
                Some(_) => return Err(item.wrong("each port once")),
                None => return Err(item.wrong("a number from 1 to 65535")),
            }
        }
        Ok(ports)
    }

    fn text(&self, value: &Vec<u16>) -> String {
        format!("{value:?}")
    }

    fn range(&self) -> String {
        format!("an array of at most {} port numbers", self.most)
    }
}

/// A power of two from `min` to `max`, which are powers of two.
pub(in crate::config) struct PowerOfTwo {
    pub(in crate::config) default: u32,
    pub(in crate::config) min: u32,
    pub(in crate::config) max: u32,
}

impl Spec for PowerOfTwo {
    type Out = u32;

    fn default(&self) -> u32 {
        self.default
    }

    fn parse(&self, value: &Value<'_>) -> Result<u32, ConfigError> {
        let number = value.integer().and_then(|number| u32::try_from(number).ok());
        let allowed = |n: &u32| n.is_power_of_two() && (self.min..=self.max).contains(n);
        number.filter(allowed).ok_or_else(|| value.wrong(&self.range()))
    }

    fn text(&self, value: &u32) -> String {
        value.to_string()
    }

    fn range(&self) -> String {
        format!("a power of two from {} to {}", self.min, self.max)
    }

    fn limits(&self) -> Option<(String, String)> {
        Some((self.min.to_string(), self.max.to_string()))
    }
}

/// A length of time in nanoseconds, written as `"30s"`.
pub(in crate::config) struct Time {
    pub(in crate::config) default: u64,
    pub(in crate::config) min: u64,
    pub(in crate::config) max: u64,
    /// `"0s"` or `0` is allowed besides, and means that there is none.
    pub(in crate::config) or_zero: bool,
}

impl Spec for Time {
    type Out = u64;

    fn default(&self) -> u64 {
        self.default
    }

    fn parse(&self, value: &Value<'_>) -> Result<u64, ConfigError> {
        if self.or_zero && value.integer() == Some(0) {
            return Ok(0);
        }
        match value.text().map_or(Err(QuantityError::Form), parse_duration) {
            Ok(0) if self.or_zero => Ok(0),
            Ok(ns) if (self.min..=self.max).contains(&ns) => Ok(ns),
            Err(QuantityError::Form) => {
                Err(value.wrong(&format!("a duration such as \"{}\"", format_duration(self.default))))
            }
            Ok(_) | Err(QuantityError::TooLarge) => Err(value.wrong(&self.range())),
        }
    }

    fn text(&self, value: &u64) -> String {
        format!("\"{}\"", format_duration(*value))
    }

    fn range(&self) -> String {
        let or_zero = if self.or_zero { "0 or " } else { "" };
        format!("{or_zero}a duration from {} to {}", format_duration(self.min), format_duration(self.max))
    }

    fn limits(&self) -> Option<(String, String)> {
        Some((format!("\"{}\"", format_duration(self.min)), format!("\"{}\"", format_duration(self.max))))
    }
}

/// An amount of memory in bytes, written as `"64 MiB"` or as a plain number of bytes.
pub(in crate::config) struct Size {
    pub(in crate::config) default: u64,
    pub(in crate::config) min: u64,
    pub(in crate::config) max: u64,
    /// The size is a multiple of this many bytes.
    pub(in crate::config) step: u64,
}

impl Spec for Size {
    type Out = u64;

    fn default(&self) -> u64 {
        self.default
    }

    fn parse(&self, value: &Value<'_>) -> Result<u64, ConfigError> {
        let bytes = match (value.text(), value.integer()) {
            (Some(text), _) => parse_size(text),
            (_, Some(number)) => u64::try_from(number).map_err(|_| QuantityError::TooLarge),
            _ => Err(QuantityError::Form),
        };
        match bytes {
            Ok(bytes) if (self.min..=self.max).contains(&bytes) && bytes.is_multiple_of(self.step) => Ok(bytes),
            Err(QuantityError::Form) => Err(value.wrong(&format!("a size such as \"{}\"", format_size(self.default)))),
            Ok(_) | Err(QuantityError::TooLarge) => Err(value.wrong(&self.range())),
        }
    }

    fn text(&self, value: &u64) -> String {
        format!("\"{}\"", format_size(*value))
    }

    fn range(&self) -> String {
        let step = if self.step == 1 { String::new() } else { format!(", a multiple of {}", format_size(self.step)) };
        format!("a size from {} to {}{step}", format_size(self.min), format_size(self.max))
    }

    fn limits(&self) -> Option<(String, String)> {
        Some((format!("\"{}\"", format_size(self.min)), format!("\"{}\"", format_size(self.max))))
    }
}
