//! How a call and its reply look in EVE, by Suricata's names.

use crate::event::record::Layout;

/// Tags of the fields.
pub(super) mod tag {
    pub(in crate::proto::nfs) const VERSION: u8 = 0;
    pub(in crate::proto::nfs) const PROCEDURE: u8 = 1;
    pub(in crate::proto::nfs) const FILENAME: u8 = 2;
    pub(in crate::proto::nfs) const ID: u8 = 3;
    pub(in crate::proto::nfs) const FILE_TX: u8 = 4;
    pub(in crate::proto::nfs) const TYPE: u8 = 5;
    pub(in crate::proto::nfs) const STATUS: u8 = 6;
    pub(in crate::proto::nfs) const FROM: u8 = 7;
    pub(in crate::proto::nfs) const TO: u8 = 8;
    pub(in crate::proto::nfs) const XID: u8 = 9;
    pub(in crate::proto::nfs) const RPC_STATUS: u8 = 10;
    pub(in crate::proto::nfs) const AUTH: u8 = 11;
    pub(in crate::proto::nfs) const MACHINE: u8 = 12;
    pub(in crate::proto::nfs) const UID: u8 = 13;
    pub(in crate::proto::nfs) const GID: u8 = 14;
}

/// Fields of the `nfs` object, and of `rpc` beside it.
pub static LAYOUT: Layout = Layout {
    name: "nfs",
    keys: &[
        "version",
        "procedure",
        "filename",
        "id",
        "file_tx",
        "type",
        "status",
        "rename.from",
        "rename.to",
        "/rpc.xid",
        "/rpc.status",
        "/rpc.auth_type",
        "/rpc.creds.machine_name",
        "/rpc.creds.uid",
        "/rpc.creds.gid",
    ],
};

/// A procedure of version 3 (RFC 1813 section 3.3); empty where there is none.
pub(super) const fn procedure(number: u32) -> &'static str {
    match number {
        0 => "NULL",
        1 => "GETATTR",
        2 => "SETATTR",
        3 => "LOOKUP",
        4 => "ACCESS",
        5 => "READLINK",
        6 => "READ",
        7 => "WRITE",
        8 => "CREATE",
        9 => "MKDIR",
        10 => "SYMLINK",
        11 => "MKNOD",
        12 => "REMOVE",
        13 => "RMDIR",
        14 => "RENAME",
        15 => "LINK",
        16 => "READDIR",
        17 => "READDIRPLUS",
        18 => "FSSTAT",
        19 => "FSINFO",
        20 => "PATHCONF",
        21 => "COMMIT",
        _ => "",
    }
}

/// What came of a call (RFC 1813 section 2.6).
pub(super) const fn status(number: u32) -> &'static str {
    match number {
        0 => "OK",
        1 => "ERR_PERM",
        2 => "ERR_NOENT",
        5 => "ERR_IO",
        6 => "ERR_NXIO",
        13 => "ERR_ACCESS",
        17 => "ERR_EXIST",
        18 => "ERR_XDEV",
        19 => "ERR_NODEV",
        20 => "ERR_NOTDIR",
        21 => "ERR_ISDIR",
        22 => "ERR_INVAL",
        27 => "ERR_FBIG",
        28 => "ERR_NOSPC",
        30 => "ERR_ROFS",
        31 => "ERR_MLINK",
        63 => "ERR_NAMETOOLONG",
        66 => "ERR_NOTEMPTY",
        69 => "ERR_DQUOT",
        70 => "ERR_STALE",
        71 => "ERR_REMOTE",
        10001 => "ERR_BADHANDLE",
        10002 => "ERR_NOT_SYNC",
        10003 => "ERR_BAD_COOKIE",
        10004 => "ERR_NOTSUPP",
        10005 => "ERR_TOOSMALL",
        10006 => "ERR_SERVERFAULT",
        10007 => "ERR_BADTYPE",
        10008 => "ERR_JUKEBOX",
        _ => "UNKNOWN",
    }
}

/// How a caller says who it is (RFC 5531 section 8.2).
pub(super) const fn auth(flavor: u32) -> &'static str {
    match flavor {
        0 => "NULL",
        1 => "UNIX",
        2 => "SHORT",
        3 => "DES",
        6 => "RPCSEC_GSS",
        _ => "UNKNOWN",
    }
}
