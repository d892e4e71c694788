//! How a message looks in EVE (version 3 of its `dns`).

use crate::event::record::Layout;

/// Tags of the fields.
pub(super) mod tag {
    pub(in crate::proto::dns) const VERSION: u8 = 0;
    pub(in crate::proto::dns) const TYPE: u8 = 1;
    pub(in crate::proto::dns) const TX_ID: u8 = 2;
    pub(in crate::proto::dns) const ID: u8 = 3;
    pub(in crate::proto::dns) const FLAGS: u8 = 4;
    pub(in crate::proto::dns) const QR: u8 = 5;
    pub(in crate::proto::dns) const AA: u8 = 6;
    pub(in crate::proto::dns) const TC: u8 = 7;
    pub(in crate::proto::dns) const RD: u8 = 8;
    pub(in crate::proto::dns) const RA: u8 = 9;
    pub(in crate::proto::dns) const Z: u8 = 10;
    pub(in crate::proto::dns) const OPCODE: u8 = 11;
    pub(in crate::proto::dns) const RCODE: u8 = 12;
    pub(in crate::proto::dns) const TRUNCATED: u8 = 13;
    pub(in crate::proto::dns) const QUERY_NAME: u8 = 14;
    pub(in crate::proto::dns) const QUERY_TYPE: u8 = 15;
    pub(in crate::proto::dns) const QUERY_CUT: u8 = 16;
    /// Fields of a record of the first section; those of the next two follow.
    pub(in crate::proto::dns) const ANSWERS: u8 = 17;
    /// How many tags a section has.
    pub(in crate::proto::dns) const SECTION: u8 = 19;
    /// Offsets of the fields within their section.
    pub(in crate::proto::dns) const NAME: u8 = 0;
    pub(in crate::proto::dns) const CUT: u8 = 1;
    pub(in crate::proto::dns) const RECORD_TYPE: u8 = 2;
    pub(in crate::proto::dns) const TTL: u8 = 3;
    pub(in crate::proto::dns) const DATA: u8 = 4;
    pub(in crate::proto::dns) const SOA: u8 = 5;
    pub(in crate::proto::dns) const SRV: u8 = 12;
    pub(in crate::proto::dns) const SSHFP: u8 = 16;
}

/// All keys, those of a record once for each section.
macro_rules! keys {
    ($($section:literal),*) => {
        &[
            "version",
            "type",
            "tx_id",
            "id",
            "flags",
            "qr",
            "aa",
            "tc",
            "rd",
            "ra",
            "z",
            "opcode",
            "rcode",
            "truncated",
            "queries[].rrname",
            "queries[].rrtype",
            "queries[].rrname_truncated",
            $(
                concat!($section, "[].rrname"),
                concat!($section, "[].rrname_truncated"),
                concat!($section, "[].rrtype"),
                concat!($section, "[].ttl"),
                concat!($section, "[].rdata"),
                concat!($section, "[].soa.mname"),
                concat!($section, "[].soa.rname"),
                concat!($section, "[].soa.serial"),
                concat!($section, "[].soa.refresh"),
                concat!($section, "[].soa.retry"),
                concat!($section, "[].soa.expire"),
                concat!($section, "[].soa.minimum"),
                concat!($section, "[].srv.priority"),
                concat!($section, "[].srv.weight"),
                concat!($section, "[].srv.port"),
                concat!($section, "[].srv.name"),
                concat!($section, "[].sshfp.algo"),
                concat!($section, "[].sshfp.type"),
                concat!($section, "[].sshfp.fingerprint"),
            )*
        ]
    };
}

/// EVE's `dns`.
pub static LAYOUT: Layout = Layout { name: "dns", keys: keys!("answers", "authorities", "additionals") };
