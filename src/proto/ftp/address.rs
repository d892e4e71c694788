//! Addresses as FTP writes them.

use std::net::{IpAddr, Ipv4Addr};

use crate::proto::text::number;
use crate::proto::{Endpoint, Port};

/// `h1,h2,h3,h4,p1,p2`, as PORT has it and an answer 227 somewhere in its text (RFC 959 section 4.1.2, RFC 1123 section
/// 4.1.2.6: "must scan the reply for the first digit of the host and port numbers").
pub(super) fn port(text: &[u8]) -> Option<Endpoint> {
    starts(text).filter_map(|start| six(text.get(start..)?)).next()
}

fn six(text: &[u8]) -> Option<Endpoint> {
    let mut numbers = [0; 6];
    let mut rest = text;
    let last = numbers.len() - 1;
    for (index, place) in numbers.iter_mut().enumerate() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        *place = number(rest.get(..digits)?).and_then(|number| u8::try_from(number).ok())?;
        rest = rest.get(digits..)?;
        if index < last {
            rest = rest.strip_prefix(b",")?.trim_ascii_start();
        }
    }
    let [a, b, c, d, high, low] = numbers;
    endpoint(Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d))), u16::from_be_bytes([high, low]))
}

/// `4,4,h1,h2,h3,h4,2,p1,p2`, or 6 and 16 bytes of an address, as LPRT has it and an answer 228 somewhere in its text (RFC
/// 1639).
pub(super) fn long_port(text: &[u8]) -> Option<Endpoint> {
    starts(text).filter_map(|start| long(text.get(start..)?)).next()
}

fn long(text: &[u8]) -> Option<Endpoint> {
    let mut numbers = text.split(|byte| *byte == b',').map(|part| {
        let part = part.trim_ascii_start();
        let digits = part.iter().take_while(|byte| byte.is_ascii_digit()).count();
        number(part.get(..digits)?).and_then(|number| u8::try_from(number).ok())
    });
    let mut next = || numbers.next().flatten();
    let address = match (next()?, next()?) {
        (4, 4) => IpAddr::from([next()?, next()?, next()?, next()?]),
        (6, 16) => {
            let mut address = [0; 16];
            for byte in &mut address {
                *byte = next()?;
            }
            IpAddr::from(address)
        }
        _ => return None,
    };
    match (next()?, next()?, next()?) {
        (2, high, low) => endpoint(Some(address), u16::from_be_bytes([high, low])),
        _ => None,
    }
}

/// Where numbers begin.
fn starts(text: &[u8]) -> impl Iterator<Item = usize> {
    (0..text.len()).filter(|&at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        text.get(at).is_some_and(u8::is_ascii_digit) && before.is_none_or(|byte| !byte.is_ascii_digit())
    })
}

/// `|protocol|address|port|` with any delimiter, as EPRT has it (RFC 2428 section 2).
pub(super) fn extended_port(text: &[u8]) -> Option<Endpoint> {
    let (&delimiter, rest) = text.trim_ascii().split_first()?;
    let mut parts = rest.split(|byte| *byte == delimiter);
    let (_, address, port) = (parts.next()?, parts.next()?, parts.next()?);
    // an address of IPv6 may name a zone
    let address = address.split(|byte| *byte == b'%').next()?;
    let address = std::str::from_utf8(address).ok()?.parse().ok()?;
    endpoint(Some(address), u16::try_from(number(port)?).ok()?)
}

/// `(|||port|)` somewhere in the text of an answer 229 (RFC 2428 section 3).
pub(super) fn extended_passive(text: &[u8]) -> Option<Endpoint> {
    let open = text.iter().position(|byte| *byte == b'(')?;
    let (&delimiter, rest) = text.get(open + 1..)?.split_first()?;
    let mut parts = rest.split(|byte| *byte == delimiter);
    let (_, _, port) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next()?;
    endpoint(None, u16::try_from(number(port)?).ok()?)
}

/// An unspecified address is none.
fn endpoint(address: Option<IpAddr>, port: u16) -> Option<Endpoint> {
    let address = address.filter(|address| !address.is_unspecified());
    (port != 0).then_some(Endpoint { address, port: Port::Number(port) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Address and port as text, `-` for what was not said.
    fn written(endpoint: Option<Endpoint>) -> String {
        endpoint.map_or_else(String::new, |endpoint| {
            let address = endpoint.address.map_or_else(|| "-".to_owned(), |address| address.to_string());
            let Port::Number(port) = endpoint.port else { return "no port".to_owned() };
            format!("{address} {port}")
        })
    }

    #[test]
    fn ports() {
        for (text, expected) in [
            ("10,0,0,1,4,1", "10.0.0.1 1025"),
            ("Entering Passive Mode (192,0,2,7,255,255).", "192.0.2.7 65535"),
            ("=127,0,0,1,0,80", "127.0.0.1 80"),
            ("0,0,0,0,1,0", "- 256"),
            ("2 of 10,0,0,1,4,1", "10.0.0.1 1025"),
            ("10, 0, 0, 1, 4, 1", "10.0.0.1 1025"),
            ("10,0,0,256,4,1", ""),
            ("10,0,0,1,0,0", ""),
            ("10,0,0,1,4", ""),
            ("", ""),
        ] {
            assert_eq!(written(port(text.as_bytes())), expected, "{text}");
        }
    }

    #[test]
    fn long_ones() {
        for (text, expected) in [
            ("4,4,10,0,0,2,2,195,80", "10.0.0.2 50000"),
            ("Entering Long Passive Mode (4,4,10,0,0,2,2,195,80)", "10.0.0.2 50000"),
            ("6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1,2,4,1", "2001:db8::1 1025"),
            ("mode 4 of (4, 4, 0, 0, 0, 0, 2, 1, 0)", "- 256"),
            ("5,4,10,0,0,2,2,195,80", ""),
            ("4,4,10,0,0,2,3,195,80", ""),
            ("4,4,10,0,0,2,2,195", ""),
            ("4,4,10,0,0,2,2,256,80", ""),
            ("", ""),
        ] {
            assert_eq!(written(long_port(text.as_bytes())), expected, "{text}");
        }
    }

    #[test]
    fn extended_ones() {
        for (text, expected) in [
            ("|1|132.235.1.2|6275|", "132.235.1.2 6275"),
            ("|2|1080::8:800:200C:417A|5282|", "1080::8:800:200c:417a 5282"),
            ("!2!fe80::1%eth0!5282!", "fe80::1 5282"),
            ("|2|nowhere|5282|", ""),
            ("|1|132.235.1.2|65536|", ""),
            ("|1|132.235.1.2", ""),
        ] {
            assert_eq!(written(extended_port(text.as_bytes())), expected, "{text}");
        }
        for (text, expected) in [
            ("Entering Extended Passive Mode (|||6446|)", "- 6446"),
            ("(!!!1!)", "- 1"),
            ("(|||0|)", ""),
            ("(|||x|)", ""),
            ("(|||6446", ""),
            ("|||6446|", ""),
        ] {
            assert_eq!(written(extended_passive(text.as_bytes())), expected, "{text}");
        }
    }
}
