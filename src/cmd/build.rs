//! From a configuration to the parts of a sensor.

use std::path::Path;
use std::sync::Arc;

use super::claim::Claims;
use super::output::Failure;
use crate::config::{Action, ChecksumMode, Config, Dictionary, OverloadMode, TcpChecksumMode};
use crate::control::reload::Compiled;
use crate::decode;
use crate::event::{Dictionaries, DictionaryNames, EventNames, KeywordName, NameBook, OpenMode, Output, RingPolicy};
use crate::flow::{Capacity, Class, Timeouts};
use crate::scan::keyword::{DictionarySpec, KeywordSpec, Matcher};
use crate::tcp::Limits;
use crate::worker::{
    self, Exchange, FileKeeper, KeptFiles, Membership, ObjectLimits, OverloadPolicy, PipelineOptions, Quota,
    RangeLimits, Sessions, TcpChecksums,
};

/// Reads the configuration, or takes the defaults.
pub(super) fn configuration(file: Option<&Path>) -> Result<Config, Failure> {
    Ok(file.map(Config::load).transpose()?.unwrap_or_default())
}

/// The dictionaries, as they are compiled.
fn specs(config: &Config) -> Vec<DictionarySpec> {
    let spec = |dictionary: &Dictionary| DictionarySpec {
        threshold: dictionary.threshold,
        ignore_case: dictionary.case_insensitive,
        keywords: dictionary
            .keywords
            .iter()
            .map(|keyword| KeywordSpec { bytes: keyword.bytes.clone(), weight: keyword.weight, max: keyword.max })
            .collect(),
    };
    config.dictionaries.iter().map(spec).collect()
}

/// Compiles the dictionaries.
pub(super) fn matcher(config: &Config) -> Result<Arc<Matcher>, Failure> {
    Matcher::new(&specs(config)).map(Arc::new).map_err(Failure::input)
}

/// Compiles `new` for a live sensor that runs with `config` and its dictionaries.
pub(super) fn compile(config: &Config, matcher: &Arc<Matcher>, new: &Config) -> Result<Compiled, String> {
    let specs_of_new = specs(new);
    let matcher = if specs_of_new == specs(config) {
        Arc::clone(matcher)
    } else {
        Matcher::new(&specs_of_new).map(Arc::new).map_err(|error| error.to_string())?
    };
    // The seed is one of the things that stay.
    let options = pipeline_options(new, 0, true);
    Ok(Compiled { dictionaries: dictionaries(new), matcher, options, kill_rate: new.kill.rate })
}

/// Names that events need.
pub(super) fn names(config: &Config, ifaces: Vec<Vec<u8>>) -> EventNames {
    EventNames { ifaces, dictionaries: NameBook::new(dictionaries(config)) }
}

/// The dictionaries, as alerts name them.
pub(super) fn dictionaries(config: &Config) -> Dictionaries {
    config
        .dictionaries
        .iter()
        .map(|dictionary| DictionaryNames {
            name: dictionary.name.clone(),
            signature_id: dictionary.signature_id,
            rev: dictionary.revision,
            severity: dictionary.severity,
            category: dictionary.category.clone(),
            threshold: dictionary.threshold,
            keywords: dictionary
                .keywords
                .iter()
                .map(|keyword| KeywordName { bytes: keyword.bytes.clone(), weight: keyword.weight })
                .collect(),
        })
        .collect()
}

