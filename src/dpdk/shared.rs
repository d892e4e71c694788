//! Memory that two processes share, as words that either may read and write at any time.
//!
//! Whatever the other side does, a word is read or written as one, and nothing else
//! is ever derived from what lies there: who reads it has to judge it. The memory
//! cannot become shorter while it is mapped (it is sealed), so an access never faults.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

const WORD: usize = size_of::<u64>();

/// A mapping of whole words.
#[derive(Debug)]
struct Mapping {
    start: NonNull<AtomicU64>,
    words: usize,
}

// SAFETY: the memory is the mapping's own until it is dropped, and is only reached as atomic words.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps all of `file`, which must not be able to shrink.
    fn new(file: BorrowedFd<'_>, access: ProtFlags, flags: MapFlags) -> io::Result<Self> {
        if !fcntl_get_seals(file)?.contains(SealFlags::SHRINK) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the shared memory is not sealed"));
        }
        let bytes = usize::try_from(fstat(file)?.st_size).unwrap_or(0);
        let words = bytes / WORD;
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory of this process.
        let start = unsafe { mmap(std::ptr::null_mut(), words * WORD, access, flags, file, 0)? };
        let start = NonNull::new(start.cast::<AtomicU64>()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, words })
    }

    const fn get(&self) -> &[AtomicU64] {
        // SAFETY: the mapping has so many words, is aligned to a page, lives as long as `self`, and its file cannot
        // shrink. Words that another process changes meanwhile are what atomics are for.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.words) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference into the mapping any more. Failing leaves it mapped, which harms nobody.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.words * WORD) };
    }
}

/// Memory that this process may write to.
#[derive(Debug)]
pub struct Shared {
    mapping: Mapping,
    /// For others to map, unless it is theirs.
    file: Option<OwnedFd>,
}

impl Shared {
    /// New memory of so many words, all zero. `name` is for people who look at `/proc`. With `settle` all of it is taken
    /// at once, else when it is first written to.
    ///
    /// # Errors
    /// What the system says, mostly that there is not enough memory.
    pub fn create(name: &str, words: usize, settle: bool) -> io::Result<Self> {
        let file = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        let bytes = words.checked_mul(WORD).and_then(|bytes| u64::try_from(bytes).ok());
        ftruncate(&file, bytes.ok_or(io::ErrorKind::OutOfMemory)?)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW)?;
        let flags = if settle { MapFlags::SHARED | MapFlags::POPULATE } else { MapFlags::SHARED };
        let mapping = Mapping::new(file.as_fd(), ProtFlags::READ | ProtFlags::WRITE, flags)?;
        Ok(Self { mapping, file: Some(file) })
    }

    /// From now on nobody can write to it who has not mapped it yet.
    ///
    /// # Errors
    /// What the system says; Linux can do this since 5.1.
    pub fn seal(&self) -> io::Result<()> {
        Ok(fcntl_add_seals(self.file()?, SealFlags::FUTURE_WRITE | SealFlags::SEAL)?)
    }

    /// The memory that another process has made.
    ///
    /// # Errors
    /// When it cannot be mapped for reading and writing, or can shrink.
    pub fn open(file: OwnedFd) -> io::Result<Self> {
        let mapping = Mapping::new(file.as_fd(), ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED)?;
        Ok(Self { mapping, file: Some(file) })
    }

    /// A descriptor for another process.
    ///
    /// # Errors
    /// When there are too many.
    pub fn descriptor(&self) -> io::Result<OwnedFd> {
        self.file()?.try_clone()
    }

    fn file(&self) -> io::Result<&OwnedFd> {
        self.file.as_ref().ok_or_else(|| io::ErrorKind::Unsupported.into())
    }

    /// Its words.
    #[must_use]
    pub const fn words(&self) -> &[AtomicU64] {
        self.mapping.get()
    }
}

/// Memory that this process may only read.
#[derive(Debug)]
pub struct ReadOnly {
    mapping: Mapping,
}

impl ReadOnly {
    /// The memory that another process has made. Its descriptor is closed.
    ///
    /// # Errors
    /// When it cannot be mapped, or can shrink.
    pub fn open(file: OwnedFd) -> io::Result<Self> {
        Ok(Self { mapping: Mapping::new(file.as_fd(), ProtFlags::READ, MapFlags::SHARED)? })
    }

