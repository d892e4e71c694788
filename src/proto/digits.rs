//! Numbers as text, without a formatter.

/// Decimal digits of a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    digits: [u8; 10],
    first: usize,
}

impl Decimal {
    /// Of `number`.
    pub(super) fn new(number: u32) -> Self {
        let (mut digits, mut first, mut rest) = ([b'0'; 10], 10, number);
        for (at, place) in digits.iter_mut().enumerate().rev() {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            first = at;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        Self { digits, first }
    }

    /// Without leading zeros.
    pub(super) fn text(&self) -> &[u8] {
        self.digits.get(self.first..).unwrap_or(&[])
    }
}

/// Longest text of an address.
const LONGEST_ADDRESS: usize = 39;

/// An IP address as text; IPv6 shortened as RFC 5952 section 4 says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address {
    text: [u8; LONGEST_ADDRESS],
    len: usize,
}

impl Address {
    /// Of 4 or 16 bytes in network order.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let mut address = Self { text: [0; LONGEST_ADDRESS], len: 0 };
        if let Ok([a, b, c, d]) = <[u8; 4]>::try_from(bytes) {
            for (at, byte) in [a, b, c, d].into_iter().enumerate() {
                address.more(if at == 0 { b"" } else { b"." });
                address.more(Decimal::new(byte.into()).text());
            }
            return Some(address);
        }
        address.v6(<[u8; 16]>::try_from(bytes).ok()?);
        Some(address)
    }

    pub(super) fn text(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or(&[])
    }

    fn v6(&mut self, bytes: [u8; 16]) {
        let groups = std::net::Ipv6Addr::from(bytes).segments();
        let zeros = |at: usize| groups.iter().skip(at).take_while(|group| **group == 0).count();
        // The first of the longest runs of zeros, of two or more.
        let mut run = (0, 0);
        for at in 0..groups.len() {
            if zeros(at) > run.1 {
                run = (at, zeros(at));
            }
        }
        let (start, length) = if run.1 > 1 { run } else { (usize::MAX, 0) };
        for (at, group) in groups.into_iter().enumerate() {
            if at == start {
                self.more(b"::");
            }
            if at >= start && at - start < length {
                continue;
            }
            let is_after_run = start != usize::MAX && at == start + length;
            self.more(if at == 0 || is_after_run { b"" } else { b":" });
            let [[a, b], [c, d]] = group.to_be_bytes().map(hex);
            let digits = [a, b, c, d];
            let leading = digits.iter().take(3).take_while(|digit| **digit == b'0').count();
            self.more(digits.get(leading..).unwrap_or(&[]));
        }
    }

    fn more(&mut self, piece: &[u8]) {
        if let Some(place) = self.text.get_mut(self.len..self.len + piece.len()) {
            place.copy_from_slice(piece);
            self.len += piece.len();
        }
    }
}

/// Two digits of a byte, lower case.
pub(super) fn hex(byte: u8) -> [u8; 2] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + (nibble - 10) };
    [digit(byte >> 4), digit(byte & 15)]
}

/// Two digits of a byte, upper case.
pub(super) fn hex_upper(byte: u8) -> [u8; 2] {
    hex(byte).map(|digit| digit.to_ascii_uppercase())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail loudly
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        for text in [
            "::",
            "::1",
            "1::",
            "2001:db8::1",
            "2001:db8:0:1:1:1:1:1",
            "2001:0:0:1::1",
            "1:2:3:4:5:6:7:8",
            "fe80::a0:0:0:1",
        ] {
            let address: std::net::Ipv6Addr = text.parse().unwrap();
            let written = Address::new(&address.octets()).unwrap();
            assert_eq!(String::from_utf8_lossy(written.text()), address.to_string());
        }
        assert_eq!(Address::new(&[192, 0, 2, 255]).unwrap().text(), b"192.0.2.255");
        assert!(Address::new(&[1, 2, 3]).is_none());
    }

    #[test]
    fn digits_are_those_of_the_formatter() {
        for number in [0, 7, 10, 65_535, 1_000_000, u32::MAX] {
            assert_eq!(Decimal::new(number).text(), number.to_string().as_bytes());
        }
        for byte in 0..=u8::MAX {
            assert_eq!(hex(byte), *format!("{byte:02x}").as_bytes());
            assert_eq!(hex_upper(byte), *format!("{byte:02X}").as_bytes());
        }
    }
}
