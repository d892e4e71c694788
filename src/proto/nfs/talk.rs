//! What calls and replies of a connection say, and what is remembered of it.

use super::anomaly::Anomaly;
use super::call::{Caller, Message, PROGRAM, Procedure, Result3, VERSION, message, procedure, result};
use super::files::{FileRef, Files};
use super::layout::{LAYOUT, auth, procedure as name_of, status, tag};
use super::pending::{Call, Pending};
use super::xdr::Stop;
use crate::event::Direction;
use crate::event::record::Record;
use crate::proto::Sink;
use crate::proto::stretches::Placement;
use crate::proto::text::Name;

/// What follows of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// So many bytes of it have to be there before more can be said.
    Need(usize),
    /// So many bytes of a file; and the end of the file, where they are its last.
    Data { length: u32, placement: Placement, last: Option<(FileRef, u64)> },
    /// Nothing of interest.
    Rest,
    /// What is scanned as it stands.
    Raw,
    /// What contradicts itself.
    Malformed,
}

/// The state of both directions together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talk {
    pub(super) files: Files,
    pending: Pending,
    /// What the client calls itself.
    machine: Name,
    records: u64,
    /// Another version was told.
    is_told: bool,
    /// A call of NFS was seen.
    pub(super) proven: bool,
}

impl Talk {
    pub(super) fn new() -> Self {
        Self {
            files: Files::new(),
            pending: Pending::new(),
            machine: Name::default(),
            records: 0,
            is_told: false,
            proven: false,
        }
    }

    /// A reply to that call is awaited.
    pub(super) fn awaits(&self, xid: u32) -> bool {
        self.pending.get(xid).is_some()
    }

    /// Reads a message as far as it is there.
    pub(super) fn read(&mut self, bytes: &[u8], direction: Direction, sink: &mut dyn Sink) -> Next {
        let (message, at) = match message(bytes) {
            Ok(message) => message,
            Err(Stop::Need(length)) => return Next::Need(length),
            Err(Stop::Malformed) => return Next::Malformed,
        };
        match message {
            Message::Call { xid, program, version, number, caller, procedure } => {
                self.proven |= program == PROGRAM;
                self.machine.set(caller.machine);
                let call = Call { xid, number, flavor: caller.flavor, ids: caller.ids, ..Call::default() };
                match procedure {
                    Procedure::Foreign => {
                        if program == PROGRAM {
                            self.other_version(&call, version, &caller, sink);
                        }
                        Next::Raw
                    }
                    Procedure::Protected { encrypted } => {
                        sink.anomaly(Anomaly::Protected.name());
                        if encrypted { Next::Rest } else { Next::Raw }
                    }
                    procedure => self.call(call, procedure, direction, sink),
                }
            }
            Message::Reply { xid, accepted } => self.reply(xid, accepted, bytes, at, direction, sink),
        }
    }

    fn call(&mut self, mut call: Call, procedure: Procedure<'_>, direction: Direction, sink: &mut dyn Sink) -> Next {
        let mut next = Next::Rest;
        match procedure {
            Procedure::Named { name } => {
                scan_name(name, sink);
                call.file = self.files.ask(name, direction, sink);
                call.is_told = true;
            }
            Procedure::Rename { from, to } => {
                scan_name(from, sink);
                scan_name(to, sink);
                call.file = self.files.ask(from, direction, sink);
                call.target = self.files.ask(to, direction, sink);
                call.is_told = true;
            }
            Procedure::Read { handle, offset, count } => {
                call.file = self.files.find(handle, direction, sink);
                (call.offset, call.length) = (offset, count);
            }
            Procedure::Write { handle, offset, length } => {
                call.file = self.files.find(handle, direction, sink);
                if length > 0 {
                    let placement = self.files.place(call.file, (direction, true), (offset, length), |_| false, sink);
                    call.is_told = placement.is_first;
                    next = Next::Data { length, placement, last: None };
                }
            }
            Procedure::Commit { handle } => match self.files.known(handle) {
                Some(file) => call.file = file,
                None => return next,
            },
            _ => return next,
        }
        self.pending.put(call, sink);
        next
    }

