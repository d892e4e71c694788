//! Where things lie in the memory that the sensor and a process share. All numbers are words of eight bytes.
//!
//! **Objects**, written by a worker, read by all its processes: how many were published, a
//! descriptor for each of the last [`RING`] objects, for each chunk the one that follows it, and the chunks. A descriptor
//! is valid while its lock holds the object's number plus one; the lock is cleared before a chunk of it is used again, so
//! who has copied an object and still finds its lock has a whole one.
//!
//! **Answers**, one for each process: a ring of records which the process writes and the worker
//! reads, how far each is, and where in the ring of objects the process is.

/// Objects that a process may be behind.
pub const RING: usize = 128;
/// Most processes of a worker.
pub const MOST_READERS: usize = 32;

/// Words of a chunk, and bytes.
pub(super) const CHUNK: usize = 2048;
pub(super) const CHUNK_BYTES: usize = CHUNK * 8;

/// Objects: how many were published.
pub(super) const PUBLISHED: usize = 0;
/// Objects: how many chunks there are.
pub(super) const CHUNKS: usize = 1;
/// Objects: the first descriptor.
const DESCRIPTORS: usize = 8;
const DESCRIPTOR: usize = 8;
/// Of a descriptor: number of the object plus one, or 0.
pub(super) const LOCK: usize = 0;
/// Of a descriptor: bytes.
pub(super) const LENGTH: usize = 1;
/// Of a descriptor: its first chunk.
pub(super) const FIRST: usize = 2;
/// Of a descriptor: a bit for each process that the object is for.
pub(super) const READERS: usize = 3;
/// Of a descriptor: number of its module, level, and [`COMPLETE`] and [`WITHIN`].
pub(super) const MODULE: usize = 4;
pub(super) const LEVEL: usize = 5;
pub(super) const FLAGS: usize = 6;
/// Nothing of the object is missing.
pub(super) const COMPLETE: u64 = 1;
/// It is a file, or part of one.
pub(super) const WITHIN: u64 = 2;

const NEXT: usize = DESCRIPTORS + RING * DESCRIPTOR;

/// The descriptor of an object.
pub(super) fn descriptor(number: u64) -> usize {
    DESCRIPTORS + slot(number) * DESCRIPTOR
}

/// Which of the descriptors that is.
pub(super) fn slot(number: u64) -> usize {
    usize::try_from(number % RING as u64).unwrap_or(0)
}

/// What follows a chunk.
pub(super) const fn next(chunk: usize) -> usize {
    NEXT + chunk
}

/// The first word of a chunk.
pub(super) const fn chunk(chunks: usize, number: usize) -> usize {
    (NEXT + chunks).next_multiple_of(512) + number * CHUNK
}

/// Words for so many chunks.
pub(super) const fn objects_words(chunks: usize) -> usize {
    chunk(chunks, chunks)
}

/// Answers: the process is confined, and takes objects.
pub(super) const READY: usize = 0;
/// Answers: the number of the object that the process looks for next. The worker says where it begins.
pub(super) const POSITION: usize = 1;
/// Answers: number plus one of the last object that the process has copied.
pub(super) const COPIED: usize = 2;
/// Answers: words of records written, by the process.
pub(super) const HEAD: usize = 8;
/// Answers: words of records read, by the worker.
pub(super) const TAIL: usize = 16;
const RECORDS: usize = 24;
/// Words of records.
pub(super) const ROOM: usize = 1 << 15;

/// The place of a word of the stream of records.
pub(super) fn record(word: u64) -> usize {
    RECORDS + usize::try_from(word % ROOM as u64).unwrap_or(0)
}

/// Words for answers.
pub(super) const ANSWERS_WORDS: usize = RECORDS + ROOM;
