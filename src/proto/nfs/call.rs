//! Calls and replies (RFC 5531 section 9, RFC 1813), as far as they are there.

use super::xdr::{Stop, Xdr};

/// Longest handle of a file, and longest credentials (RFC 1813 section 2.4, RFC 5531 section 8.2).
const MAX_HANDLE: usize = 64;
const MAX_AUTH: usize = 400;
/// Longest name that is read; it has to be within what is kept of a message.
const MAX_NAME: usize = 255;

/// NFS' number among programs, and the version that is read.
pub(super) const PROGRAM: u32 = 100_003;
pub(super) const VERSION: u32 = 3;

const CALL: u32 = 0;
const REPLY: u32 = 1;
const AUTH_UNIX: u32 = 1;
const AUTH_GSS: u32 = 6;

/// Procedures.
pub(super) mod procedure {
    pub(in crate::proto::nfs) const LOOKUP: u32 = 3;
    pub(in crate::proto::nfs) const READ: u32 = 6;
    pub(in crate::proto::nfs) const WRITE: u32 = 7;
    pub(in crate::proto::nfs) const CREATE: u32 = 8;
    pub(in crate::proto::nfs) const MKNOD: u32 = 11;
    pub(in crate::proto::nfs) const REMOVE: u32 = 12;
    pub(in crate::proto::nfs) const RMDIR: u32 = 13;
    pub(in crate::proto::nfs) const RENAME: u32 = 14;
    pub(in crate::proto::nfs) const COMMIT: u32 = 21;
}

/// Who calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Caller<'a> {
    pub(super) flavor: u32,
    /// Of UNIX credentials.
    pub(super) machine: &'a [u8],
    pub(super) ids: Option<(u32, u32)>,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Procedure<'a> {
    /// One that names a file in a directory.
    Named {
        name: &'a [u8],
    },
    Rename {
        from: &'a [u8],
        to: &'a [u8],
    },
    Read {
        handle: &'a [u8],
        offset: u64,
        count: u32,
    },
    /// So many bytes follow.
    Write {
        handle: &'a [u8],
        offset: u64,
        length: u32,
    },
    Commit {
        handle: &'a [u8],
    },
    /// One of no content.
    Other,
    /// Of another version, or another program.
    Foreign,
    /// Its arguments are protected; `encrypted`, or with a sum.
    Protected {
        encrypted: bool,
    },
}

/// The beginning of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    Call { xid: u32, program: u32, version: u32, number: u32, caller: Caller<'a>, procedure: Procedure<'a> },
    Reply { xid: u32, accepted: bool },
}

/// Reads the beginning of a message, for a call with its arguments; says also how many bytes that is.
pub(super) fn message(bytes: &[u8]) -> Result<(Message<'_>, usize), Stop> {
    let mut xdr = Xdr::new(bytes);
    let xid = xdr.number()?;
    let message = match xdr.number()? {
        CALL => call(xid, &mut xdr)?,
        REPLY => {
            let accepted = xdr.number()? == 0;
            if accepted {
                let _flavor = xdr.number()?;
                xdr.opaque(MAX_AUTH)?;
                // accept_stat: 0 is SUCCESS
                let succeeded = xdr.number()? == 0;
                return Ok((Message::Reply { xid, accepted: succeeded }, xdr.position()));
            }
            Message::Reply { xid, accepted }
        }
        _ => return Err(Stop::Malformed),
    };
    Ok((message, xdr.position()))
}

fn call<'a>(xid: u32, xdr: &mut Xdr<'a>) -> Result<Message<'a>, Stop> {
    if xdr.number()? != 2 {
        return Err(Stop::Malformed);
    }
    let (program, version, number) = (xdr.number()?, xdr.number()?, xdr.number()?);
    let flavor = xdr.number()?;
    let body = xdr.opaque(MAX_AUTH)?;
    let (caller, protected) = credentials(flavor, body);
    let _flavor = xdr.number()?;
    xdr.opaque(MAX_AUTH)?;
    let procedure = if (program, version) != (PROGRAM, VERSION) {
        Procedure::Foreign
    } else if let Some(encrypted) = protected {
        Procedure::Protected { encrypted }
    } else {
        arguments(number, xdr)?
    };
    Ok(Message::Call { xid, program, version, number, caller, procedure })
}

