//! What a running sensor cannot take from a new configuration.

use std::fmt;

use super::Config;
use super::spec::Section as _;

/// A key whose value a sensor would have to be started anew for. `Display` gives one line, as in
/// `flow.capacity: found 2048, runs with 1024: needs a restart`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key, with the tables that lead to it.
    pub key: String,
    /// What the sensor runs with, as TOML.
    pub runs_with: String,
    /// What the new configuration says, as TOML.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, runs_with, found } = self;
        write!(f, "{key}: found {found}, runs with {runs_with}: needs a restart")
    }
}

impl Config {
    /// The keys of `new` that a sensor which runs with this configuration cannot take, in the order of the reference. What
    /// `[[host]]`, `[[depth]]` and `[[dictionary]]` say it can always take.
    #[must_use]
    pub fn needs_restart(&self, new: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        let found = &mut differences;
        self.eal.compare("eal", &new.eal, found);
        if self.ports.len() == new.ports.len() {
            for (number, (old, new)) in self.ports.iter().zip(&new.ports).enumerate() {
                old.compare(&format!("port[{number}]"), new, found);
            }
        } else {
            let ports = |config: &Self| match config.ports.len() {
                1 => "1 table".to_owned(),
                count => format!("{count} tables"),
            };
            found.push(Difference { key: "port".to_owned(), runs_with: ports(self), found: ports(new) });
        }
        self.mempool.compare("mempool", &new.mempool, found);
        self.worker.compare("worker", &new.worker, found);
        self.decoder.compare("decoder", &new.decoder, found);
        self.tunnel.compare("tunnel", &new.tunnel, found);
        self.defrag.compare("defrag", &new.defrag, found);
        self.flow.compare("flow", &new.flow, found);
        self.tcp.compare("tcp", &new.tcp, found);
        self.sessions.compare("sessions", &new.sessions, found);
        self.decode.compare("decode", &new.decode, found);
        self.ranges.compare("ranges", &new.ranges, found);
        self.extractor.compare("extractor", &new.extractor, found);
        self.tls.compare("tls", &new.tls, found);
        self.scan.compare("scan", &new.scan, found);
        self.kill.compare("kill", &new.kill, found);
        self.event.compare("event", &new.event, found);
        self.telemetry.compare("telemetry", &new.telemetry, found);
        differences
    }
}
