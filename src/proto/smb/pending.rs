//! Requests that await their responses, by the numbers of their messages.

use super::anomaly::Anomaly;
use super::files::FileRef;
use super::header::Command;
use crate::proto::Sink;

/// Requests of a connection that are remembered.
pub const MAX_REQUESTS: usize = 64;

/// A request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) message: u64,
    pub(super) command: Command,
    /// The file that it is about.
    pub(super) file: FileRef,
    /// Of bytes to read.
    pub(super) offset: u64,
    pub(super) length: u32,
}

/// All of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    /// Those that were made last come last.
    requests: [Request; MAX_REQUESTS],
    used: usize,
}

impl Pending {
    pub(super) const fn new() -> Self {
        let none = Request { message: 0, command: Command::Other, file: FileRef::NONE, offset: 0, length: 0 };
        Self { requests: [none; MAX_REQUESTS], used: 0 }
    }

    fn all(&self) -> &[Request] {
        self.requests.get(..self.used).unwrap_or(&[])
    }

    /// Remembers a request.
    pub(super) fn put(&mut self, request: Request, sink: &mut dyn Sink) {
        if self.used == MAX_REQUESTS {
            sink.anomaly(Anomaly::TooManyRequests.name());
            self.remove(0);
        }
        if let Some(place) = self.requests.get_mut(self.used) {
            *place = request;
            self.used += 1;
        }
    }

    /// The request to which a response belongs, which is over with it.
    pub(super) fn take(&mut self, message: u64, command: Command) -> Option<Request> {
        let at = self.all().iter().position(|request| (request.message, request.command) == (message, command))?;
        let request = self.all().get(at).copied();
        self.remove(at);
        request
    }

    fn remove(&mut self, at: usize) {
        self.requests.copy_within(at + 1..self.used, at);
        self.used -= 1;
    }

    /// That byte of a file was asked for, and is still to come.
    pub(super) fn awaits(&self, file: FileRef, offset: u64) -> bool {
        self.all().iter().any(|request| {
            request.command == Command::Read
                && request.file == file
                && offset.checked_sub(request.offset).is_some_and(|into| into < u64::from(request.length))
        })
    }
}
