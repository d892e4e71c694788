//! A process that takes apart what an attacker may have sent, and can do nothing else.
//!
//! In this order: another user without any group, no new privileges, no core dump and no
//! debugger, death with its parent, limits, and last the system calls: what memory, sleep
//! and an end need. Any other call kills the process.

use std::collections::BTreeMap;
use std::io;

use rustix::process::{
    DumpableBehavior, Gid, Pid, Resource, Rlimit, Signal, Uid, getpid, getppid, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use rustix::thread::{set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter,
};

use crate::dpdk::shared::close_diagnostics;

/// What a process is confined to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confinement {
    /// User and group that it becomes; `None` when it is nobody privileged already.
    pub user: Option<(u32, u32)>,
    /// Bytes that it may take besides what it has.
    pub memory: u64,
    /// The process with which it dies.
    pub parent: u32,
}

/// Confines this process, which must have one thread.
///
/// # Errors
/// Which step was not possible, and why.
pub(super) fn confine(confinement: &Confinement) -> Result<(), String> {
    let size = address_space().map_err(|error| format!("/proc/self/statm: {error}"))?;
    let filter = filter().map_err(|error| format!("the filter of system calls: {error}"))?;
    if let Some((user, group)) = confinement.user {
        let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(group));
        let become_other = || {
            set_thread_groups(&[])?;
            set_thread_res_gid(gid, gid, gid)?;
            set_thread_res_uid(uid, uid, uid)
        };
        become_other().map_err(|error| format!("user {user}, group {group}: {error}"))?;
    }
    let step = |name: &'static str| move |error| format!("{name}: {error}");
    set_no_new_privs(true).map_err(step("no new privileges"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(step("no dumps"))?;
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(step("death with the parent"))?;
    if getppid().and_then(|parent| u32::try_from(parent.as_raw_pid()).ok()) != Some(confinement.parent) {
        return Err("the sensor is gone".to_owned());
    }
    let limits = [
        (Resource::As, size.saturating_add(confinement.memory)),
        (Resource::Nofile, 0),
        (Resource::Nproc, 0),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
    ];
    for (resource, most) in limits {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(|error| format!("limit of {resource:?}: {error}"))?;
    }
    apply_filter(&filter).map_err(|error| format!("the filter of system calls: {error}"))?;
    // From here on nothing could be told.
    close_diagnostics();
    Ok(())
}

/// Bytes of addresses that this process has taken: the first number of `statm` is in pages.
fn address_space() -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages = text.split(' ').next().and_then(|pages| pages.parse::<u64>().ok());
    let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
    pages.and_then(|pages| pages.checked_mul(page)).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// What the process may still ask of the system.
fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    use SeccompCmpArgLen::{Dword, Qword};
    use SeccompCmpOp::{Eq, MaskedEq};
    let rule = |conditions: &[(u8, SeccompCmpArgLen, SeccompCmpOp, u64)]| {
        let conditions = conditions
            .iter()
            .cloned()
            .map(|(argument, length, operator, value)| SeccompCondition::new(argument, length, operator, value));
        SeccompRule::new(conditions.collect::<Result<Vec<_>, _>>()?)
    };
    let bits = |bits: i32| u64::from(bits.unsigned_abs());
    let own = u64::try_from(Pid::as_raw_pid(getpid())).unwrap_or(0);
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let freely = [
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_futex,
        libc::SYS_nanosleep,
        libc::SYS_clock_nanosleep,
        libc::SYS_clock_gettime,
        libc::SYS_sched_yield,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigreturn,
        libc::SYS_rt_sigprocmask,
        // Seeds of hash maps.
        libc::SYS_getrandom,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
    for call in freely {
        rules.insert(call, Vec::new());
    }
    // Memory of its own, nothing that could be run.
    let (anonymous, executable) = (bits(libc::MAP_ANONYMOUS), bits(libc::PROT_EXEC));
    rules.insert(
        libc::SYS_mmap,
        vec![rule(&[(2, Dword, MaskedEq(executable), 0), (3, Dword, MaskedEq(anonymous), anonymous)])?],
    );
    rules.insert(libc::SYS_mprotect, vec![rule(&[(2, Dword, MaskedEq(executable), 0)])?]);
    rules.insert(
        libc::SYS_madvise,
        vec![rule(&[(2, Dword, Eq, bits(libc::MADV_DONTNEED))])?, rule(&[(2, Dword, Eq, bits(libc::MADV_FREE))])?],
    );
    // To end itself, and to tell the last words of an abort to where nobody listens.
    rules.insert(libc::SYS_tgkill, vec![rule(&[(0, Qword, Eq, own), (2, Dword, Eq, bits(libc::SIGABRT))])?]);
    rules.insert(libc::SYS_write, vec![rule(&[(0, Dword, Eq, bits(libc::STDERR_FILENO))])?]);
    rules.insert(libc::SYS_writev, vec![rule(&[(0, Dword, Eq, bits(libc::STDERR_FILENO))])?]);
    rules.insert(libc::SYS_close, vec![rule(&[(0, Dword, Eq, bits(libc::STDERR_FILENO))])?]);
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    filter.try_into()
}
