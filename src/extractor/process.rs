//! `tidegate extractor`: the process itself.

use std::panic;
use std::sync::Arc;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::confine::{Confinement, confine};
use super::modules::MODULES;
use super::rehearsal::REHEARSAL;
use super::serve::Server;
use crate::decode::Limits;
use crate::dpdk::shared;

/// What a process is told when it is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orders {
    /// Its number among those of a worker.
    pub reader: u32,
    /// What is decoded of one object.
    pub limits: Limits,
    /// Bytes of the largest object.
    pub object_max: usize,
    /// What it is confined to.
    pub confinement: Confinement,
    /// Has modules that misbehave, for tests.
    pub rehearsal: bool,
}

/// Serves until it is killed. Its standard input and output are the memory that it shares with the sensor.
///
/// # Errors
/// Why it cannot be confined: then it has not looked at any object.
pub fn serve(orders: &Orders) -> Result<(), String> {
    let (objects, answers) = shared::adopt().map_err(|error| format!("the shared memory: {error}"))?;
    let modules = if orders.rehearsal { REHEARSAL } else { MODULES };
    let mut server = Server::new(&orders.limits, modules, orders.object_max);
    // Whoever ends all processes of a service lets the sensor end this one, after its last answer.
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        flag::register(signal, Arc::default()).map_err(|error| format!("signals: {error}"))?;
    }
    // What a panic leaves behind is not to be trusted.
    panic::set_hook(Box::new(|_| std::process::abort()));
    confine(&orders.confinement)?;
    server.run(&objects, &answers, orders.reader, || true);
    Ok(())
}
