//! Polled threads, one a logical core.

use std::any::Any;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use super::eal::Eal;
use super::error::DpdkError;

/// An lcore other than the main one, as the EAL numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lcore(u32);

impl Lcore {
    /// The EAL's number.
    #[must_use]
    pub const fn id(self) -> u32 {
        self.0
    }

    /// NUMA node the lcore belongs to.
    #[must_use]
    pub fn socket(self) -> u32 {
        // SAFETY: reads the configuration of the running EAL; any id is accepted.
        unsafe { dpdk_sys::rte_lcore_to_socket_id(self.0) }
    }

    /// The CPU it is bound to, or -1 when it floats over several.
    #[must_use]
    pub fn cpu(self) -> i32 {
        // SAFETY: as above.
        unsafe { dpdk_sys::tg_lcore_cpu(self.0) }
    }
}

/// CPU of the main lcore; -1 when it floats over several.
#[must_use]
pub fn main_cpu(_eal: &Eal) -> i32 {
    // SAFETY: reads the configuration of the running EAL.
    unsafe { dpdk_sys::tg_lcore_cpu(dpdk_sys::rte_get_main_lcore()) }
}

/// All lcores but the main one, in the EAL's order.
#[must_use]
pub fn others(_eal: &Eal) -> Vec<Lcore> {
    let mut found = Vec::new();
    let mut id = u32::MAX;
    loop {
        // SAFETY: walks the configuration of the running EAL, skipping the main lcore, without wrapping.
        id = unsafe { dpdk_sys::rte_get_next_lcore(id, 1, 0) };
        if id >= dpdk_sys::RTE_MAX_LCORE {
            return found;
        }
        found.push(Lcore(id));
    }
}

/// A task running on an lcore.
#[derive(Debug)]
pub struct Running<T> {
    lcore: Lcore,
    result: Receiver<Result<T, Box<dyn Any + Send>>>,
    _eal: Eal,
}

struct Task<F, T> {
    body: F,
    result: mpsc::Sender<Result<T, Box<dyn Any + Send>>>,
}

/// Starts `body` on `lcore`, which must be idle.
///
/// # Errors
/// When the lcore is busy.
pub fn launch<T, F>(eal: &Eal, lcore: Lcore, body: F) -> Result<Running<T>, DpdkError>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    extern "C" fn enter<T, F: FnOnce() -> T>(task: *mut c_void) -> i32 {
        // SAFETY: `task` is the box that `launch` leaked for this one call.
        let task = unsafe { Box::from_raw(task.cast::<Task<F, T>>()) };
        let Task { body, result } = *task;
        // A panic must not unwind into the EAL; it is raised again by whoever joins.
        let outcome = catch_unwind(AssertUnwindSafe(body));
        // The receiver may be gone when the joiner gave up; there is nobody left to tell then.
        let _ = result.send(outcome);
        0
    }

    let (sender, receiver) = mpsc::channel();
    let task = Box::into_raw(Box::new(Task { body, result: sender }));
    // SAFETY: `enter` takes the box back exactly once when the call succeeds; the types agree.
    let code = unsafe { dpdk_sys::rte_eal_remote_launch(Some(enter::<T, F>), task.cast::<c_void>(), lcore.0) };
    if code != 0 {
        // SAFETY: the launch failed, so `enter` will not run and the box is still ours.
        drop(unsafe { Box::from_raw(task) });
        return Err(DpdkError::code(format!("lcore {} does not start", lcore.0), code));
    }
    Ok(Running { lcore, result: receiver, _eal: eal.clone() })
}

impl<T> Running<T> {
    /// The lcore it runs on.
    #[must_use]
    pub const fn lcore(&self) -> Lcore {
        self.lcore
    }

    /// True once the task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        // SAFETY: reads the state of an lcore of the running EAL.
        unsafe { dpdk_sys::rte_eal_get_lcore_state(self.lcore.0) == dpdk_sys::WAIT }
    }

    /// Waits for the task and returns what it returned.
    ///
    /// # Panics
    /// Raises the task's panic again.
    pub fn join(self) -> T {
        // SAFETY: waits for an lcore of the running EAL; called from the main lcore's side only.
        unsafe { dpdk_sys::rte_eal_wait_lcore(self.lcore.0) };
        match self.result.recv() {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // `enter` always sends before it returns.
            Err(_) => unreachable!("an lcore ended without a result"),
        }
    }
}

/// True while the calling thread should go on.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<std::sync::atomic::AtomicBool>);

impl StopFlag {
    /// A flag that is not raised.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everyone who looks to stop.
    pub fn raise(&self) {
        self.0.store(true, std::sync::atomic::Ordering::Release);
    }

    /// The flag itself, for a signal handler to raise.
    #[must_use]
    pub fn shared(&self) -> Arc<std::sync::atomic::AtomicBool> {
        Arc::clone(&self.0)
    }

    /// True once raised.
    #[must_use]
    #[inline]
    pub fn raised(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Acquire)
    }
}

/// Tells the CPU that this is a polling loop.
#[inline]
pub fn pause() {
    // SAFETY: one PAUSE instruction.
    unsafe { dpdk_sys::tg_pause() };
}
