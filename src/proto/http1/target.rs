//! Whom a request is meant for, and what its last word is.

use std::ops::Range;

/// Host and port of an authority (RFC 3986, section 3.2): what stands before an `@` is none of them.
pub(in crate::proto) fn authority(text: &[u8]) -> (&[u8], Option<u16>) {
    let host = text.iter().rposition(|&byte| byte == b'@').map_or(text, |at| text.get(at + 1..).unwrap_or_default());
    let colon = host.iter().rposition(|&byte| byte == b':');
    let Some((name, [b':', digits @ ..])) = colon.and_then(|at| host.split_at_checked(at)) else {
        return (host, None);
    };
    // the colons of an IPv6 address stand in brackets
    if digits.contains(&b']') || name.is_empty() {
        return (host, None);
    }
    (name, port(digits))
}

fn port(digits: &[u8]) -> Option<u16> {
    let digit = |sum: u16, byte: &u8| {
        let value = byte.is_ascii_digit().then(|| u16::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(value)
    };
    if digits.is_empty() { None } else { digits.iter().try_fold(0, digit) }
}

/// The authority of a target in absolute form (RFC 9112, section 3.2.2) and what follows it.
pub(in crate::proto) fn absolute(target: &[u8]) -> Option<(&[u8], &[u8])> {
    let scheme = target.windows(3).take(12).position(|three| three == b"://")?;
    let rest = target.get(scheme + 3..)?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    rest.split_at_checked(end)
}

/// Where in a target name and password of a user stand (RFC 3986, section 3.2.1), with the `@` behind them; in that of CONNECT
/// nothing comes before. Of one that is cut before its authority ends, all of that may be such.
pub(super) fn user_info(target: &[u8], connect: bool, cut: bool) -> Option<Range<usize>> {
    let start = if connect {
        0
    } else if target.starts_with(b"/") {
        return None;
    } else {
        target.windows(3).position(|three| three == b"://")? + 3
    };
    let rest = target.get(start..)?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let authority = rest.get(..end.unwrap_or(rest.len()))?;
    match authority.iter().rposition(|&byte| byte == b'@') {
        Some(at) => Some(start..start + at + 1),
        None if cut && end.is_none() => Some(start..target.len()),
        None => None,
    }
}

/// The last segment of a target's path.
pub(in crate::proto) fn last_segment(target: &[u8]) -> &[u8] {
    let path = if target.starts_with(b"/") { target } else { absolute(target).map_or(target, |(_, path)| path) };
    let end = path.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(path.len());
    path.get(..end).unwrap_or_default().rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        let cases: &[(&str, &str, Option<u16>)] = &[
            ("example.org", "example.org", None),
            ("example.org:8080", "example.org", Some(8080)),
            ("user:pw@example.org:81", "example.org", Some(81)),
            ("[2001:db8::1]", "[2001:db8::1]", None),
            ("[2001:db8::1]:443", "[2001:db8::1]", Some(443)),
            ("example.org:", "example.org", None),
            ("example.org:99999", "example.org", None),
            ("example.org:8x", "example.org", None),
            (":80", ":80", None),
            ("", "", None),
        ];
        for &(text, host, port) in cases {
            assert_eq!(authority(text.as_bytes()), (host.as_bytes(), port), "{text:?}");
        }
    }

    #[test]
    fn users() {
        let cases: &[(&str, bool, bool, Option<&str>)] = &[
            ("/a@b", false, true, None),
            ("/to?http://u:p@h/", false, false, None),
            ("http://h/a@b", false, true, None),
            ("http://u:p@h/a@b", false, false, Some("u:p@")),
            ("longer-than-others://u@h?x@", false, false, Some("u@")),
            ("http://a@b:c@h", false, true, Some("a@b:c@")),
            ("http://h", false, false, None),
            ("http://u:passwor", false, true, Some("u:passwor")),
            ("u:p@h:443", true, false, Some("u:p@")),
            ("h:443", true, false, None),
            ("*", false, false, None),
        ];
        for &(target, connect, cut, expected) in cases {
            let user = user_info(target.as_bytes(), connect, cut);
            assert_eq!(user.and_then(|user| target.get(user)), expected, "{target:?}");
        }
    }

    #[test]
    fn last_segments() {
        let cases: &[(&str, &str)] = &[
            ("/", ""),
            ("/a/b.html", "b.html"),
            ("/a/b.html?c=/d", "b.html"),
            ("/a/b%20c#x/y", "b%20c"),
            ("http://example.org/plan.pdf", "plan.pdf"),
            ("http://example.org", ""),
            ("http://example.org?x=/y", ""),
            ("/redirect?to=http://example.org/x", "redirect"),
            ("*", "*"),
        ];
        for &(target, expected) in cases {
            assert_eq!(last_segment(target.as_bytes()), expected.as_bytes(), "{target:?}");
        }
    }
}
