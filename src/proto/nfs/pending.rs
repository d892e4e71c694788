//! Calls that await their replies.

use super::anomaly::Anomaly;
use super::call::procedure;
use super::files::FileRef;
use crate::proto::Sink;

/// Calls of a connection that are remembered.
pub const MAX_CALLS: usize = 64;

/// A call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) xid: u32,
    pub(super) number: u32,
    pub(super) flavor: u32,
    /// User and group of the caller.
    pub(super) ids: Option<(u32, u32)>,
    /// The file that it is about.
    pub(super) file: FileRef,
    /// Where that is to be called by another name.
    pub(super) target: FileRef,
    /// Of bytes to read.
    pub(super) offset: u64,
    pub(super) length: u32,
    /// It is told with its reply.
    pub(super) is_told: bool,
}

/// All of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    /// Those that were made last come last.
    calls: [Call; MAX_CALLS],
    used: usize,
}

impl Pending {
    pub(super) fn new() -> Self {
        Self { calls: [Call::default(); MAX_CALLS], used: 0 }
    }

    fn all(&self) -> &[Call] {
        self.calls.get(..self.used).unwrap_or(&[])
    }

    /// Remembers a call.
    pub(super) fn put(&mut self, call: Call, sink: &mut dyn Sink) {
        // one that is made again, because its reply was lost
        if let Some(at) = self.all().iter().position(|known| known.xid == call.xid) {
            self.remove(at);
        }
        if self.used == MAX_CALLS {
            sink.anomaly(Anomaly::TooManyRequests.name());
            self.remove(0);
        }
        if let Some(place) = self.calls.get_mut(self.used) {
            *place = call;
            self.used += 1;
        }
    }

    /// The call of that number.
    pub(super) fn get(&self, xid: u32) -> Option<&Call> {
        self.all().iter().find(|call| call.xid == xid)
    }

    /// The same, which is over with it.
    pub(super) fn take(&mut self, xid: u32) -> Option<Call> {
        let at = self.all().iter().position(|call| call.xid == xid)?;
        let call = self.all().get(at).copied();
        self.remove(at);
        call
    }

    fn remove(&mut self, at: usize) {
        self.calls.copy_within(at + 1..self.used, at);
        self.used -= 1;
    }

    /// That byte of a file was asked for, and is still to come.
    pub(super) fn awaits(&self, file: FileRef, offset: u64) -> bool {
        self.all().iter().any(|call| {
            call.number == procedure::READ
                && call.file == file
                && offset.checked_sub(call.offset).is_some_and(|into| into < u64::from(call.length))
        })
    }
}
