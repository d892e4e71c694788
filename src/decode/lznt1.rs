//! LZNT1 (MS-XCA section 2.5), as SMB's compressed messages and NTFS have it: chunks of up to 4 KiB, each on its own.
//!
//! It has no magic number, and is recognised by nothing: whoever knows that data are LZNT1 pushes them. A chunk comes out
//! when it is complete, or, of one that is cut short, as far as it goes. Nothing is allocated after [`Lznt1::new`], and
//! nothing at all with [`Lznt1::inline`].

use super::decoder::{Fault, Field, Out, take};

/// Most bytes of a chunk, packed or not.
const CHUNK: usize = 4096;
/// Of a chunk's header: its length less three, and whether it is packed.
const LENGTH: u16 = 0x0fff;
const PACKED: u16 = 0x8000;
/// Flags that say of eight elements each whether they are matches.
const FLAGS: usize = 8;

/// How far a piece has led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lznt1Step {
    /// All of it was taken.
    More,
    /// The end stands after so many bytes of it.
    Done(usize),
    /// No more is wanted.
    Enough,
}

/// Undoes LZNT1; `B` is where its two chunks stand.
#[derive(Debug)]
pub struct Lznt1<B = Box<[u8]>> {
    header: Field<2>,
    chunk: B,
    /// Bytes of the chunk that are there, of as many as its header says.
    filled: usize,
    length: Option<(usize, bool)>,
    plain: B,
}

impl Default for Lznt1 {
    fn default() -> Self {
        Self::new()
    }
}

impl Lznt1 {
    /// A decoder; takes its 8 KiB.
    #[must_use]
    pub fn new() -> Self {
        Self {
            header: Field::EMPTY,
            chunk: vec![0; CHUNK].into_boxed_slice(),
            filled: 0,
            length: None,
            plain: vec![0; CHUNK].into_boxed_slice(),
        }
    }
}