/// Who calls, and whether what it says is protected (RFC 2203 section 5.3.1: 1 is not, 2 has a sum, 3 is encrypted).
fn credentials(flavor: u32, body: &[u8]) -> (Caller<'_>, Option<bool>) {
    let mut caller = Caller { flavor, ..Caller::default() };
    let mut xdr = Xdr::new(body);
    let mut unix = || -> Result<_, Stop> {
        let _stamp = xdr.number()?;
        let machine = xdr.opaque(MAX_NAME)?;
        Ok((machine, (xdr.number()?, xdr.number()?)))
    };
    if flavor == AUTH_UNIX
        && let Ok((machine, ids)) = unix()
    {
        (caller.machine, caller.ids) = (machine, Some(ids));
    }
    let mut xdr = Xdr::new(body);
    let mut gss = || -> Result<_, Stop> {
        xdr.skip(4)?;
        let control = xdr.number()?;
        xdr.skip(4)?;
        Ok((control, xdr.number()?))
    };
    let protected = match gss() {
        Ok((0, 1)) => None,
        Ok((_, service)) => Some(service == 3),
        Err(_) => Some(false),
    };
    (caller, protected.filter(|_| flavor == AUTH_GSS))
}

fn arguments<'a>(number: u32, xdr: &mut Xdr<'a>) -> Result<Procedure<'a>, Stop> {
    let procedure = match number {
        procedure::LOOKUP | procedure::CREATE..=procedure::MKNOD | procedure::REMOVE | procedure::RMDIR => {
            xdr.opaque(MAX_HANDLE)?;
            Procedure::Named { name: xdr.opaque(MAX_NAME)? }
        }
        procedure::RENAME => {
            xdr.opaque(MAX_HANDLE)?;
            let from = xdr.opaque(MAX_NAME)?;
            xdr.opaque(MAX_HANDLE)?;
            Procedure::Rename { from, to: xdr.opaque(MAX_NAME)? }
        }
        procedure::READ => {
            Procedure::Read { handle: xdr.opaque(MAX_HANDLE)?, offset: xdr.long()?, count: xdr.number()? }
        }
        procedure::WRITE => {
            let (handle, offset) = (xdr.opaque(MAX_HANDLE)?, xdr.long()?);
            // count, and how safely it is to be stored
            xdr.skip(8)?;
            Procedure::Write { handle, offset, length: xdr.number()? }
        }
        procedure::COMMIT => Procedure::Commit { handle: xdr.opaque(MAX_HANDLE)? },
        _ => Procedure::Other,
    };
    Ok(procedure)
}

/// What a reply brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Result3<'a> {
    /// 0: it went well.
    pub(super) status: u32,
    /// Of the file that was looked up or made.
    pub(super) handle: Option<&'a [u8]>,
    /// The file's bytes, where that is said.
    pub(super) size: Option<u64>,
    /// Of READ: how many bytes follow, and whether they are the file's last.
    pub(super) data: Option<(u32, bool)>,
}

/// Reads the result of a procedure that stands behind `at` bytes of a reply; says also how many bytes that makes.
pub(super) fn result(number: u32, bytes: &[u8], at: usize) -> Result<(Result3<'_>, usize), Stop> {
    let mut xdr = Xdr::new(bytes);
    xdr.skip(at)?;
    let mut result = Result3 { status: xdr.number()?, ..Result3::default() };
    if result.status == 0 {
        match number {
            procedure::LOOKUP => {
                result.handle = Some(xdr.opaque(MAX_HANDLE)?);
                result.size = attributes(&mut xdr)?;
            }
            procedure::CREATE..=procedure::MKNOD if xdr.number()? != 0 => result.handle = Some(xdr.opaque(MAX_HANDLE)?),
            procedure::READ => {
                result.size = attributes(&mut xdr)?;
                let _count = xdr.number()?;
                let is_last = xdr.number()? != 0;
                result.data = Some((xdr.number()?, is_last));
            }
            procedure::WRITE | procedure::COMMIT => {
                // the file's size and times before: wcc_attr
                if xdr.number()? != 0 {
                    xdr.skip(24)?;
                }
                result.size = attributes(&mut xdr)?;
            }
            _ => {}
        }
    }
    Ok((result, xdr.position()))
}

/// The size in attributes, if they are there (RFC 1813 section 2.6: 84 bytes).
fn attributes(xdr: &mut Xdr<'_>) -> Result<Option<u64>, Stop> {
    if xdr.number()? == 0 {
        return Ok(None);
    }
    xdr.skip(20)?;
    let size = xdr.long()?;
    xdr.skip(56)?;
    Ok(Some(size))
}
