//! Replies of three digits and a text, on one line or several (RFC 5321 section 4.2.1, RFC 959 section 4.2).

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) enum Told {
    /// It is no line of a reply.
    Bad,
    /// A reply with this code goes on after it.
    More(u16),
    /// A reply with this code is complete.
    Last(u16),
}

/// Where in a reply the next line stands.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proto) struct Reply {
    /// Code of the reply that has begun; 0 between replies.
    code: u16,
}

impl Reply {
    /// Takes a line without its end. Lines between the first and the last have the same code, or are `free`: anything else.
    pub(in crate::proto) fn line(&mut self, text: &[u8], free: bool) -> Told {
        let parsed = parse(text);
        match parsed {
            Some((code, last)) if self.code == 0 || self.code == code => {
                self.code = if last { 0 } else { code };
                if last { Told::Last(code) } else { Told::More(code) }
            }
            _ if self.code != 0 && free => Told::More(self.code),
            Some((code, last)) => {
                self.code = if last { 0 } else { code };
                Told::Bad
            }
            None => Told::Bad,
        }
    }

    /// Lines were lost: the next begins a reply.
    pub(in crate::proto) const fn lose(&mut self) {
        self.code = 0;
    }
}

/// The code, and whether no other line follows.
fn parse(text: &[u8]) -> Option<(u16, bool)> {
    let (&[hundreds @ b'1'..=b'6', tens @ b'0'..=b'9', ones @ b'0'..=b'9'], rest) = text.split_first_chunk()? else {
        return None;
    };
    let digit = |byte: u8| u16::from(byte - b'0');
    let code = digit(hundreds) * 100 + digit(tens) * 10 + digit(ones);
    match rest {
        [] | [b' ' | b'\t', ..] => Some((code, true)),
        [b'-', ..] => Some((code, false)),
        _ => None,
    }
}

/// The three digits that `text` begins with, where it is the first line of a reply.
pub(in crate::proto) fn code(text: &[u8]) -> Option<u16> {
    parse(text).map(|(code, _)| code)
}
