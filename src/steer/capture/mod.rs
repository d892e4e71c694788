//! Capture files: pcap and pcapng, plain or packed with gzip or zstd, one packet at a time.
//!
//! Owned by the thread that feeds a replay; nothing here runs on a worker.
//!
//! - **Formats.** pcap in both byte orders with microseconds or nanoseconds, and the little-endian "modified"
//!   (Kuznetzov) one; pcapng with any number of sections and interfaces, each with its own link type, resolution
//!   and offset; enhanced, simple and obsolete packet blocks. Other blocks are skipped, whatever their size.
//!   The format and the packing are told by content, never by name. Gzip members and zstd frames may follow
//!   one another.
//! - **Memory.** One buffer, which grows to the largest packet ([`MAX_PACKET_BYTES`]) or pcapng block
//!   ([`MAX_BLOCK_BYTES`]) actually met and never further; at most [`MAX_INTERFACES`] interfaces; gzip's 32 KiB
//!   window; zstd's window of at most 128 MiB, as its command line tool allows.
//! - **Lying lengths.** What can be framed is delivered, as tshark does: a packet longer than the snapshot length,
//!   or longer than it says it was on the wire (then it was at least as long as what is there, and
//!   [`CapturedPacket::wire_len`] says so). What cannot be framed is an error: a packet larger than
//!   [`MAX_PACKET_BYTES`], or one that does not fit into its block.
//! - **Damage.** Every packet before the damage is delivered, then the error once, then the end. In a packed file
//!   that ends early, that holds for all that can be unpacked; damage inside packed data may hide the packets that
//!   share its zstd window or gzip read.
//! - **Time.** Nanoseconds since 1970 in UTC; what lies before is 0, and what lies after 2554 is `u64::MAX`. A
//!   simple packet block has no time, and takes that of the packet before it.
//!
//! Formats: `draft-ietf-opsawg-pcap`, `draft-ietf-opsawg-pcapng`, RFC 1952 (gzip), RFC 8878 (zstd).

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod error;
mod packing;
mod pcap;
mod pcapng;
mod pump;
mod reader;
mod sniff;
mod source;
mod time;
mod window;
mod zstd;

pub use error::{CaptureError, CaptureErrorKind, Item, Place};
pub use reader::{CaptureReader, CapturedPacket};

/// Largest packet a record may hold, in bytes: libpcap's and tshark's own limit.
pub const MAX_PACKET_BYTES: u32 = 262_144;

/// Largest pcapng block that has to be held at once (a packet and its options, an interface), in bytes.
pub const MAX_BLOCK_BYTES: u32 = 1 << 20;

/// Most interfaces one pcapng section may describe.
pub const MAX_INTERFACES: usize = 65_536;