    fn reply(
        &mut self,
        xid: u32,
        accepted: bool,
        bytes: &[u8],
        at: usize,
        direction: Direction,
        sink: &mut dyn Sink,
    ) -> Next {
        let Some(call) = self.pending.get(xid).copied() else { return Next::Raw };
        let (result, _) = match if accepted { result(call.number, bytes, at) } else { Ok((Result3::default(), at)) } {
            Ok(result) => result,
            Err(Stop::Need(length)) => return Next::Need(length),
            Err(Stop::Malformed) => return Next::Malformed,
        };
        self.pending.take(xid);
        let went_well = accepted && result.status == 0;
        if went_well {
            self.files.has_size(call.file, result.size);
        }
        let mut next = Next::Rest;
        let mut is_told = call.is_told;
        if let Some((length, is_last)) = result.data {
            let end = call.offset.saturating_add(length.into());
            let last = is_last.then_some((call.file, end));
            if length > 0 {
                let Self { files, pending, .. } = self;
                let follows = |offset| pending.awaits(call.file, offset);
                let placement = files.place(call.file, (direction, false), (call.offset, length), follows, sink);
                is_told |= placement.is_first;
                next = Next::Data { length, placement, last };
            } else if let Some((file, end)) = last {
                self.files.read_up_to(file, direction, end, sink);
            }
        }
        if is_told {
            self.tell(&call, accepted, result.status, sink);
        }
        match (call.number, result.handle) {
            (procedure::COMMIT, _) if went_well => self.files.stored(call.file, direction.flip()),
            (procedure::LOOKUP | procedure::CREATE..=procedure::MKNOD, Some(handle)) => {
                self.files.found(call.file, handle, direction, sink);
            }
            (procedure::LOOKUP | procedure::CREATE..=procedure::RENAME, _) => {
                self.files.forget(call.file, direction, sink);
                self.files.forget(call.target, direction, sink);
            }
            _ => {}
        }
        next
    }

    /// Tells once that another version is spoken.
    fn other_version(&mut self, call: &Call, version: u32, caller: &Caller<'_>, sink: &mut dyn Sink) {
        sink.anomaly(Anomaly::Version.name());
        if std::mem::replace(&mut self.is_told, true) {
            return;
        }
        let mut record: Record<512> = Record::default();
        record.number(tag::VERSION, version.into());
        record.number(tag::ID, self.records);
        record.text(tag::TYPE, b"request");
        self.records += 1;
        self.caller(&Call { flavor: caller.flavor, ..*call }, &mut record);
        sink.record(&LAYOUT, &[record.bytes()]);
    }

    fn tell(&mut self, call: &Call, accepted: bool, number: u32, sink: &mut dyn Sink) {
        let mut record: Record<1024> = Record::default();
        record.number(tag::VERSION, VERSION.into());
        record.text(tag::PROCEDURE, name_of(call.number).as_bytes());
        record.text(tag::FILENAME, self.files.name(call.file));
        record.number(tag::ID, self.records);
        record.flag(tag::FILE_TX, matches!(call.number, procedure::READ | procedure::WRITE));
        record.text(tag::TYPE, b"response");
        if accepted {
            record.text(tag::STATUS, status(number).as_bytes());
        }
        if call.number == procedure::RENAME {
            record.text(tag::FROM, self.files.name(call.file));
            record.text(tag::TO, self.files.name(call.target));
        }
        self.records += 1;
        record.text(tag::RPC_STATUS, if accepted { b"ACCEPTED" } else { b"DENIED" });
        self.caller(call, &mut record);
        sink.record(&LAYOUT, &[record.bytes()]);
    }

    fn caller<const N: usize>(&self, call: &Call, record: &mut Record<N>) {
        record.number(tag::XID, call.xid.into());
        record.text(tag::AUTH, auth(call.flavor).as_bytes());
        if let Some((user, group)) = call.ids {
            record.text(tag::MACHINE, self.machine.bytes());
            record.number(tag::UID, user.into());
            record.number(tag::GID, group.into());
        }
    }
}

fn scan_name(name: &[u8], sink: &mut dyn Sink) {
    if !name.is_empty() {
        sink.begin_lines("nfs/filename");
        sink.lines(0, name);
    }
}
