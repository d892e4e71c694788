//! The redirection table: which worker a hash belongs to.
//!
//! Entry `i` serves the hashes whose low bits are `i`, and holds worker
//! `i mod workers`. With 2^n workers that is the n low bits of the hash, whatever
//! the table's size; with other counts it depends on the size, so all ports and
//! the software dispatcher share the smallest table of any port ([`Reta::fill`]
//! repeats it to a device's size).

/// Entries of the table where no device asks for fewer.
pub const DEFAULT_RETA_SIZE: usize = 512;

/// Smallest table that is used: one that makes shares even to 1 in 16 for the largest worker count.
pub const MIN_RETA_SIZE: usize = 8;

/// The table of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reta {
    entries: Vec<u16>,
    mask: u32,
}

impl Reta {
    /// A table of `size` entries for `workers`. `None` unless `size` is a power
    /// of two, there is at least one worker, and there are as many entries.
    #[must_use]
    pub fn new(size: usize, workers: u16) -> Option<Self> {
        if !size.is_power_of_two() || workers == 0 || size < usize::from(workers) {
            return None;
        }
        let mask = u32::try_from(size.checked_sub(1)?).ok()?;
        Some(Self { entries: (0..workers).cycle().take(size).collect(), mask })
    }

    /// The worker a hash belongs to.
    #[must_use]
    #[inline]
    pub fn worker(&self, hash: u32) -> u16 {
        let index = usize::try_from(hash & self.mask).unwrap_or(0);
        self.entries.get(index).copied().unwrap_or(0)
    }

    /// Entries of the table.
    #[must_use]
    pub fn size(&self) -> usize {
        self.entries.len()
    }

    /// The table repeated to a device's `size`, a multiple of its own.
    #[must_use]
    pub fn fill(&self, size: usize) -> Vec<u16> {
        self.entries.iter().copied().cycle().take(size).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_bits_choose_one_of_a_power_of_two() {
        for bits in 0..=7_u32 {
            let workers = 1_u16 << bits;
            for size in [128, 512] {
                let reta = Reta::new(size, workers).expect("a power of two");
                for hash in [0, 1, 0x1234_5678, 0xffff_ffff, 0x8000_0001] {
                    assert_eq!(u32::from(reta.worker(hash)), hash & (u32::from(workers) - 1));
                }
            }
        }
    }

    #[test]
    fn every_worker_has_its_share_and_devices_of_any_size_agree() {
        for workers in 1..=128_u16 {
            let reta = Reta::new(128, workers).expect("as many entries as workers");
            let mut share = vec![0_u32; usize::from(workers)];
            for hash in 0..128 {
                share[usize::from(reta.worker(hash))] += 1;
            }
            let (least, most) = (share.iter().min().expect("one"), share.iter().max().expect("one"));
            assert!(*least >= 1 && most - least <= 1, "{workers} workers: {share:?}");
            for size in [128_u32, 512] {
                let device = reta.fill(size as usize);
                for hash in [0_u32, 5, 77, 127, 128, 511, 0xdead_beef] {
                    assert_eq!(device[(hash & (size - 1)) as usize], reta.worker(hash), "{workers} of {size}");
                }
            }
        }
    }

    #[test]
    fn refuses_what_cannot_steer() {
        for (size, workers) in [(0, 1), (100, 1), (128, 0), (4, 5)] {
            assert_eq!(Reta::new(size, workers), None, "{size} entries, {workers} workers");
        }
    }
}
