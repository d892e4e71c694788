//! tidegate: a network sensor on DPDK.
//!
//! Packets arrive on port queues that the NIC (symmetric Toeplitz RSS) or a
//! dispatcher lcore (the same hash in software) has sorted by connection, so
//! that both directions of a connection meet on one worker lcore. A worker owns
//! its flow table, reassembler, scanners and reset builder and shares nothing.
//!
//! Modules, from the command line down to the events. Imports go one way, down
//! this list: `wire` to `event` take bytes, a time and a budget and return
//! values; they know nothing of DPDK, files, threads or sockets.
//!
//! | module | what it holds |
//! |---|---|
//! | [`cmd`] | one file a subcommand |
//! | [`control`] | shell, telemetry, signals, reload |
//! | [`config`] | TOML to a checked, typed plan |
//! | [`steer`] | who owns a packet: key, RETA, software hash, dispatcher, replay feeder |
//! | [`worker`] | the lcore: poll, pipeline, transmit, housekeeping |
//! | [`extractor`] | formats that need the whole object: confined processes, and the way to them |
//! | [`dpdk`] | safe wrappers; the only foreign functions of the crate |
//! | [`wire`] | header views, checksums, the builder of forged packets |
//! | [`defrag`] | IPv4 and IPv6 fragments put together |
//! | [`flow`] | key, table, ageing |
//! | [`tcp`] | sequence space, session state, reassembler |
//! | [`proto`] | application protocols |
//! | [`decode`] | wrapped content to what is within |
//! | [`extractor`] | formats that need the whole object |
//! | [`scan`] | keyword scanner |
//! | [`kill`] | when and how a session is torn down |
//! | [`event`] | event types, EVE encoding, rings, the writer thread |

pub mod cmd;
pub mod config;
pub mod control;
pub mod decode;
pub mod defrag;
#[allow(unsafe_code)] // the one place that speaks to DPDK and the kernel
pub mod dpdk;
pub mod event;
pub mod extractor;
pub mod flow;
pub mod kill;
pub mod policy;
pub mod proto;
#[allow(unsafe_code)] // SIMD
pub mod scan;
pub mod steer;
pub mod tcp;
pub mod wire;
pub mod worker;

/// Version and commit of this build.
pub const VERSION: &str = env!("TIDEGATE_VERSION");
