//! Zstandard frames, one after the other, as a reader.
//!
//! `ruzstd` keeps a frame's last window of output until the frame ends, and so would lose megabytes of good packets
//! of a file that was cut off. Frames are therefore taken apart into blocks here (RFC 8878, 3.1.1): a block
//! goes to the decoder only when it is there as a whole, and a frame that lacks its end is given an empty last block,
//! which makes the decoder hand out what it holds.

use std::io::{self, ErrorKind, Read};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Magic number of a frame, as it stands in the file.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// "Block_Maximum_Size is the smallest of Window_Size or 128 KB" (RFC 8878, 3.1.1.2.3).
const MAX_BLOCK_BYTES: usize = 128 << 10;

/// A raw block of no bytes marked as the last, and room for a checksum that nobody compares.
const END_OF_FRAME: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// Do these four bytes begin a frame or a skippable frame?
pub(super) fn is_magic(head: [u8; 4]) -> bool {
    head == MAGIC || is_skippable(head)
}

/// 0x184D2A50 to 0x184D2A5F, little-endian (RFC 8878, 3.1.2).
fn is_skippable([a, b, c, d]: [u8; 4]) -> bool {
    a & 0xf0 == 0x50 && [b, c, d] == [0x2a, 0x4d, 0x18]
}

#[derive(PartialEq, Eq)]
enum State {
    /// Between frames.
    Between,
    /// In a frame; true when a checksum follows its last block.
    Frame { checksum: bool },
    /// The input ended inside a frame: what is decoded comes out, then the error.
    Cut,
    /// The input ended where it may.
    End,
}

/// Unpacks a sequence of frames; skippable frames are skipped.
pub(super) struct ZstdReader<R> {
    input: R,
    decoder: FrameDecoder,
    block: Vec<u8>,
    state: State,
}

impl<R: Read> ZstdReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, decoder: FrameDecoder::new(), block: Vec::new(), state: State::Between }
    }

    /// Appends `n` bytes of input to the block; false when there are fewer.
    fn take(&mut self, n: usize) -> io::Result<bool> {
        let got = self.input.by_ref().take(n as u64).read_to_end(&mut self.block)?;
        Ok(got == n)
    }

    fn begin_frame(&mut self) -> io::Result<()> {
        self.block.clear();
        if !self.take(4)? {
            self.state = if self.block.is_empty() { State::End } else { State::Cut };
            return Ok(());
        }
        let magic = le_bytes(&self.block);
        if is_skippable(magic) {
            return self.skip_frame();
        }
        if magic != MAGIC {
            return Err(bad("what follows a frame is no frame"));
        }
        // Frame_Header_Descriptor, RFC 8878 3.1.1.1.1
        if !self.take(1)? {
            self.state = State::Cut;
            return Ok(());
        }
        let descriptor = self.block.last().copied().unwrap_or_default();
        let single_segment = descriptor & 0x20 != 0;
        let window = usize::from(!single_segment);
        let dictionary = [0, 1, 2, 4].get(usize::from(descriptor & 3)).copied().unwrap_or_default();
        let content_size = match descriptor >> 6 {
            0 => usize::from(single_segment),
            flag => 1 << flag,
        };
        if !self.take(window + dictionary + content_size)? {
            self.state = State::Cut;
            return Ok(());
        }
        self.decoder.reset(self.block.as_slice()).map_err(bad)?;
        self.state = State::Frame { checksum: descriptor & 4 != 0 };
        Ok(())
    }

    fn skip_frame(&mut self) -> io::Result<()> {
        self.block.clear();
        if !self.take(4)? {
            self.state = State::Cut;
            return Ok(());
        }
        let length = u64::from(u32::from_le_bytes(le_bytes(&self.block)));
        if io::copy(&mut self.input.by_ref().take(length), &mut io::sink())? < length {
            self.state = State::Cut;
        }
        Ok(())
    }

    /// Decodes the next block, and with the last one ends the frame.
    fn next_block(&mut self, checksum: bool) -> io::Result<()> {
        self.block.clear();
        let mut whole = self.take(3)?;
        // Block_Header, RFC 8878 3.1.1.2: Last_Block, Block_Type, Block_Size
        let [a, b, c, _] = le_bytes(&self.block);
        let header = u32::from_le_bytes([a, b, c, 0]);
        let last = header & 1 != 0;
        if whole {
            let size = usize::try_from(header >> 3).unwrap_or(usize::MAX);
            let stored = if (header >> 1) & 3 == 1 { 1 } else { size };
            if stored > MAX_BLOCK_BYTES {
                return Err(bad(format!("a block of {size} bytes, more than the largest {MAX_BLOCK_BYTES}")));
            }
            whole = self.take(stored + if last && checksum { 4 } else { 0 })?;
        }
        if !whole {
            self.decoder.decode_blocks(END_OF_FRAME.as_slice(), BlockDecodingStrategy::UptoBlocks(1)).map_err(bad)?;
            self.state = State::Cut;
            return Ok(());
        }
        self.decoder.decode_blocks(self.block.as_slice(), BlockDecodingStrategy::UptoBlocks(1)).map_err(bad)?;
        Ok(())
    }

    /// All of the frame is out: does its checksum hold?
    fn end_frame(&mut self, checksum: bool) -> io::Result<()> {
        self.state = State::Between;
        if checksum && self.decoder.get_checksum_from_data() != self.decoder.get_calculated_checksum() {
            return Err(bad("the checksum of a frame does not match its content"));
        }
        Ok(())
    }
}

