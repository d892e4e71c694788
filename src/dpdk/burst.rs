//! A burst: up to [`MAX_BURST`] mbufs handled together.

use std::marker::PhantomData;
use std::ptr::NonNull;

use dpdk_sys::{rte_mbuf, tg_view};

use super::mbuf::{self, Mbuf, Meta};

/// Most packets in one burst.
pub const MAX_BURST: usize = 64;

/// Up to [`MAX_BURST`] owned mbufs in order. Dropping it frees them in one call.
#[derive(Debug)]
pub struct Burst {
    raw: [*mut rte_mbuf; MAX_BURST],
    len: usize,
}

// SAFETY: as for `Mbuf`: owned plain memory.
unsafe impl Send for Burst {}

impl Burst {
    /// An empty burst.
    #[must_use]
    pub const fn new() -> Self {
        Self { raw: [std::ptr::null_mut(); MAX_BURST], len: 0 }
    }

    /// How many packets it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// True when it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Free places.
    #[must_use]
    pub const fn room(&self) -> usize {
        MAX_BURST - self.len
    }

    /// Appends a packet; gives it back when the burst is full.
    ///
    /// # Errors
    /// The packet itself.
    pub fn push(&mut self, mbuf: Mbuf) -> Result<(), Mbuf> {
        let Some(place) = self.raw.get_mut(self.len) else { return Err(mbuf) };
        *place = mbuf.into_raw();
        self.len += 1;
        Ok(())
    }

    /// Takes the last packet.
    pub fn pop(&mut self) -> Option<Mbuf> {
        self.len = self.len.checked_sub(1)?;
        let raw = NonNull::new(*self.raw.get(self.len)?)?;
        // SAFETY: the first `len` pointers were owned references; this one is no longer counted.
        Some(unsafe { Mbuf::from_raw(raw) })
    }

    /// Frees all packets, in one call.
    pub fn clear(&mut self) {
        if self.len != 0 {
            let count = u32::try_from(self.len).unwrap_or(0);
            self.len = 0;
            // SAFETY: the first `count` pointers are owned references to live mbufs; len is 0 now, so none is freed again.
            unsafe { dpdk_sys::rte_pktmbuf_free_bulk(self.raw.as_mut_ptr(), count) };
        }
    }

    /// Reads each packet's pointers, lengths and flags at once, and starts to
    /// load its first bytes into the cache.
    pub fn views<'burst>(&'burst self, out: &'burst mut Views) -> PacketViews<'burst> {
        // SAFETY: the first `len` pointers are live mbufs, and `out` has room for MAX_BURST views.
        unsafe {
            dpdk_sys::tg_mbuf_views(self.raw.as_ptr(), u32::try_from(self.len).unwrap_or(0), out.views.as_mut_ptr());
        }
        PacketViews { burst: self, views: out.views.get(..self.len).unwrap_or(&[]) }
    }

    /// Writes the sidecar of packet `index`.
    pub fn set_meta(&mut self, index: usize, meta: Meta) {
        if let Some(&raw) = self.raw.get(..self.len).and_then(|raw| raw.get(index)) {
            // SAFETY: a live mbuf that this burst owns; the EAL runs, since it came from a pool.
            unsafe { mbuf::write_meta(raw, meta) };
        }
    }

    /// Stores the steering hash of packet `index` where the NIC would have put it.
    pub fn set_rss(&mut self, index: usize, hash: u32) {
        if let Some(&raw) = self.raw.get(..self.len).and_then(|raw| raw.get(index)) {
            // SAFETY: a live mbuf that this burst owns.
            unsafe { dpdk_sys::tg_mbuf_set_rss(raw, hash) };
        }
    }

    /// Moves packet `index` to the end of `to`; false (and nothing moved) when
    /// `to` is full. The place stays reserved: call [`Burst::forget_moved`] once
    /// all of a burst's packets have been moved.
    pub fn move_to(&mut self, index: usize, to: &mut Self) -> bool {
        let Some(slot) = self.raw.get_mut(..self.len).and_then(|raw| raw.get_mut(index)) else { return false };
        let Some(place) = to.raw.get_mut(to.len) else { return false };
        if slot.is_null() {
            return false;
        }
        *place = std::mem::replace(slot, std::ptr::null_mut());
        to.len += 1;
        true
    }

    /// Ends a distribution: frees what was not moved and empties the burst.
    /// Returns how many were left.
    pub fn forget_moved(&mut self) -> usize {
        let mut left = 0;
        for slot in self.raw.iter_mut().take(self.len) {
            if let Some(raw) = NonNull::new(std::mem::replace(slot, std::ptr::null_mut())) {
                left += 1;
                // SAFETY: an owned reference that was not moved out.
                drop(unsafe { Mbuf::from_raw(raw) });
            }
        }
        self.len = 0;
        left
    }

