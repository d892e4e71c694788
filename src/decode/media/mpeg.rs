//! Frames of MPEG audio (ISO/IEC 11172-3 section 2.4.2.3, 13818-3): how long each is.

/// A frame's header.
pub(super) const HEADER: usize = 4;

/// Bits a second, in thousands, by layer and number: of version 1, layer I to III, and of version 2, layer I, and II or III.
const RATES: [[u16; 14]; 5] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/// Samples a second of version 1.
const SAMPLES: [u32; 3] = [44_100, 48_000, 32_000];

/// How long a frame is that begins so, its header with it. `None` where none does, or its length is not said.
pub(super) fn length(header: [u8; HEADER]) -> Option<u64> {
    let [0xff, kind @ 0xe0..=0xff, rate, _] = header else { return None };
    // 3 is version 1, 2 is version 2, 0 is version 2.5; 3 is layer I, 2 is II, 1 is III.
    let (version, layer) = (kind >> 3 & 3, kind >> 1 & 3);
    let table = match (version, layer) {
        (1, _) | (_, 0) => return None,
        (3, layer) => 3 - usize::from(layer),
        (_, 3) => 3,
        _ => 4,
    };
    let number = usize::from(rate >> 4).checked_sub(1)?;
    let bits = u32::from(*RATES.get(table)?.get(number)?) * 1000;
    let halved = match version {
        3 => 0,
        2 => 1,
        _ => 2,
    };
    let samples = SAMPLES.get(usize::from(rate >> 2 & 3))? >> halved;
    let padding = u32::from(rate >> 1 & 1);
    Some(u64::from(match (layer, version) {
        (3, _) => (12 * bits / samples + padding) * 4,
        (1, 0 | 2) => 72 * bits / samples + padding,
        _ => 144 * bits / samples + padding,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_as_long_as_their_headers_say() {
        let cases = [
            // 128 kbit/s at 44.1 kHz, layer III, without and with padding.
            ([0xff, 0xfb, 0x90, 0x00], Some(417)),
            ([0xff, 0xfb, 0x92, 0x00], Some(418)),
            ([0xff, 0xfb, 0xe4, 0x00], Some(960)),
            // Version 2 and 2.5.
            ([0xff, 0xf3, 0x80, 0x00], Some(208)),
            ([0xff, 0xe3, 0x18, 0x00], Some(72)),
            // Layer II and I.
            ([0xff, 0xfd, 0x84, 0x00], Some(384)),
            ([0xff, 0xff, 0x10, 0x00], Some(32)),
            // No number of bits, a wrong one, wrong samples, a wrong version and layer, no frame.
            ([0xff, 0xfb, 0x00, 0x00], None),
            ([0xff, 0xfb, 0xf0, 0x00], None),
            ([0xff, 0xfb, 0x9c, 0x00], None),
            ([0xff, 0xeb, 0x90, 0x00], None),
            ([0xff, 0xf9, 0x90, 0x00], None),
            ([0xff, 0xd8, 0xff, 0xe0], None),
            (*b"text", None),
        ];
        for (header, expected) in cases {
            assert_eq!(length(header), expected, "{header:x?}");
        }
    }
}
