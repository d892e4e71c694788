//! Messages of NFS, as RFC 5531 and RFC 1813 have them.

pub(super) const LOOKUP: u32 = 3;
pub(super) const READ: u32 = 6;
pub(super) const WRITE: u32 = 7;
pub(super) const CREATE: u32 = 8;
pub(super) const RENAME: u32 = 14;
pub(super) const COMMIT: u32 = 21;

pub(super) fn opaque(bytes: &[u8]) -> Vec<u8> {
    let mut out = (bytes.len() as u32).to_be_bytes().to_vec();
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// The handle of a file.
pub(super) fn handle(number: u8) -> Vec<u8> {
    opaque(&[number; 28])
}

/// A call of any version, with arguments.
pub(super) fn call_of(xid: u32, version: u32, number: u32, arguments: &[u8]) -> Vec<u8> {
    let caller = [numbers(&[7]), opaque(b"pier"), numbers(&[1000, 100, 0])].concat();
    [numbers(&[xid, 0, 2, 100_003, version, number, 1]), opaque(&caller), numbers(&[0, 0]), arguments.to_vec()].concat()
}

pub(super) fn call(xid: u32, number: u32, arguments: &[u8]) -> Vec<u8> {
    call_of(xid, 3, number, arguments)
}

/// The same with credentials of RPCSEC_GSS.
pub(super) fn gss(xid: u32, number: u32, service: u32, arguments: &[u8]) -> Vec<u8> {
    let caller = numbers(&[1, 0, 9, service, 0]);
    [numbers(&[xid, 0, 2, 100_003, 3, number, 6]), opaque(&caller), numbers(&[6]), opaque(b"sum"), arguments.to_vec()]
        .concat()
}

/// A reply that was accepted.
pub(super) fn reply(xid: u32, result: &[u8]) -> Vec<u8> {
    [numbers(&[xid, 1, 0, 0, 0, 0]), result.to_vec()].concat()
}

fn attributes(size: u64) -> Vec<u8> {
    [numbers(&[1, 1, 0o644, 1, 0, 0]), size.to_be_bytes().to_vec(), vec![0; 56]].concat()
}

pub(super) fn named(xid: u32, number: u32, name: &str) -> Vec<u8> {
    call(xid, number, &[handle(99), opaque(name.as_bytes())].concat())
}

pub(super) fn rename(xid: u32, from: &str, to: &str) -> Vec<u8> {
    call(xid, RENAME, &[handle(99), opaque(from.as_bytes()), handle(99), opaque(to.as_bytes())].concat())
}

pub(super) fn looked_up(xid: u32, file: u8, size: u64) -> Vec<u8> {
    reply(xid, &[numbers(&[0]), handle(file), attributes(size), numbers(&[0])].concat())
}

pub(super) fn made(xid: u32, file: u8) -> Vec<u8> {
    reply(xid, &[numbers(&[0, 1]), handle(file), attributes(0), numbers(&[0, 0])].concat())
}

pub(super) fn read(xid: u32, file: u8, offset: u64, count: u32) -> Vec<u8> {
    call(xid, READ, &[handle(file), offset.to_be_bytes().to_vec(), numbers(&[count])].concat())
}

pub(super) fn data(xid: u32, size: u64, is_last: bool, data: &[u8]) -> Vec<u8> {
    let count = data.len() as u32;
    reply(xid, &[numbers(&[0]), attributes(size), numbers(&[count, u32::from(is_last)]), opaque(data)].concat())
}

pub(super) fn write(xid: u32, file: u8, offset: u64, data: &[u8]) -> Vec<u8> {
    let count = data.len() as u32;
    let arguments = [handle(file), offset.to_be_bytes().to_vec(), numbers(&[count, 0]), opaque(data)];
    call(xid, WRITE, &arguments.concat())
}

pub(super) fn written(xid: u32, size: u64) -> Vec<u8> {
    reply(xid, &[numbers(&[0, 1]), vec![0; 24], attributes(size), numbers(&[5, 0, 1, 2])].concat())
}

pub(super) fn commit(xid: u32, file: u8) -> Vec<u8> {
    call(xid, COMMIT, &[handle(file), numbers(&[0, 0, 0])].concat())
}

pub(super) fn committed(xid: u32, size: u64) -> Vec<u8> {
    reply(xid, &[numbers(&[0, 0]), attributes(size), numbers(&[1, 2])].concat())
}

/// A result that says only why it did not go well.
pub(super) fn refused(xid: u32, status: u32) -> Vec<u8> {
    reply(xid, &numbers(&[status, 0]))
}

/// Messages over TCP, each in a fragment.
pub(super) fn records(messages: &[Vec<u8>]) -> Vec<u8> {
    messages.iter().flat_map(|message| fragments(message, usize::MAX)).collect()
}

/// A message in fragments of so many bytes.
pub(super) fn fragments(message: &[u8], size: usize) -> Vec<u8> {
    let count = message.chunks(size).count();
    let fragment = |(at, piece): (usize, &[u8])| {
        let last = if at + 1 == count { 1 << 31 } else { 0 };
        [&(piece.len() as u32 | last).to_be_bytes()[..], piece].concat()
    };
    message.chunks(size).enumerate().flat_map(fragment).collect()
}
