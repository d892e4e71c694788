//! Commands of DPDK's telemetry socket, as `dpdk-telemetry.py` asks for them.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::eal::Eal;
use super::error::DpdkError;

type Handler = Box<dyn FnMut(&str) -> Value + Send>;

/// DPDK's callback has no user data, so commands are found by their name.
static HANDLERS: Mutex<BTreeMap<String, Handler>> = Mutex::new(BTreeMap::new());

/// Registers `command` (such as `/tidegate/workers`), answered by `handler` on
/// the telemetry thread. The handler gets the parameters after the comma and
/// returns an object or an array; DPDK has numbers (unsigned), strings, and
/// containers of them, so fractions are rounded and null is left out.
///
/// # Errors
/// When DPDK refuses the name (it must start with `/` and be new).
pub fn register<F>(_eal: &Eal, command: &str, help: &str, handler: F) -> Result<(), DpdkError>
where
    F: FnMut(&str) -> Value + Send + 'static,
{
    let refuse = || DpdkError::refusal(format!("telemetry command {command} has a NUL byte"));
    let (c_command, c_help) = (CString::new(command).map_err(|_| refuse())?, CString::new(help).map_err(|_| refuse())?);
    let first = {
        let mut handlers = HANDLERS.lock().unwrap_or_else(PoisonError::into_inner);
        handlers.insert(command.to_owned(), Box::new(handler)).is_none()
    };
    if !first {
        return Ok(());
    }
    // SAFETY: both strings are NUL-terminated and DPDK copies them; `answer` has the callback's signature.
    let code = unsafe { dpdk_sys::rte_telemetry_register_cmd(c_command.as_ptr(), Some(answer), c_help.as_ptr()) };
    if code != 0 {
        return Err(DpdkError::code(format!("telemetry command {command} is refused"), code));
    }
    Ok(())
}

/// Forgets all handlers; the commands then answer with an empty object. Called
/// when what they report on is going away.
pub fn clear() {
    HANDLERS.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

extern "C" fn answer(command: *const c_char, params: *const c_char, data: *mut dpdk_sys::rte_tel_data) -> c_int {
    // SAFETY: DPDK passes the registered name, NUL-terminated.
    let command = unsafe { CStr::from_ptr(command) }.to_string_lossy();
    let params = if params.is_null() {
        String::new()
    } else {
        // SAFETY: not null, NUL-terminated.
        unsafe { CStr::from_ptr(params) }.to_string_lossy().into_owned()
    };
    let value = catch_unwind(AssertUnwindSafe(|| {
        let mut handlers = HANDLERS.lock().unwrap_or_else(PoisonError::into_inner);
        handlers.get_mut(command.as_ref()).map_or(Value::Object(serde_json::Map::new()), |handler| handler(&params))
    }));
    let Ok(value) = value else { return -1 };
    // SAFETY: `data` is the empty answer DPDK gave us.
    unsafe { fill(data, &value) }
}

/// Writes `value` into an empty `data`.
///
/// # Safety
/// `data` is a live, empty `rte_tel_data`.
unsafe fn fill(data: *mut dpdk_sys::rte_tel_data, value: &Value) -> c_int {
    match value {
        // SAFETY: promised by the caller.
        Value::Object(fields) => unsafe {
            dpdk_sys::rte_tel_data_start_dict(data);
            for (name, field) in fields {
                add_field(data, name, field);
            }
        },
        // SAFETY: as above.
        Value::Array(items) => unsafe { fill_array(data, items) },
        other => {
            let text = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            // SAFETY: as above; DPDK copies the string.
            unsafe { dpdk_sys::rte_tel_data_string(data, c_string(&text).as_ptr()) };
        }
    }
    0
}

/// Adds one field to a dictionary.
///
/// # Safety
/// `data` is a live dictionary.
unsafe fn add_field(data: *mut dpdk_sys::rte_tel_data, name: &str, value: &Value) {
    let c_name = c_string(name);
    match value {
        Value::Null => {}
        // SAFETY: a live dictionary and copied strings; a container is handed over to DPDK, which frees it.
        Value::Object(_) | Value::Array(_) => unsafe {
            let inner = dpdk_sys::rte_tel_data_alloc();
            if !inner.is_null() {
                fill(inner, value);
                dpdk_sys::rte_tel_data_add_dict_container(data, c_name.as_ptr(), inner, 0);
            }
        },
        Value::String(text) => {
            // SAFETY: as above.
            unsafe { dpdk_sys::rte_tel_data_add_dict_string(data, c_name.as_ptr(), c_string(text).as_ptr()) };
        }
        // SAFETY: as above.
        other => unsafe {
            dpdk_sys::tg_tel_dict_uint(data, c_name.as_ptr(), number(other));
        },
    }
}

/// Writes an array; DPDK's arrays have one type, so numbers decide when all are numbers, containers when any is.
///
/// # Safety
/// `data` is a live, empty `rte_tel_data`.
unsafe fn fill_array(data: *mut dpdk_sys::rte_tel_data, items: &[Value]) {
    if items.iter().any(|item| item.is_object() || item.is_array()) {
        // SAFETY: promised by the caller; containers are handed over.
        unsafe {
            dpdk_sys::rte_tel_data_start_array(data, dpdk_sys::RTE_TEL_CONTAINER);
            for item in items {
                let inner = dpdk_sys::rte_tel_data_alloc();
                if !inner.is_null() {
                    fill(inner, item);
                    dpdk_sys::rte_tel_data_add_array_container(data, inner, 0);
                }
            }
        }
    } else if items.iter().all(Value::is_number) {
        // SAFETY: as above.
        unsafe {
            dpdk_sys::rte_tel_data_start_array(data, dpdk_sys::RTE_TEL_U64_VAL);
            for item in items {
                dpdk_sys::tg_tel_array_uint(data, number(item));
            }
        }
    } else {
        // SAFETY: as above.
        unsafe {
            dpdk_sys::rte_tel_data_start_array(data, dpdk_sys::RTE_TEL_STRING_VAL);
            for item in items {
                let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                dpdk_sys::rte_tel_data_add_array_string(data, c_string(&text).as_ptr());
            }
        }
    }
}

fn number(value: &Value) -> u64 {
    if let Some(truth) = value.as_bool() {
        return u64::from(truth);
    }
    value.as_u64().unwrap_or_else(|| {
        let rounded = value.as_f64().unwrap_or(0.0).round().max(0.0);
        // A saturating conversion by definition of `as` from floating point.
        rounded as u64
    })
}

fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}
