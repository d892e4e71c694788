//! TCP options that decide whether a receiver takes a segment.

/// What the options of one segment say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// TSval and TSecr of the timestamps option, RFC 7323 section 3.2.
    pub timestamps: Option<(u32, u32)>,
    /// Shift of the window scale option, RFC 7323 section 2.2, at most 14. Counts on SYNs only.
    pub window_scale: Option<u8>,
    /// Selective acknowledgements are permitted, RFC 2018 section 2. Counts on SYNs only.
    pub sack: bool,
    /// An MD5 signature (RFC 2385) or an authentication option (RFC 5925) is there.
    pub signed: bool,
    /// An option's length is below 2 or runs past the header; what stands before it counts.
    pub malformed: bool,
}

/// Largest shift a receiver uses: "If a Window Scale option is received with a shift.cnt value larger than 14, the TCP
/// SHOULD log the error but MUST use 14 instead" (RFC 7323 section 2.3).
pub(super) const MAX_WINDOW_SCALE: u8 = 14;

impl Options {
    /// Reads the options of a TCP header: what stands after its first 20 bytes.
    #[must_use]
    #[inline]
    pub fn read(options: &[u8]) -> Self {
        // What established connections send: two no-operations and the timestamps (RFC 7323 appendix A).
        if let [1, 1, 8, 10, v0, v1, v2, v3, e0, e1, e2, e3] = *options {
            let timestamps = (u32::from_be_bytes([v0, v1, v2, v3]), u32::from_be_bytes([e0, e1, e2, e3]));
            return Self { timestamps: Some(timestamps), ..Self::default() };
        }
        if options.is_empty() { Self::default() } else { Self::walk(options) }
    }

    fn walk(options: &[u8]) -> Self {
        let mut found = Self::default();
        let mut rest = options;
        while let [kind, after @ ..] = rest {
            // RFC 9293 section 3.1: end of list and no-operation have no length.
            match kind {
                0 => break,
                1 => {
                    rest = after;
                    continue;
                }
                _ => {}
            }
            let length = after.first().map_or(0, |length| usize::from(*length));
            let (Some(option), true) = (rest.get(..length), length >= 2) else {
                found.malformed = true;
                break;
            };
            match option {
                [4, 2] => found.sack = true,
                [3, 3, shift] => found.window_scale = Some((*shift).min(MAX_WINDOW_SCALE)),
                [8, 10, v0, v1, v2, v3, e0, e1, e2, e3] => {
                    found.timestamps =
                        Some((u32::from_be_bytes([*v0, *v1, *v2, *v3]), u32::from_be_bytes([*e0, *e1, *e2, *e3])));
                }
                [19, _, signature @ ..] => found.signed |= signature.len() == 16,
                [29, ..] => found.signed = true,
                _ => {}
            }
            rest = rest.get(length..).unwrap_or(&[]);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Options =
        Options { timestamps: None, window_scale: None, sack: false, signed: false, malformed: false };

    #[test]
    fn options_by_case() {
        let mut signed = vec![19, 18];
        signed.extend([7; 16]);
        let cases: [(&str, &[u8], Options); 14] = [
            ("none", &[], NONE),
            ("end of list hides what follows", &[0, 3, 3, 7], NONE),
            (
                "timestamps as everyone sends them",
                &[1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0],
                Options { timestamps: Some((256, 512)), ..NONE },
            ),
            (
                "timestamps elsewhere",
                &[8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0],
                Options { timestamps: Some((1, 2)), ..NONE },
            ),
            ("window scale", &[2, 4, 5, 180, 1, 3, 3, 7], Options { window_scale: Some(7), ..NONE }),
            ("selective acknowledgements", &[1, 1, 4, 2], Options { sack: true, ..NONE }),
            ("window scale above 14", &[3, 3, 15, 0], Options { window_scale: Some(14), ..NONE }),
            ("window scale of a wrong length", &[3, 4, 7, 0], NONE),
            ("MD5 signature", &signed, Options { signed: true, ..NONE }),
            ("MD5 signature of a wrong length", &[19, 4, 7, 7], NONE),
            ("authentication", &[29, 4, 1, 1], Options { signed: true, ..NONE }),
            ("length of 0", &[3, 0, 7, 0], Options { malformed: true, ..NONE }),
            ("length past the header", &[3, 3, 7, 5], Options { window_scale: Some(7), malformed: true, ..NONE }),
            ("unknown kinds are stepped over", &[77, 3, 9, 3, 3, 2], Options { window_scale: Some(2), ..NONE }),
        ];
        for (name, bytes, expected) in cases {
            assert_eq!(Options::read(bytes), expected, "{name}");
        }
    }
}
