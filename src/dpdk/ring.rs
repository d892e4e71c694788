//! Rings of mbufs: work queues between one producer and one consumer
//! ([`channel`]), and inboxes that many may put packets in ([`shared_channel`]).

use std::ffi::CString;
use std::ptr::NonNull;
use std::sync::Arc;

use super::burst::Burst;
use super::eal::Eal;
use super::error::DpdkError;
use super::mbuf::Mbuf;

#[derive(Debug)]
struct Ring {
    raw: NonNull<dpdk_sys::rte_ring>,
    _eal: Eal,
}

// SAFETY: a single-producer single-consumer ring may be used by one thread at each end, which the two
// handles ensure: neither can be cloned, and both take `&mut self`. A shared ring is made for any number of producers.
unsafe impl Send for Ring {}
// SAFETY: as above.
unsafe impl Sync for Ring {}

impl Drop for Ring {
    fn drop(&mut self) {
        let mut left = Burst::new();
        while dequeue(self.raw, &mut left) != 0 {
            left.clear();
        }
        // SAFETY: both ends are gone.
        unsafe { dpdk_sys::rte_ring_free(self.raw.as_ptr()) };
    }
}

/// The end that puts packets in.
#[derive(Debug)]
pub struct RingSender {
    ring: Arc<Ring>,
    capacity: u32,
}

/// The end that takes packets out.
#[derive(Debug)]
pub struct RingReceiver {
    ring: Arc<Ring>,
}

/// An end that puts packets in, of which there may be many.
#[derive(Clone, Debug)]
pub struct SharedSender {
    ring: Arc<Ring>,
}

/// Makes a ring with room for `capacity` packets (rounded up to a power of two
/// less one by DPDK's exact-size flag) on NUMA node `socket`.
///
/// # Errors
/// When the memory cannot be had or the name is taken.
pub fn channel(
    eal: &Eal,
    name: &str,
    capacity: u32,
    socket: Option<u32>,
) -> Result<(RingSender, RingReceiver), DpdkError> {
    let ring = create(eal, name, capacity, socket, dpdk_sys::RING_F_SP_ENQ)?;
    Ok((RingSender { ring: Arc::clone(&ring), capacity }, RingReceiver { ring }))
}

/// Makes a ring as [`channel`] does, with many senders. They wait for each other only
/// to publish what they put in, and not for one that was interrupted while others go on
/// (DPDK's "relaxed tail sync"), since lcores may share a core.
///
/// # Errors
/// As [`channel`].
pub fn shared_channel(
    eal: &Eal,
    name: &str,
    capacity: u32,
    socket: Option<u32>,
) -> Result<(SharedSender, RingReceiver), DpdkError> {
    let ring = create(eal, name, capacity, socket, dpdk_sys::RING_F_MP_RTS_ENQ)?;
    Ok((SharedSender { ring: Arc::clone(&ring) }, RingReceiver { ring }))
}

fn create(eal: &Eal, name: &str, capacity: u32, socket: Option<u32>, enqueue: u32) -> Result<Arc<Ring>, DpdkError> {
    let what = || format!("no ring {name} of {capacity}");
    let c_name = CString::new(name).map_err(|_| DpdkError::refusal(what()))?;
    let socket = socket.map_or(dpdk_sys::SOCKET_ID_ANY, |socket| i32::try_from(socket).unwrap_or(0));
    let flags = enqueue | dpdk_sys::RING_F_SC_DEQ | dpdk_sys::RING_F_EXACT_SZ;
    // SAFETY: the EAL runs and the name is NUL-terminated; DPDK copies it.
    let raw = unsafe { dpdk_sys::rte_ring_create(c_name.as_ptr(), capacity, socket, flags) };
    let raw = NonNull::new(raw).ok_or_else(|| DpdkError::last(what()))?;
    Ok(Arc::new(Ring { raw, _eal: eal.clone() }))
}

impl RingSender {
    /// Moves packets from the front of `burst` into the ring, in order, as many
    /// as fit. What does not fit stays in `burst`. Returns how many went.
    pub fn send(&mut self, burst: &mut Burst) -> usize {
        enqueue(self.ring.raw, burst)
    }

    /// Moves one packet; gives it back when the ring is full.
    ///
    /// # Errors
    /// The packet itself.
    pub fn send_one(&mut self, mbuf: Mbuf) -> Result<(), Mbuf> {
        let mut raw = mbuf.into_raw().cast::<core::ffi::c_void>();
        // SAFETY: one owned mbuf pointer; it belongs to the ring when 1 is returned, and to us again otherwise.
        unsafe {
            if dpdk_sys::tg_ring_enqueue_burst(self.ring.raw.as_ptr(), &raw mut raw, 1) == 1 {
                return Ok(());
            }
            match NonNull::new(raw.cast::<dpdk_sys::rte_mbuf>()) {
                Some(raw) => Err(Mbuf::from_raw(raw)),
                None => Ok(()),
            }
        }
    }

    /// The end that takes packets out is gone: nothing will make room.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.ring) == 1
    }

    /// Packets waiting in the ring.
    #[must_use]
    pub fn used(&self) -> u32 {
        // SAFETY: the ring is live.
        unsafe { dpdk_sys::tg_ring_count(self.ring.raw.as_ptr()) }
    }

    /// Packets it can hold.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }
}

impl SharedSender {
    /// As [`RingSender::send`].
    pub fn send(&mut self, burst: &mut Burst) -> usize {
        enqueue(self.ring.raw, burst)
    }
}

impl RingReceiver {
    /// Appends waiting packets to `burst`, up to its room. Returns how many came.
    pub fn receive(&mut self, burst: &mut Burst) -> usize {
        dequeue(self.ring.raw, burst)
    }
}

fn enqueue(ring: NonNull<dpdk_sys::rte_ring>, burst: &mut Burst) -> usize {
    let (raw, len) = burst.raw_used();
    if len == 0 {
        return 0;
    }
    // SAFETY: `raw` holds `len` owned mbuf pointers; the first `sent` of them belong to the ring afterwards. The ring
    // was made for as many producers as there are handles.
    unsafe {
        let sent = dpdk_sys::tg_ring_enqueue_burst(
            ring.as_ptr(),
            raw.cast::<*mut core::ffi::c_void>().cast_const(),
            u32::try_from(len).unwrap_or(0),
        );
        let sent = usize::try_from(sent).unwrap_or(0);
        burst.gave_away(sent);
        sent
    }
}

fn dequeue(ring: NonNull<dpdk_sys::rte_ring>, burst: &mut Burst) -> usize {
    let (places, room) = burst.raw_free();
    if room == 0 {
        return 0;
    }
    // SAFETY: `places` has room for `room` pointers; the ring only ever holds owned mbuf pointers, and the first
    // `n` places are filled with them.
    unsafe {
        let n = dpdk_sys::tg_ring_dequeue_burst(
            ring.as_ptr(),
            places.cast::<*mut core::ffi::c_void>(),
            u32::try_from(room).unwrap_or(0),
        );
        let n = usize::try_from(n).unwrap_or(0);
        burst.grow(n);
        n
    }
}
