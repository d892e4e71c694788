//! Files that lie behind each other in what something unpacks to.

use flate2::Crc;

use crate::decode::{Child, Cut, Out, only_name};

/// A file: where it begins, and how long it is.
#[derive(Clone, Debug)]
pub(super) struct Lying {
    pub(super) name: Vec<u8>,
    pub(super) at: u64,
    pub(super) size: u64,
    /// Its CRC-32, where that is told.
    pub(super) sum: Option<u32>,
}

/// Hands out files while the bytes come in which they lie; what is in none is `(rest)`.
pub(super) struct Stretch<'a> {
    out: &'a mut dyn Out,
    /// In the order in which they begin.
    files: &'a [Lying],
    given: u64,
    /// What is left of the one that is open, whether it is wanted, and its sum.
    open: Option<(u64, bool, Option<u32>)>,
    sum: Crc,
    enough: bool,
    whole: bool,
}

impl<'a> Stretch<'a> {
    pub(super) fn new(out: &'a mut dyn Out, files: &'a [Lying]) -> Self {
        Self { out, files, given: 0, open: None, sum: Crc::new(), enough: false, whole: true }
    }

    /// Takes the next bytes. False where no more are wanted.
    pub(super) fn put(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while !self.enough {
            match self.open {
                Some((0, wanted, told)) => self.close(wanted, told),
                _ if rest.is_empty() => break,
                Some((left, wanted, told)) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
                    if wanted {
                        self.sum.update(now);
                        self.enough = !self.out.data(now);
                    }
                    rest = later;
                    self.given += count as u64;
                    self.open = Some((left - count as u64, wanted, told));
                }
                None => self.begin(),
            }
        }
        !self.enough
    }

    /// A file is complete.
    fn close(&mut self, wanted: bool, told: Option<u32>) {
        if wanted {
            if told.is_some_and(|told| told != self.sum.sum()) {
                self.cut(Cut::Checksum);
            }
            self.out.end();
        }
        self.open = None;
    }

    /// The file that lies here begins. One that overlaps another is only named.
    fn begin(&mut self) {
        self.sum.reset();
        while let Some((file, later)) = self.files.split_first() {
            if file.at > self.given {
                let wanted = self.out.begin(&Child { name: b"(rest)" });
                self.open = Some((file.at - self.given, wanted, None));
                return;
            }
            self.files = later;
            if file.at == self.given {
                let wanted = self.out.begin(&Child { name: &file.name });
                self.open = Some((file.size, wanted, file.sum));
                return;
            }
            self.whole = false;
            only_name(&file.name, Cut::Malformed, self.out);
        }
        // Nobody says how much of this there is.
        self.open = Some((u64::MAX, self.out.begin(&Child { name: b"(rest)" }), None));
    }

    /// Something is wrong with the file that is open.
    pub(super) fn cut(&mut self, reason: Cut) {
        self.whole = false;
        if !matches!(self.open, Some((_, false, _))) {
            self.out.cut(reason);
        }
    }

    /// Nothing more comes, for that reason where there is one. Gives whether all was there, and whether more is wanted.
    pub(super) fn finish(mut self, reason: Option<Cut>) -> (bool, bool) {
        if self.enough {
            return (false, false);
        }
        // Files of no bytes, and one that has just got its last.
        self.put(&[]);
        if let Some((left, wanted, _)) = self.open.take() {
            let endless = left > u64::MAX >> 1;
            if let Some(reason) = reason.or((!endless).then_some(Cut::Truncated)) {
                self.whole = false;
                if wanted {
                    self.out.cut(reason);
                }
            }
            if wanted {
                self.out.end();
            }
        }
        for file in self.files {
            let reason = reason.unwrap_or(Cut::Truncated);
            if file.size == 0 && file.at <= self.given {
                if self.out.begin(&Child { name: &file.name }) {
                    self.out.end();
                }
            } else {
                self.whole = false;
                only_name(&file.name, reason, self.out);
            }
        }
        (self.whole, true)
    }
}

/// What a decoder hands out, whose only child is the stretch.
impl Out for Stretch<'_> {
    fn begin(&mut self, _: &Child<'_>) -> bool {
        true
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        self.put(bytes)
    }

    fn end(&mut self) {}

    fn cut(&mut self, reason: Cut) {
        Stretch::cut(self, reason);
    }
}
