//! How a command looks in EVE, by Suricata's names.

use crate::event::record::Layout;

/// Tags of the fields.
pub(super) mod tag {
    pub(in crate::proto::smb) const ID: u8 = 0;
    pub(in crate::proto::smb) const DIALECT: u8 = 1;
    pub(in crate::proto::smb) const COMMAND: u8 = 2;
    pub(in crate::proto::smb) const STATUS: u8 = 3;
    pub(in crate::proto::smb) const STATUS_CODE: u8 = 4;
    pub(in crate::proto::smb) const SESSION: u8 = 5;
    pub(in crate::proto::smb) const TREE: u8 = 6;
    pub(in crate::proto::smb) const CLIENT_DIALECT: u8 = 7;
    pub(in crate::proto::smb) const CLIENT_GUID: u8 = 8;
    pub(in crate::proto::smb) const SERVER_GUID: u8 = 9;
    pub(in crate::proto::smb) const MAX_READ: u8 = 10;
    pub(in crate::proto::smb) const MAX_WRITE: u8 = 11;
    pub(in crate::proto::smb) const DOMAIN: u8 = 12;
    pub(in crate::proto::smb) const USER: u8 = 13;
    pub(in crate::proto::smb) const HOST: u8 = 14;
    pub(in crate::proto::smb) const VERSION: u8 = 15;
    pub(in crate::proto::smb) const SHARE: u8 = 16;
    pub(in crate::proto::smb) const PIPE: u8 = 17;
    pub(in crate::proto::smb) const SHARE_TYPE: u8 = 18;
    pub(in crate::proto::smb) const FILENAME: u8 = 19;
    pub(in crate::proto::smb) const DIRECTORY: u8 = 20;
    pub(in crate::proto::smb) const DISPOSITION: u8 = 21;
    pub(in crate::proto::smb) const ACCESS: u8 = 22;
    pub(in crate::proto::smb) const CREATED: u8 = 23;
    pub(in crate::proto::smb) const ACCESSED: u8 = 24;
    pub(in crate::proto::smb) const MODIFIED: u8 = 25;
    pub(in crate::proto::smb) const CHANGED: u8 = 26;
    pub(in crate::proto::smb) const SIZE: u8 = 27;
    pub(in crate::proto::smb) const FUID: u8 = 28;
    pub(in crate::proto::smb) const READ: u8 = 29;
    pub(in crate::proto::smb) const WRITTEN: u8 = 30;
    pub(in crate::proto::smb) const ENCRYPTED: u8 = 31;
}

/// Fields of the `smb` object.
pub static LAYOUT: Layout = Layout {
    name: "smb",
    keys: &[
        "id",
        "dialect",
        "command",
        "status",
        "status_code",
        "session_id",
        "tree_id",
        "client_dialects[]",
        "client_guid",
        "server_guid",
        "max_read_size",
        "max_write_size",
        "ntlmssp.domain",
        "ntlmssp.user",
        "ntlmssp.host",
        "ntlmssp.version",
        "share",
        "named_pipe",
        "share_type",
        "filename",
        "directory",
        "disposition",
        "access",
        "created",
        "accessed",
        "modified",
        "changed",
        "size",
        "fuid",
        "read",
        "written",
        "encrypted",
    ],
};

/// A dialect (MS-SMB2 section 2.2.3); empty where it has no name.
pub(super) const fn dialect(revision: u16) -> &'static str {
    match revision {
        0x0202 => "2.02",
        0x0210 => "2.10",
        0x0300 => "3.00",
        0x0302 => "3.02",
        0x0311 => "3.11",
        0x02FF => "2.??",
        _ => "",
    }
}

/// What a request does if the file is there, or is not (MS-SMB2 section 2.2.13).
pub(super) const fn disposition(number: u32) -> &'static str {
    match number {
        0 => "FILE_SUPERSEDE",
        1 => "FILE_OPEN",
        2 => "FILE_CREATE",
        3 => "FILE_OPEN_IF",
        4 => "FILE_OVERWRITE",
        5 => "FILE_OVERWRITE_IF",
        _ => "UNKNOWN",
    }
}

/// What kind of share it is (MS-SMB2 section 2.2.10).
pub(super) const fn share_type(number: u8) -> &'static str {
    match number {
        1 => "FILE",
        2 => "PIPE",
        3 => "PRINT",
        _ => "UNKNOWN",
    }
}

/// Statuses that are common in SMB (MS-ERREF section 2.3); empty for others.
pub(super) const fn status(code: u32) -> &'static str {
    match code {
        0 => "STATUS_SUCCESS",
        0x0000_0103 => "STATUS_PENDING",
        0x8000_0005 => "STATUS_BUFFER_OVERFLOW",
        0x8000_0006 => "STATUS_NO_MORE_FILES",
        0x8000_002D => "STATUS_STOPPED_ON_SYMLINK",
        0xC000_0008 => "STATUS_INVALID_HANDLE",
        0xC000_000D => "STATUS_INVALID_PARAMETER",
        0xC000_000F => "STATUS_NO_SUCH_FILE",
        0xC000_0010 => "STATUS_INVALID_DEVICE_REQUEST",
        0xC000_0011 => "STATUS_END_OF_FILE",
        0xC000_0016 => "STATUS_MORE_PROCESSING_REQUIRED",
        0xC000_0022 => "STATUS_ACCESS_DENIED",
        0xC000_0023 => "STATUS_BUFFER_TOO_SMALL",
        0xC000_0033 => "STATUS_OBJECT_NAME_INVALID",
        0xC000_0034 => "STATUS_OBJECT_NAME_NOT_FOUND",
        0xC000_0035 => "STATUS_OBJECT_NAME_COLLISION",
        0xC000_003A => "STATUS_OBJECT_PATH_NOT_FOUND",
        0xC000_0043 => "STATUS_SHARING_VIOLATION",
        0xC000_0054 => "STATUS_FILE_LOCK_CONFLICT",
        0xC000_0056 => "STATUS_DELETE_PENDING",
        0xC000_0064 => "STATUS_NO_SUCH_USER",
        0xC000_006A => "STATUS_WRONG_PASSWORD",
        0xC000_006D => "STATUS_LOGON_FAILURE",
        0xC000_006E => "STATUS_ACCOUNT_RESTRICTION",
        0xC000_0072 => "STATUS_ACCOUNT_DISABLED",
        0xC000_007F => "STATUS_DISK_FULL",
        0xC000_00AC => "STATUS_PIPE_NOT_AVAILABLE",
        0xC000_00BA => "STATUS_FILE_IS_A_DIRECTORY",
        0xC000_00BB => "STATUS_NOT_SUPPORTED",
        0xC000_00C9 => "STATUS_NETWORK_NAME_DELETED",
        0xC000_00CC => "STATUS_BAD_NETWORK_NAME",
        0xC000_0101 => "STATUS_DIRECTORY_NOT_EMPTY",
        0xC000_0103 => "STATUS_NOT_A_DIRECTORY",
        0xC000_0120 => "STATUS_CANCELLED",
        0xC000_0128 => "STATUS_FILE_CLOSED",
        0xC000_0203 => "STATUS_USER_SESSION_DELETED",
        0xC000_0225 => "STATUS_NOT_FOUND",
        0xC000_0257 => "STATUS_PATH_NOT_COVERED",
        0xC000_035C => "STATUS_NETWORK_SESSION_EXPIRED",
        _ => "",
    }
}