    /// How many words there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.mapping.words
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A word; 0 beyond the last.
    #[inline]
    #[must_use]
    pub fn load(&self, at: usize) -> u64 {
        // Of memory that cannot be written to only relaxed loads are defined.
        self.mapping.get().get(at).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    /// A word, before all that is loaded after it.
    #[inline]
    #[must_use]
    pub fn load_first(&self, at: usize) -> u64 {
        let word = self.load(at);
        fence(Ordering::Acquire);
        word
    }

    /// A word, after all that was loaded before it.
    #[inline]
    #[must_use]
    pub fn load_last(&self, at: usize) -> u64 {
        fence(Ordering::Acquire);
        self.load(at)
    }

    /// Words from `at` on, in order.
    pub fn words(&self, at: usize, count: usize) -> impl Iterator<Item = u64> + '_ {
        let end = at.saturating_add(count);
        self.mapping.get().get(at..end).unwrap_or(&[]).iter().map(|word| word.load(Ordering::Relaxed))
    }
}

unsafe extern "C" {
    fn close_range(first: u32, last: u32, flags: i32) -> i32;
    fn close(descriptor: i32) -> i32;
}

/// Set once this process has given its descriptors up.
static ADOPTED: AtomicBool = AtomicBool::new(false);

/// For a process that was started for nothing else: maps what it finds as its standard input (to read) and output (to
/// write), and closes every descriptor but that for diagnostics. To be called first, before anything else is opened.
///
/// # Errors
/// When they are no such memory, or descriptors cannot be closed (Linux can do this since 5.9), or at a second call.
pub fn adopt() -> io::Result<(ReadOnly, Shared)> {
    if ADOPTED.swap(true, Ordering::SeqCst) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the shared memory is mapped already"));
    }
    let (input, output) = (io::stdin(), io::stdout());
    let objects = ReadOnly { mapping: Mapping::new(input.as_fd(), ProtFlags::READ, MapFlags::SHARED)? };
    let access = ProtFlags::READ | ProtFlags::WRITE;
    let answers = Shared { mapping: Mapping::new(output.as_fd(), access, MapFlags::SHARED)?, file: None };
    // SAFETY: descriptors 0 and 1 belong to no value; of others, which whoever started this process has left open, no
    // value of this process knows, since it has opened nothing yet.
    let closed = unsafe { close_range(0, 1, 0) == 0 && close_range(3, u32::MAX, 0) == 0 };
    if closed { Ok((objects, answers)) } else { Err(io::Error::last_os_error()) }
}

/// Closes the descriptor for diagnostics as well. Whatever is told from now on is lost.
pub fn close_diagnostics() {
    // SAFETY: no value owns descriptor 2; the standard library bears with its being closed.
    unsafe { close(2) };
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail loudly
mod tests {
    use super::*;

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let ours = Shared::create("test", 1024, true).unwrap();
        let theirs = Shared::open(ours.descriptor().unwrap()).unwrap();
        let read = ReadOnly::open(ours.descriptor().unwrap()).unwrap();
        assert_eq!((theirs.words().len(), read.len()), (1024, 1024));
        ours.words()[1023].store(7, Ordering::Release);
        assert_eq!((theirs.words()[1023].load(Ordering::Acquire), read.load_first(1023)), (7, 7));
        assert_eq!((read.load(1024), read.words(1022, 3).count()), (0, 0), "beyond the end there is nothing");
        assert_eq!(read.words(1022, 2).collect::<Vec<_>>(), [0, 7]);
    }

    #[test]
    fn sealed_memory_is_not_written_to_by_others_and_never_shrinks() {
        let ours = Shared::create("test", 1024, false).unwrap();
        let early = Shared::open(ours.descriptor().unwrap()).unwrap();
        ours.seal().unwrap();
        let error = Shared::open(ours.descriptor().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert!(ReadOnly::open(ours.descriptor().unwrap()).is_ok());
        early.words()[0].store(1, Ordering::Relaxed);
        assert_eq!(ours.words()[0].load(Ordering::Relaxed), 1, "who had it before keeps it");
        let descriptor = ours.descriptor().unwrap();
        assert_eq!(ftruncate(&descriptor, 8), Err(rustix::io::Errno::PERM));
        assert_eq!(rustix::io::write(&descriptor, b"x"), Err(rustix::io::Errno::PERM));
    }

    #[test]
    fn memory_that_may_shrink_is_not_mapped() {
        let file = memfd_create("test", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        ftruncate(&file, 4096).unwrap();
        assert_eq!(Shared::open(file).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