impl<R: Read> Read for ZstdReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(into);
            }
            match self.state {
                State::Between => self.begin_frame()?,
                State::Frame { checksum } if self.decoder.is_finished() => self.end_frame(checksum)?,
                State::Frame { checksum } => self.next_block(checksum)?,
                State::Cut => return Err(ErrorKind::UnexpectedEof.into()),
                State::End => return Ok(0),
            }
        }
    }
}

/// The first four bytes; missing ones are zero.
fn le_bytes(from: &[u8]) -> [u8; 4] {
    let mut bytes = [0; 4];
    for (to, from) in bytes.iter_mut().zip(from) {
        *to = *from;
    }
    bytes
}

fn bad(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, reason)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // inputs are the tests' own
mod tests {
    use super::*;

    /// A frame of raw blocks with a window of 1 KiB, so that ruzstd holds the output back.
    fn frame(blocks: &[&[u8]]) -> Vec<u8> {
        let mut frame = MAGIC.to_vec();
        frame.extend([0, 0]);
        for (i, block) in blocks.iter().enumerate() {
            let header = u32::try_from(block.len()).unwrap() << 3 | u32::from(i + 1 == blocks.len());
            frame.extend(&header.to_le_bytes()[..3]);
            frame.extend(*block);
        }
        frame
    }

    fn unpack(packed: &[u8]) -> (Vec<u8>, io::Result<usize>) {
        let mut out = Vec::new();
        let end = ZstdReader::new(packed).read_to_end(&mut out);
        (out, end)
    }

    #[test]
    fn frames_follow_one_another_and_skippable_ones_are_skipped() {
        let mut packed = frame(&[b"one ", b"two "]);
        packed.extend([0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]);
        packed.extend(frame(&[b"three"]));
        let (out, end) = unpack(&packed);
        assert_eq!((out.as_slice(), end.unwrap()), (&b"one two three"[..], 13));
    }

    #[test]
    fn a_cut_frame_gives_every_whole_block_and_then_the_error() {
        let packed = frame(&[b"first", b"second", b"third"]);
        let ends = [6 + 3 + 5, 6 + 3 + 5 + 3 + 6];
        for cut in 1..packed.len() {
            let (out, end) = unpack(&packed[..cut]);
            assert_eq!(end.unwrap_err().kind(), ErrorKind::UnexpectedEof, "cut at {cut}");
            let expected: &[u8] = match ends.iter().filter(|end| cut >= **end).count() {
                0 => b"",
                1 => b"first",
                _ => b"firstsecond",
            };
            assert_eq!(out, expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_wrong_checksum_is_told_after_the_content() {
        let mut packed = frame(&[b"data"]);
        packed[4] |= 4;
        packed.extend([1, 2, 3, 4]);
        let (out, end) = unpack(&packed);
        assert_eq!(out, b"data");
        assert_eq!(end.unwrap_err().to_string(), "the checksum of a frame does not match its content");
    }

    #[test]
    fn blocks_and_trailers_that_are_not_legal_are_refused() {
        let mut huge = frame(&[b""]);
        huge.truncate(6);
        huge.extend([0xf9, 0xff, 0xff]);
        assert_eq!(unpack(&huge).1.unwrap_err().to_string(), "a block of 2097151 bytes, more than the largest 131072");
        let mut followed = frame(&[b"data"]);
        followed.extend(b"text");
        let (out, end) = unpack(&followed);
        assert_eq!(out, b"data");
        assert_eq!(end.unwrap_err().to_string(), "what follows a frame is no frame");
    }
}
