//! The classic list of insertions and evasions: what each must raise, and the bytes that its target reads.
//!
//! T. H. Ptacek and T. N. Newsham, "Insertion, Evasion, and Denial of Service" (1998); D. Song's fragroute; J. Novak,
//! "Target-Based Fragmentation Reassembly" (2005) and, with S. Sturges, "Target-Based TCP Stream Reassembly" (2007).

mod common;
#[path = "evasion/ip.rs"]
mod ip;
#[path = "common/small.rs"]
mod small;
#[path = "evasion/tcp.rs"]
mod tcp;
#[path = "evasion/wire.rs"]
mod wire;