    /// Puts each multi-segment packet into one segment where it fits; the views
    /// tell afterwards which do not.
    pub fn linearize(&mut self, index: usize) -> bool {
        let Some(&raw) = self.raw.get(..self.len).and_then(|raw| raw.get(index)) else { return false };
        // SAFETY: a live mbuf that this burst owns.
        unsafe { dpdk_sys::tg_pktmbuf_linearize(raw) == 0 }
    }

    /// Where receivers write; the caller then sets the count.
    pub(super) fn raw_free(&mut self) -> (*mut *mut rte_mbuf, usize) {
        let room = self.room();
        // SAFETY: len never exceeds MAX_BURST, so the offset stays within the array (or one past its end with room 0).
        (unsafe { self.raw.as_mut_ptr().add(self.len) }, room)
    }

    /// Counts `n` more packets.
    ///
    /// # Safety
    /// The `n` places from [`Burst::raw_free`] were filled with owned references, and `n` does not exceed the room.
    pub(super) unsafe fn grow(&mut self, n: usize) {
        self.len += n;
    }

    /// The owned pointers.
    pub(super) fn raw_used(&mut self) -> (*mut *mut rte_mbuf, usize) {
        (self.raw.as_mut_ptr(), self.len)
    }

    /// Forgets the first `n` packets, whose references were given away.
    ///
    /// # Safety
    /// The first `n` references now belong to someone else, and `n` does not exceed the length.
    pub(super) unsafe fn gave_away(&mut self, n: usize) {
        self.raw.copy_within(n..self.len, 0);
        self.len -= n;
    }
}

impl Default for Burst {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Burst {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Scratch space for [`Burst::views`], reused from burst to burst.
#[derive(Debug)]
pub struct Views {
    views: [tg_view; MAX_BURST],
}

impl Views {
    /// Empty scratch space.
    #[must_use]
    pub fn new() -> Self {
        Self { views: [tg_view::default(); MAX_BURST] }
    }
}

impl Default for Views {
    fn default() -> Self {
        Self::new()
    }
}

/// The views of one burst.
#[derive(Debug, Clone, Copy)]
pub struct PacketViews<'burst> {
    burst: &'burst Burst,
    views: &'burst [tg_view],
}

impl<'burst> PacketViews<'burst> {
    /// Packet `index`, in arrival order.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> Option<PacketView<'burst>> {
        let view = self.views.get(index)?;
        // SAFETY: data and len describe the first segment of a live mbuf that the burst owns and that is not
        // written while the views borrow it.
        let data = unsafe { std::slice::from_raw_parts(view.data, usize::try_from(view.len).unwrap_or(0)) };
        Some(PacketView { data, view: *view, raw: *self.burst.raw.get(index)?, burst: PhantomData })
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.views.len()
    }

    /// True when there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.views.is_empty()
    }
}

/// What a worker reads of one packet.
#[derive(Debug, Clone, Copy)]
pub struct PacketView<'burst> {
    data: &'burst [u8],
    view: tg_view,
    raw: *mut rte_mbuf,
    burst: PhantomData<&'burst Burst>,
}

impl<'burst> PacketView<'burst> {
    /// The frame's bytes (first segment).
    #[must_use]
    #[inline]
    pub const fn data(&self) -> &'burst [u8] {
        self.data
    }

    /// Bytes in all segments.
    #[must_use]
    pub const fn packet_len(&self) -> u32 {
        self.view.pkt_len
    }

    /// The receive hash, when the NIC or the dispatcher has set one.
    #[must_use]
    pub fn rss(&self) -> Option<u32> {
        // SAFETY: a constant of the shim.
        (self.view.ol_flags & unsafe { dpdk_sys::tg_rx_rss_hash } != 0).then_some(self.view.rss)
    }

    /// What the NIC found of the checksum of the outermost transport header; `None` where it did not look.
    #[must_use]
    #[inline]
    pub fn l4_checksum(&self) -> Option<bool> {
        // SAFETY: constants of the shim.
        let (mask, good, bad) = unsafe {
            (dpdk_sys::tg_rx_l4_checksum_mask, dpdk_sys::tg_rx_l4_checksum_good, dpdk_sys::tg_rx_l4_checksum_bad)
        };
        match self.view.ol_flags & mask {
            found if found == good => Some(true),
            found if found == bad => Some(false),
            _ => None,
        }
    }

    /// Port the packet came from.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.view.port
    }

    /// Segments of the packet; all but the first are out of sight here.
    #[must_use]
    pub const fn segments(&self) -> u16 {
        self.view.segments
    }

    /// The sidecar. Only meaningful on packets that a dispatcher or feeder prepared.
    #[must_use]
    #[inline]
    pub fn meta(&self) -> Meta {
        // SAFETY: a live mbuf of the borrowed burst; feeders and dispatchers write the sidecar before they enqueue.
        unsafe { mbuf::read_meta(self.raw) }
    }
}
