//! Domain names (RFC 1035 section 3.1) and their compression (section 4.1.4).

/// Bytes of a name as text; longer ones are cut (RFC 1035 section 2.3.4 allows 255 on the wire).
pub(super) const MAX_NAME_BYTES: usize = 255;

/// Pointers that are followed within one name. Each has to lead back, so that no loop is possible; this bounds the time.
const MAX_POINTERS: u8 = 32;

/// Longest label.
const MAX_LABEL_BYTES: u8 = 63;

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It ends behind the message, or has a label of no known kind.
    Malformed,
    /// A pointer does not lead back, or there are too many of them.
    Loop,
}

/// A name as text: labels with dots between, as Suricata writes them; empty for the root.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    text: [u8; MAX_NAME_BYTES],
    len: u8,
    is_cut: bool,
}

impl Name {
    /// The name at `at` in the message, and where the bytes behind it are.
    pub(super) fn read(message: &[u8], at: usize) -> Result<(Self, usize), Fault> {
        let mut name = Self { text: [0; MAX_NAME_BYTES], len: 0, is_cut: false };
        let mut place = at;
        // Where the part begins that is being read: a pointer leads before it.
        let mut begin = at;
        let mut end = None;
        let mut pointers = 0;
        loop {
            let length = *message.get(place).ok_or(Fault::Malformed)?;
            match length {
                0 => return Ok((name, end.unwrap_or(place + 1))),
                1..=MAX_LABEL_BYTES => {
                    let label = message.get(place + 1..place + 1 + usize::from(length)).ok_or(Fault::Malformed)?;
                    name.label(label);
                    place += 1 + usize::from(length);
                }
                0xC0.. => {
                    let low = *message.get(place + 1).ok_or(Fault::Malformed)?;
                    end = end.or(Some(place + 2));
                    let target = usize::from(u16::from_be_bytes([length & 0x3F, low]));
                    pointers += 1;
                    if target >= begin || pointers > MAX_POINTERS {
                        return Err(Fault::Loop);
                    }
                    (place, begin) = (target, target);
                }
                _ => return Err(Fault::Malformed),
            }
        }
    }

    pub(super) fn text(&self) -> &[u8] {
        self.text.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// It had more than there is room for.
    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn label(&mut self, label: &[u8]) {
        let dot: &[u8] = if self.len == 0 { b"" } else { b"." };
        for byte in dot.iter().chain(label) {
            match self.text.get_mut(usize::from(self.len)) {
                Some(place) => {
                    *place = *byte;
                    self.len += 1;
                }
                None => self.is_cut = true,
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod tests {
    use super::*;

    fn read(message: &[u8], at: usize) -> Result<(String, usize), Fault> {
        Name::read(message, at).map(|(name, end)| (name.text().escape_ascii().to_string(), end))
    }

    #[test]
    fn names_by_case() {
        let message = b"\x03www\x07example\x00\x04mail\xC0\x04\xC0\x0D\x00";
        for (at, name, end) in
            [(0, "www.example", 13), (13, "mail.example", 20), (20, "mail.example", 22), (22, "", 23)]
        {
            assert_eq!(read(message, at), Ok((name.to_owned(), end)));
        }
        for (bytes, fault) in [
            (&b"\x03ww"[..], Fault::Malformed),
            (b"\x03www", Fault::Malformed),
            (b"", Fault::Malformed),
            (b"\x40", Fault::Malformed),
            (b"\x80\x00", Fault::Malformed),
            (b"\xC0", Fault::Malformed),
            (b"\xC0\x00", Fault::Loop),
            (b"\x01a\xC0\x00", Fault::Loop),
            (b"\xC0\x02\x00", Fault::Loop),
        ] {
            assert_eq!(read(bytes, 0), Err(fault), "{bytes:?}");
        }
    }

    #[test]
    fn long_names_are_cut_and_long_chains_end() {
        let label = [&[63][..], &[b'a'; 63]].concat();
        let mut long = label.repeat(5);
        long.push(0);
        let (name, end) = Name::read(&long, 0).unwrap();
        assert_eq!((name.text().len(), name.is_cut(), end), (255, true, 321));
        assert!(!Name::read(&[&label.repeat(3)[..], &[0]].concat(), 0).unwrap().0.is_cut());
        // Pointers to pointers, each to the one before.
        let mut chain = vec![0, 0];
        for target in (0..200_u8).step_by(2) {
            chain.extend([0xC0, target]);
        }
        assert_eq!(read(&chain, 64), Ok((String::new(), 66)));
        assert_eq!(read(&chain, 66), Err(Fault::Loop));
    }
}