/// Sizes and rules of a worker's pipeline. `live` decides what "auto" means for checksums.
pub(super) fn pipeline_options(config: &Config, seed: u64, live: bool) -> PipelineOptions {
    let times = &config.flow.timeout;
    let mut timeouts = Timeouts::uniform(times.other_ns);
    timeouts.set(Class::TcpNew, times.tcp_new_ns);
    timeouts.set(Class::TcpClosed, times.tcp_closed_ns);
    timeouts.set(Class::TcpEstablished, times.tcp_established_ns);
    timeouts.set(Class::UdpNew, times.udp_new_ns);
    timeouts.set(Class::UdpEstablished, times.udp_established_ns);
    timeouts.set(Class::Icmp, times.icmp_ns);
    PipelineOptions {
        capacity: Capacity { flows: config.flow.capacity, half_open: config.flow.half_open },
        half_open_events: config.flow.half_open_events,
        overload: match config.flow.overload {
            OverloadMode::Refuse => OverloadPolicy::Refuse,
            OverloadMode::Recycle => OverloadPolicy::Recycle,
        },
        vlan: config.flow.vlan,
        timeouts,
        seed,
        settle: true,
        tcp: Limits {
            history: config.tcp.overlap_history,
            ttl_slack: config.tcp.ttl_slack,
            urgent_inline: config.tcp.urgent_inline,
            illegal_flags: config.tcp.illegal_flags,
            policies: config.tcp_policies(),
            depth: config.tcp_depth(),
            port_depths: config.tcp_port_depths(),
            ..Limits::new(
                config.tcp.out_of_order_segments,
                config.tcp.out_of_order_per_stream,
                config.tcp.hole_timeout_ns,
            )
        },
        tcp_checksum: match config.decoder.tcp_checksum {
            TcpChecksumMode::Auto if live => TcpChecksums::FromWire,
            TcpChecksumMode::Auto => TcpChecksums::FromHost,
            TcpChecksumMode::Ignore => TcpChecksums::Ignored,
        },
        midstream: config.tcp.midstream,
        sessions: sessions(config),
        objects: objects(config),
        expectations: Arc::default(),
        membership: Membership::default(),
        tls_handshake_only: config.tls.handshake_only,
        hit_records: config.scan.hit_records,
        verify_checksum: match config.decoder.ipv4_checksum {
            ChecksumMode::Auto => live,
            ChecksumMode::Verify => true,
            ChecksumMode::Ignore => false,
        },
        tunnels: config.tunnel.tunnels(),
        defrag: config.defrag_limits(seed),
        resets: config.dictionaries.iter().map(|dictionary| dictionary.action == Action::Reset).collect(),
    }
}

/// Connections that a worker follows.
pub(super) const fn sessions(config: &Config) -> Sessions {
    let sessions = &config.sessions;
    Sessions {
        undecided: sessions.undecided,
        http: sessions.http,
        tls: sessions.tls,
        http2: sessions.http2,
        ssh: sessions.ssh,
        dns: sessions.dns,
        dns_tcp: sessions.dns_tcp,
        quic: sessions.quic,
        imap: sessions.imap,
        tftp: sessions.tftp,
        smtp: sessions.smtp,
        pop3: sessions.pop3,
        smb: sessions.smb,
        nfs: sessions.nfs,
        nfs_udp: sessions.nfs_udp,
        ftp: sessions.ftp,
        expected: sessions.expected,
    }
}

/// Objects that a worker looks into.
pub(super) fn objects(config: &Config) -> ObjectLimits {
    ObjectLimits {
        objects: config.decode.objects,
        pending: config.decode.pending,
        stalled_ns: config.decode.stalled_ns,
        decode: decode_limits(config),
        sha256: config.decode.sha256,
        ranges: RangeLimits {
            files: config.ranges.files,
            buffer: config.ranges.buffer,
            idle_ns: config.ranges.idle_ns,
        },
    }
}

/// Where workers hand parts of files on; there is nothing to hand on where no files are put together.
pub(super) fn exchange(config: &Config, workers: u16) -> Arc<Exchange> {
    let ranges = &config.ranges;
    Arc::new(if ranges.files == 0 { Exchange::default() } else { Exchange::new(workers, ranges.exchange) })
}

/// Both ends for the files that a worker keeps.
pub(super) fn file_keeper(config: &Config, policy: RingPolicy, quota: &Arc<Quota>) -> (FileKeeper, KeptFiles) {
    let bytes = usize::try_from(config.decode.extract_buffer).unwrap_or(usize::MAX);
    worker::file_keeper(config.decode.objects, bytes, policy, Arc::clone(quota))
}

/// How much of an object is decoded.
pub(super) fn decode_limits(config: &Config) -> decode::Limits {
    let decode = &config.decode;
    decode::Limits {
        depth: usize::from(decode.depth),
        children: decode.children,
        output: decode.output,
        ratio: decode.ratio,
        decoders: usize::try_from(decode.decoders).unwrap_or(usize::MAX),
        decoder_memory: usize::try_from(decode.decoder_memory).unwrap_or(usize::MAX),
    }
}

/// Opens the event file in `out`, which is made when it is not there, and of which nobody else may hold a claim.
pub(super) fn event_file(config: &Config, claims: &mut Claims, out: &Path, mode: OpenMode) -> Result<Output, Failure> {
    claims.take("--out", out)?;
    let path = out.join(&config.event.file);
    Output::open(&path, mode).map_err(|error| Failure::input(format!("{}: {error}", path.display())))
}

/// CPU cores this process may use.
pub(super) fn cores() -> Vec<usize> {
    let mut ids: Vec<usize> =
        core_affinity::get_core_ids().unwrap_or_default().into_iter().map(|core| core.id).collect();
    ids.sort_unstable();
    if ids.is_empty() {
        ids.push(0);
    }
    ids
}
