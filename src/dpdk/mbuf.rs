//! Move-only packet buffers.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use dpdk_sys::rte_mbuf;

use super::error::DpdkError;

/// What an mbuf carries besides its bytes and DPDK's own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MetaKind {
    /// A frame.
    Packet = 0,
    /// No frame: flows are to be ended, since time starts anew with what follows ([`Meta::clock_ns`] is the old end).
    Flush = 1,
    /// No frame: as `Flush`, and nothing follows.
    End = 2,
}

/// Sidecar of an mbuf on its way from a dispatcher or feeder to a worker, kept in
/// a dynamic field of the mbuf (24 bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Meta {
    /// When the frame was captured, nanoseconds since the epoch.
    pub timestamp_ns: u64,
    /// The sensor's clock at this frame: the largest timestamp so far, so that time never goes back.
    pub clock_ns: u64,
    /// Length on the wire; more than the mbuf holds when the capture cut the frame.
    pub wire_len: u32,
    /// Interface index.
    pub iface: u16,
    /// Link type, as `wire::LinkType` numbers it.
    pub link: u8,
    /// Frame or control message.
    pub kind: MetaKind,
}

impl Meta {
    /// The sidecar of a message without a frame, sent at `clock_ns`.
    #[must_use]
    pub const fn message(kind: MetaKind, clock_ns: u64) -> Self {
        Self { timestamp_ns: clock_ns, clock_ns, wire_len: 0, iface: 0, link: 0, kind }
    }
}

/// Offset of [`Meta`] in every mbuf; set once when the EAL starts.
static META_OFFSET: AtomicUsize = AtomicUsize::new(0);

/// Reserves the dynamic field.
pub(super) fn register_meta() -> Result<(), DpdkError> {
    let mut field =
        dpdk_sys::rte_mbuf_dynfield { size: size_of::<Meta>(), align: align_of::<Meta>(), ..Default::default() };
    for (to, from) in field.name.iter_mut().zip(b"tidegate_meta") {
        *to = (*from).cast_signed();
    }
    // SAFETY: the EAL runs, and `field` is a filled parameter block with a NUL-terminated name.
    let offset = unsafe { dpdk_sys::rte_mbuf_dynfield_register(&raw const field) };
    let offset = usize::try_from(offset).map_err(|_| DpdkError::last("no room for a dynamic mbuf field"))?;
    META_OFFSET.store(offset, Ordering::Release);
    Ok(())
}

/// Where the sidecar of `raw` lies.
///
/// # Safety
/// `raw` points to a live mbuf, and the EAL was started (so the offset is registered).
unsafe fn meta_of(raw: *mut rte_mbuf) -> *mut Meta {
    // SAFETY: the registered offset lies within the mbuf with Meta's alignment (rte_mbuf_dynfield_register).
    unsafe { raw.cast::<u8>().add(META_OFFSET.load(Ordering::Relaxed)).cast::<Meta>() }
}

/// One packet buffer: one reference to one `rte_mbuf`, given back to its pool on drop.
#[derive(Debug)]
pub struct Mbuf {
    raw: NonNull<rte_mbuf>,
}

// SAFETY: an mbuf is plain memory with one owner; DPDK passes them between lcores.
unsafe impl Send for Mbuf {}

impl Mbuf {
    /// Takes over one reference.
    ///
    /// # Safety
    /// `raw` is a live mbuf and the caller gives up its reference to it.
    pub(super) unsafe fn from_raw(raw: NonNull<rte_mbuf>) -> Self {
        Self { raw }
    }

    /// Gives the reference up to the caller.
    pub(super) fn into_raw(self) -> *mut rte_mbuf {
        let raw = self.raw.as_ptr();
        std::mem::forget(self);
        raw
    }

    /// The bytes of the first segment.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        // SAFETY: data_off and data_len lie within the buffer of a live mbuf, which we own for the borrow.
        unsafe {
            std::slice::from_raw_parts(
                dpdk_sys::tg_mbuf_data(self.raw.as_ptr()),
                usize::try_from(dpdk_sys::tg_mbuf_len(self.raw.as_ptr())).unwrap_or(0),
            )
        }
    }

    /// Replaces the content by `bytes`, using the headroom too. Returns how many
    /// bytes fit; less than `bytes.len()` when the buffer is smaller.
    pub fn fill(&mut self, bytes: &[u8]) -> usize {
        // SAFETY: we own the only reference to a live mbuf; reset leaves it empty with all its room behind data.
        unsafe { dpdk_sys::tg_mbuf_reset_full(self.raw.as_ptr()) };
        self.append(bytes)
    }

    /// Adds `bytes` behind the content. Returns how many fit.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        // SAFETY: we own the only reference to a live mbuf of one segment.
        let room = unsafe { dpdk_sys::tg_mbuf_tailroom(self.raw.as_ptr()) };
        let taken = bytes.len().min(usize::try_from(room).unwrap_or(0)).min(usize::from(u16::MAX));
        let length = u16::try_from(taken).unwrap_or(u16::MAX);
        // SAFETY: `length` bytes fit behind data (tailroom above), so append returns a pointer to that many
        // writable bytes, which cannot overlap a borrowed slice.
        unsafe {
            let to = dpdk_sys::tg_pktmbuf_append(self.raw.as_ptr(), length);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to.cast::<u8>(), taken);
        }
        taken
    }

    /// The sidecar. Only meaningful after [`Mbuf::set_meta`].
    #[must_use]
    pub fn meta(&self) -> Meta {
        // SAFETY: the mbuf is live and the field registered; every bit pattern written there came from set_meta.
        unsafe { meta_of(self.raw.as_ptr()).read() }
    }

    /// Writes the sidecar.
    pub fn set_meta(&mut self, meta: Meta) {
        // SAFETY: the mbuf is live, we own it, and the field is registered with Meta's size and alignment.
        unsafe { meta_of(self.raw.as_ptr()).write(meta) };
    }

    /// Stores the steering hash where the NIC would have put it.
    pub fn set_rss(&mut self, hash: u32) {
        // SAFETY: we own a live mbuf.
        unsafe { dpdk_sys::tg_mbuf_set_rss(self.raw.as_ptr(), hash) };
    }
}

impl Drop for Mbuf {
    fn drop(&mut self) {
        // SAFETY: we hold one reference to a live mbuf and give it back, once.
        unsafe { dpdk_sys::tg_pktmbuf_free(self.raw.as_ptr()) };
    }
}

/// Reads the sidecar of a raw mbuf.
///
/// # Safety
/// As [`meta_of`], and the sidecar was written before.
pub(super) unsafe fn read_meta(raw: *mut rte_mbuf) -> Meta {
    // SAFETY: promised by the caller.
    unsafe { meta_of(raw).read() }
}

/// Writes the sidecar of a raw mbuf.
///
/// # Safety
/// As [`meta_of`], and the caller owns the mbuf.
pub(super) unsafe fn write_meta(raw: *mut rte_mbuf, meta: Meta) {
    // SAFETY: promised by the caller.
    unsafe { meta_of(raw).write(meta) };
}