impl Lznt1<[u8; CHUNK]> {
    /// A decoder that holds its 8 KiB itself.
    #[must_use]
    pub const fn inline() -> Self {
        Self { header: Field::EMPTY, chunk: [0; CHUNK], filled: 0, length: None, plain: [0; CHUNK] }
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Lznt1<B> {
    /// Forgets everything: what comes next is the first piece of another object.
    pub const fn reset(&mut self) {
        self.header.clear();
        (self.filled, self.length) = (0, None);
    }

    /// Takes the next piece; what comes out goes to [`Out::data`].
    ///
    /// # Errors
    /// [`Fault`], behind the chunk that is malformed and after what of it came before that.
    pub fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Lznt1Step, Fault> {
        let mut input = piece;
        loop {
            let Some((length, packed)) = self.length else {
                if !self.header.fill(&mut input, 2) {
                    return Ok(Lznt1Step::More);
                }
                let [low, high] = *self.header.get().first_chunk::<2>().ok_or(Fault::before(piece, input))?;
                self.header.clear();
                let header = u16::from_le_bytes([low, high]);
                if header == 0 {
                    return Ok(Lznt1Step::Done(piece.len() - input.len()));
                }
                self.length = Some((usize::from(header & LENGTH) + 1, header & PACKED != 0));
                self.filled = 0;
                continue;
            };
            let bytes = take(&mut input, (length - self.filled) as u64);
            if let Some(place) = self.chunk.as_mut().get_mut(self.filled..self.filled + bytes.len()) {
                place.copy_from_slice(bytes);
            }
            self.filled += bytes.len();
            if self.filled < length {
                return Ok(Lznt1Step::More);
            }
            self.length = None;
            match self.chunk(packed, out) {
                (false, _) => return Ok(Lznt1Step::Enough),
                (true, false) => return Err(Fault::before(piece, input)),
                (true, true) => {}
            }
        }
    }

    /// Nothing more comes. Hands out what there is of a chunk that is not complete; says whether there was none.
    pub fn finish(&mut self, out: &mut dyn Out) -> bool {
        let Some((_, packed)) = self.length.take() else { return self.header.get().is_empty() };
        self.chunk(packed, out);
        false
    }

    /// Hands out the chunk: whether more is wanted, and whether it was right.
    fn chunk(&mut self, packed: bool, out: &mut dyn Out) -> (bool, bool) {
        let chunk = self.chunk.as_ref().get(..self.filled).unwrap_or(&[]);
        let (bytes, right) = if packed {
            let (length, right) = unpack(chunk, self.plain.as_mut());
            (self.plain.as_ref().get(..length).unwrap_or(&[]), right)
        } else {
            (chunk, true)
        };
        (bytes.is_empty() || out.data(bytes), right)
    }
}

/// Unpacks one chunk; gives how many bytes came out, and whether all of it was right.
fn unpack(chunk: &[u8], plain: &mut [u8]) -> (usize, bool) {
    let mut rest = chunk;
    let mut at = 0;
    while let Some((flags, after)) = rest.split_first() {
        rest = after;
        for flag in 0..FLAGS {
            let Some((first, after)) = rest.split_first() else { return (at, true) };
            if flags >> flag & 1 == 0 {
                let Some(place) = plain.get_mut(at) else { return (at, false) };
                *place = *first;
                at += 1;
                rest = after;
                continue;
            }
            let Some((second, after)) = after.split_first() else { return (at, false) };
            rest = after;
            let word = usize::from(u16::from_le_bytes([*first, *second]));
            // The further the chunk has come, the more of the 16 bits are the distance's: four to twelve.
            let bits = at.saturating_sub(1).checked_ilog2().map_or(4, |log| (log + 1).max(4));
            let distance = (word >> (16 - bits)) + 1;
            let length = (word & ((1 << (16 - bits)) - 1)) + 3;
            let Some(from) = at.checked_sub(distance) else { return (at, false) };
            if at + length > plain.len() {
                return (at, false);
            }
            for offset in 0..length {
                let byte = plain.get(from + offset).copied().unwrap_or(0);
                if let Some(place) = plain.get_mut(at + offset) {
                    *place = byte;
                }
            }
            at += length;
        }
    }
    (at, true)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
pub(crate) mod tests {
    use super::super::cut::Cut;
    use super::super::decoder::Child;
    use super::*;

    #[derive(Default)]
    struct Bytes(Vec<u8>);

    impl Out for Bytes {
        fn begin(&mut self, _: &Child<'_>) -> bool {
            true
        }

        fn data(&mut self, bytes: &[u8]) -> bool {
            self.0.extend_from_slice(bytes);
            self.0.len() < 1 << 16
        }

        fn end(&mut self) {}

        fn cut(&mut self, _: Cut) {}
    }

    /// Packs as MS-XCA says, with the longest match there is, so that all widths of distances come up.
    pub(crate) fn pack(data: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        for chunk in data.chunks(CHUNK) {
            let (mut body, mut at) = (Vec::new(), 0);
            while at < chunk.len() {
                let flags = body.len();
                body.push(0);
                for flag in 0..8 {
                    if at == chunk.len() {
                        break;
                    }
                    let mut bits = 4;
                    while 1 << bits < at {
                        bits += 1;
                    }
                    let most = ((1 << (16 - bits)) - 1 + 3).min(chunk.len() - at);
                    let longest = (1..=at.min(1 << bits))
                        .map(|distance| {
                            let same = (0..most).take_while(|n| chunk[at + n] == chunk[at + n - distance]).count();
                            (same, distance)
                        })
                        .max()
                        .filter(|(same, _)| *same >= 3);
                    if let Some((length, distance)) = longest {
                        body[flags] |= 1 << flag;
                        let word = u16::try_from((distance - 1) << (16 - bits) | (length - 3)).unwrap();
                        body.extend(word.to_le_bytes());
                        at += length;
                    } else {
                        body.push(chunk[at]);
                        at += 1;
                    }
                }
            }
            let (body, flag) = if body.len() < chunk.len() { (&*body, 0xb000) } else { (chunk, 0x3000) };
            packed.extend((flag | u16::try_from(body.len() - 1).unwrap()).to_le_bytes());
            packed.extend(body);
        }
        packed
    }

    fn unpack_all<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Result<Lznt1Step, usize>, bool) {
        let (mut decoder, mut out) = (Lznt1::new(), Bytes::default());
        let mut before = 0;
        for piece in pieces {
            match decoder.push(piece, &mut out) {
                Ok(Lznt1Step::More) => before += piece.len(),
                Ok(Lznt1Step::Done(at)) => return (out.0, Ok(Lznt1Step::Done(before + at)), true),
                Ok(Lznt1Step::Enough) => return (out.0, Ok(Lznt1Step::Enough), false),
                Err(Fault { at }) => return (out.0, Err(before + at), false),
            }
        }
        let whole = decoder.finish(&mut out);
        (out.0, Ok(Lznt1Step::More), whole)
    }

    fn texts() -> Vec<Vec<u8>> {
        let line =
            |number: u32| format!("Line {number}: Project Tern, the launch valuation is confidential.\n").into_bytes();
        let noise = (0..5000u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        vec![MELODY.as_bytes().to_vec(), (0..200).flat_map(line).collect(), vec![0; 9000], noise, b"a".to_vec()]
    }

    /// MS-XCA section 3.3.
    const EXAMPLE: [u8; 59] = [
        0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xa2, 0x47, 0x01, 0xa0, 0x45,
        0x20, 0x44, 0x00, 0x08, 0x45, 0x01, 0x50, 0x79, 0x00, 0xc0, 0x45, 0x20, 0x05, 0x24, 0x13, 0x88, 0x05, 0xb4,
        0x02, 0x4a, 0x44, 0xef, 0x03, 0x58, 0x02, 0x8c, 0x09, 0x16, 0x01, 0x48, 0x45, 0x00, 0xbe, 0x00, 0x9e, 0x00,
        0x04, 0x01, 0x18, 0x90, 0x00,
    ];
    const MELODY: &str = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# E D E A \
                          F# F# G A A G F# E D D E F# E D D\0";

    #[test]
    fn the_example_of_the_specification_is_read() {
        let (bytes, _, whole) = unpack_all([&EXAMPLE[..]]);
        assert_eq!((std::str::from_utf8(&bytes), whole), (Ok(MELODY), true));
    }

    #[test]
    fn what_comes_out_is_what_went_in_wherever_pieces_end() {
        for text in texts() {
            let packed = pack(&text);
            let whole = unpack_all([&*packed]);
            assert_eq!(whole, (text, Ok(Lznt1Step::More), true));
            assert_eq!(unpack_all(packed.chunks(1)), whole);
            for at in (0..packed.len()).step_by(1 + packed.len() / 300) {
                let (first, second) = packed.split_at(at);
                assert_eq!(unpack_all([first, second]), whole, "cut at {at}");
            }
        }
    }

    #[test]
    fn what_is_missing_is_said_and_the_rest_comes_out() {
        for text in texts() {
            let packed = pack(&text);
            for length in 1..packed.len() {
                let (bytes, _, whole) = unpack_all([&packed[..length]]);
                assert!(text.starts_with(&bytes), "{length} bytes");
                assert!(!whole || bytes.len() % CHUNK == 0, "{length} bytes");
            }
        }
    }

    #[test]
    fn damage_is_bounded_and_at_the_same_place_wherever_pieces_end() {
        for text in texts() {
            let packed = pack(&text);
            for at in (0..packed.len()).step_by(1 + packed.len() / 300) {
                let mut damaged = packed.clone();
                damaged[at] ^= 0x55;
                assert_eq!(unpack_all([&*damaged]), unpack_all(damaged.chunks(7)), "damage at {at}");
            }
        }
    }

    #[test]
    fn a_header_of_zeros_is_the_end() {
        let packed = [&*pack(b"some text, some text"), b"\0\0behind"].concat();
        let (bytes, step, _) = unpack_all([&*packed]);
        assert_eq!((bytes.as_slice(), step), (&b"some text, some text"[..], Ok(Lznt1Step::Done(packed.len() - 6))));
    }
}
