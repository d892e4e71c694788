//! Start and end of the environment abstraction layer.

use std::ffi::{CStr, CString, c_char};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::DpdkError;
use super::mbuf;

/// The EAL starts once a process; DPDK cannot start again after its cleanup.
static STARTED: AtomicBool = AtomicBool::new(false);

/// A token that the EAL runs. Cloning is cheap; the EAL is cleaned up when the
/// last clone is dropped. Pools, rings and ports hold one each.
#[derive(Clone, Debug)]
pub struct Eal {
    _token: Arc<Token>,
}

#[derive(Debug)]
struct Token;

impl Drop for Token {
    fn drop(&mut self) {
        // SAFETY: the EAL was started by `Eal::start`, and no handle is left that could reach into it.
        unsafe { dpdk_sys::rte_eal_cleanup() };
    }
}

impl Eal {
    /// Starts the EAL with `arguments` (without the program's name; see the EAL
    /// parameters of the DPDK guide).
    ///
    /// # Errors
    /// When the EAL was started before in this process, an argument holds a NUL
    /// byte, or the EAL refuses: its own log on stderr has the details.
    pub fn start<S: AsRef<str>>(arguments: &[S]) -> Result<Self, DpdkError> {
        let mut owned = vec![CString::new("tidegate").map_err(|_| DpdkError::refusal("program name with a NUL byte"))?];
        for argument in arguments {
            let argument = argument.as_ref();
            owned.push(
                CString::new(argument)
                    .map_err(|_| DpdkError::refusal(format!("EAL argument {argument:?} has a NUL byte")))?,
            );
        }
        if STARTED.swap(true, Ordering::SeqCst) {
            return Err(DpdkError::refusal("the EAL was started before in this process"));
        }
        // getopt keeps pointers into argv, so both vectors live for the rest of the process.
        let mut argv: Vec<*mut c_char> = owned.into_iter().map(CString::into_raw).collect();
        let argc = i32::try_from(argv.len()).map_err(|_| DpdkError::refusal("too many EAL arguments"))?;
        argv.push(std::ptr::null_mut());
        let argv = Box::leak(argv.into_boxed_slice());
        // SAFETY: argv holds argc NUL-terminated strings and a null, all leaked above; STARTED makes this the only call.
        let code = unsafe { dpdk_sys::rte_eal_init(argc, argv.as_mut_ptr()) };
        if code < 0 {
            return Err(DpdkError::last("the EAL does not start"));
        }
        mbuf::register_meta()?;
        Ok(Self { _token: Arc::new(Token) })
    }

    /// True when the EAL's memory lies in hugepages.
    #[must_use]
    pub fn has_hugepages(&self) -> bool {
        // SAFETY: reads a flag of the running EAL.
        unsafe { dpdk_sys::rte_eal_has_hugepages() != 0 }
    }

    /// Where this process keeps its sockets, such as telemetry's.
    #[must_use]
    pub fn runtime_dir(&self) -> String {
        // SAFETY: returns a static NUL-terminated string once the EAL runs.
        unsafe { CStr::from_ptr(dpdk_sys::rte_eal_get_runtime_dir()) }.to_string_lossy().into_owned()
    }
}

/// DPDK's version, such as `DPDK 22.11.11`.
#[must_use]
pub fn version() -> String {
    // SAFETY: returns a static NUL-terminated string.
    unsafe { CStr::from_ptr(dpdk_sys::rte_version()) }.to_string_lossy().into_owned()
}
