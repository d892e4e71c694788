//! Address prefixes.

use std::net::IpAddr;

use super::Spec;
use crate::config::error::ConfigError;
use crate::config::walk::Value;
use crate::policy::Prefix;

/// Most prefixes in one array.
const MOST: usize = 4096;

/// An array of addresses and prefixes, not empty.
pub(in crate::config) struct Prefixes;

impl Spec for Prefixes {
    type Out = Vec<Prefix>;

    fn default(&self) -> Vec<Prefix> {
        Vec::new()
    }

    fn parse(&self, value: &Value<'_>) -> Result<Vec<Prefix>, ConfigError> {
        let items = value.items().filter(|items| (1..=MOST).contains(&items.len()));
        let items = items.ok_or_else(|| value.wrong(&self.range()))?;
        let prefix = |item: &Value<'_>| {
            item.text()
                .and_then(parse)
                .ok_or_else(|| item.wrong("a prefix such as \"10.0.0.0/8\" or \"2001:db8::/32\""))
        };
        items.iter().map(prefix).collect()
    }

    fn text(&self, value: &Vec<Prefix>) -> String {
        format!("an array of {} prefixes", value.len())
    }

    fn range(&self) -> String {
        format!("an array of 1 to {MOST} prefixes such as \"10.0.0.0/8\"")
    }
}

/// An address alone is a prefix of all its bits. Bits after the prefix have to be zero: `10.1.2.3/8` is more likely a
/// slip than meant.
fn parse(text: &str) -> Option<Prefix> {
    let (address, len) = match text.split_once('/') {
        Some((address, len)) => (address, Some(len.parse::<u8>().ok().filter(|_| !len.starts_with('+'))?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let prefix = Prefix::new(address, len.unwrap_or(if address.is_ipv4() { 32 } else { 128 }))?;
    prefix.is_exact(address).then_some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_by_case() {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.1", "192.0.2.1/32", "2001:db8::/32", "::/0", "::1"] {
            assert!(parse(text).is_some(), "{text}");
        }
        for text in
            ["", "10.0.0.0/33", "10.1.2.3/8", "10.0.0/8", "::/129", "2001:db8::1/32", "10.0.0.0/", "10.0.0.0/+8", "x"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
