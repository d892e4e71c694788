//! Pools of packet buffers: the free list.

use std::ffi::CString;
use std::ptr::NonNull;
use std::sync::Arc;

use super::burst::Burst;
use super::eal::Eal;
use super::error::DpdkError;
use super::mbuf::Mbuf;

/// A pool of mbufs on one NUMA node. Clones share the pool.
#[derive(Clone, Debug)]
pub struct Mempool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    raw: NonNull<dpdk_sys::rte_mempool>,
    size: u32,
    eal: Option<Eal>,
}

// SAFETY: mempool operations are thread-safe between EAL threads, and between others through its ring.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

impl Mempool {
    /// Makes a pool of `count` mbufs with `data_room` bytes each (headroom of 128
    /// included, at most 65,535) on NUMA node `socket` (`None`: any).
    ///
    /// # Errors
    /// When the memory cannot be had or the name is taken.
    pub fn new(
        eal: &Eal,
        name: &str,
        count: u32,
        cache: u32,
        data_room: u16,
        socket: Option<u32>,
    ) -> Result<Self, DpdkError> {
        let what = || format!("no mempool {name} of {count} buffers of {data_room} bytes");
        let c_name = CString::new(name).map_err(|_| DpdkError::refusal(what()))?;
        let socket = socket.map_or(dpdk_sys::SOCKET_ID_ANY, |socket| i32::try_from(socket).unwrap_or(0));
        // SAFETY: the EAL runs and the name is NUL-terminated; DPDK copies it.
        let raw = unsafe { dpdk_sys::rte_pktmbuf_pool_create(c_name.as_ptr(), count, cache, 0, data_room, socket) };
        let raw = NonNull::new(raw).ok_or_else(|| DpdkError::last(what()))?;
        Ok(Self { inner: Arc::new(Inner { raw, size: count, eal: Some(eal.clone()) }) })
    }

    /// Memory that one mbuf of a pool with this data room takes when there are no huge pages, in bytes: DPDK
    /// plans whole pages of 4 KiB for a buffer that is larger than half a page.
    #[must_use]
    pub const fn mbuf_bytes(data_room: u16) -> u64 {
        const PAGE: u64 = 4096;
        // The mbuf itself, and the pool's header of it.
        let bytes = data_room as u64 + 128 + 64;
        if bytes > PAGE / 2 { bytes.next_multiple_of(PAGE) } else { PAGE / (PAGE / bytes) }
    }

    /// One empty mbuf, or `None` when the pool is exhausted.
    #[must_use]
    pub fn alloc(&self) -> Option<Mbuf> {
        // SAFETY: the pool is live; a non-null result is one reference that is ours.
        unsafe { NonNull::new(dpdk_sys::tg_pktmbuf_alloc(self.inner.raw.as_ptr())).map(|raw| Mbuf::from_raw(raw)) }
    }

    /// Appends `count` empty mbufs to `burst`, all or none. False when the pool
    /// has not that many, or the burst no room.
    pub fn alloc_bulk(&self, count: usize, burst: &mut Burst) -> bool {
        let (places, room) = burst.raw_free();
        if count > room {
            return false;
        }
        let Ok(n) = u32::try_from(count) else { return false };
        // SAFETY: `places` has room for `count` pointers; on success all of them are owned references.
        unsafe {
            if dpdk_sys::tg_pktmbuf_alloc_bulk(self.inner.raw.as_ptr(), places, n) != 0 {
                return false;
            }
            burst.grow(count);
        }
        true
    }

    /// Buffers in the pool, whether free or not.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.inner.size
    }

    /// Buffers free now (caches included). Walks the caches: for housekeeping.
    #[must_use]
    pub fn available(&self) -> u32 {
        // SAFETY: the pool is live.
        unsafe { dpdk_sys::rte_mempool_avail_count(self.inner.raw.as_ptr()) }
    }

    pub(super) fn as_ptr(&self) -> *mut dpdk_sys::rte_mempool {
        self.inner.raw.as_ptr()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // SAFETY: the pool is live.
        let all_back = unsafe { dpdk_sys::rte_mempool_avail_count(self.raw.as_ptr()) } == self.size;
        if all_back {
            // SAFETY: no mbuf of it is out and no other handle is left.
            unsafe { dpdk_sys::rte_mempool_free(self.raw.as_ptr()) };
        } else {
            // Mbufs are still out: pool and EAL must outlive them, so this token is never given back.
            std::mem::forget(self.eal.take());
        }
    }
}
