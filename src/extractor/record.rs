//! Records that a process hands back: a word that says what it is, a number, and bytes.

/// Most bytes of a record.
pub(super) const MOST_BYTES: usize = 8192;
/// Words before the bytes.
pub(super) const HEADER: usize = 2;

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// The object of this number was copied, and is looked into.
    Start,
    /// A leaf begins: its path.
    Begin,
    /// Its next bytes.
    Data,
    /// So many of its bytes were never seen.
    Gap,
    /// It is over: whether it is complete.
    End,
    /// Something was cut short, for the reason of this number: its path.
    Cut,
    /// A file begins: its name, its path, its claimed media type, its first bytes.
    FileBegin,
    /// Its next bytes.
    FileData,
    /// So many of its bytes were never seen.
    FileGap,
    /// It is over: whether it is complete.
    FileEnd,
    /// The object is done with.
    Over,
}

impl Kind {
    const ALL: [Self; 11] = [
        Self::Start,
        Self::Begin,
        Self::Data,
        Self::Gap,
        Self::End,
        Self::Cut,
        Self::FileBegin,
        Self::FileData,
        Self::FileGap,
        Self::FileEnd,
        Self::Over,
    ];
}

/// What stands before a record's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) kind: Kind,
    pub(super) level: u8,
    /// How many bytes follow.
    pub(super) length: usize,
    pub(super) value: u64,
}

impl Record {
    /// Its two words.
    pub(super) fn words(&self) -> [u64; HEADER] {
        let length = u64::try_from(self.length).unwrap_or(u64::MAX);
        [length << 16 | u64::from(self.level) << 8 | self.kind as u64, self.value]
    }

    /// What two words say; `None` for what no honest process writes.
    pub(super) fn read([first, value]: [u64; HEADER]) -> Option<Self> {
        let [kind, level, ..] = first.to_le_bytes();
        let kind = *Kind::ALL.get(usize::from(kind))?;
        let length = usize::try_from(first >> 16).ok().filter(|length| *length <= MOST_BYTES)?;
        Some(Self { kind, level, length, value })
    }

    /// Words that it takes, with its bytes.
    pub(super) const fn size(&self) -> usize {
        HEADER + self.length.div_ceil(8)
    }
}

/// Four lengths in one number.
pub(super) fn lengths(of: [usize; 4]) -> u64 {
    of.iter().rev().fold(0, |sum, length| sum << 16 | u64::try_from(*length).unwrap_or(0) & 0xffff)
}

/// The same, back.
pub(super) fn split_lengths(value: u64) -> [usize; 4] {
    [0, 16, 32, 48].map(|shift| usize::try_from(value >> shift & 0xffff).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            let record = Record { kind, level: 64, length: MOST_BYTES, value: u64::MAX };
            assert_eq!(Record::read(record.words()), Some(record));
        }
        assert_eq!(split_lengths(lengths([255, 1024, 96, 512])), [255, 1024, 96, 512]);
    }

    #[test]
    fn what_no_honest_process_writes_is_no_record() {
        let longest = Record { kind: Kind::Data, level: 0, length: MOST_BYTES, value: 0 }.words();
        for first in [Kind::ALL.len() as u64, 255, longest[0] + (1 << 16), u64::MAX] {
            assert_eq!(Record::read([first, 0]), None, "{first:#x}");
        }
    }
}
