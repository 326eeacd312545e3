//! Linear memories whose access rights can be taken away: mappings of this module's own, so that their length is known to
//! every thread.
#![expect(
    unsafe_code,
    reason = "the engine's code works on these bytes, and their rights are changed through raw pointers"
)]

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Result;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use wasmtime::{Error, LinearMemory, MemoryCreator, MemoryType};

use super::fault::MEMORIES;
use super::registry::Entry;
use super::{MAKING, Revocation};

/// Largest page of a system that executables run on, in bytes; also that of linear memory.
const PAGE: usize = 64 << 10;

/// Makes the linear memories of an engine.
#[derive(Debug)]
pub(crate) struct Creator;

// SAFETY: `Memory` does what the trait asks of a memory: `Mapping` reserves the bytes asked for and a guard region on
// either side, without rights; the first `minimum` bytes are accessible and zero; the base moves only beyond the
// reservation.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> std::result::Result<Box<dyn LinearMemory>, String> {
        let revocation = MAKING.with_borrow(Clone::clone);
        let made = Memory::new(minimum, reserved.unwrap_or(0), guard, revocation.clone());
        made.map(|memory| Box::new(memory) as Box<dyn LinearMemory>)
            .map_err(|errno| {
                if let Some(revocation) = revocation {
                    revocation.note_refusal(errno);
                }
                format!(
                    "cannot reserve {} bytes for a linear memory",
                    reserved.unwrap_or(minimum)
                )
            })
    }
}

/// A linear memory.
struct Memory {
    mapping: Mapping,
    /// Bytes that it may have without moving.
    capacity: usize,
    /// Bytes of each of the guard regions around it.
    guard: usize,
    /// Bytes to reserve beyond its size when it moves.
    reserve: usize,
    region: Arc<Region>,
}

/// The part of a memory that is accessible, for the thread that takes its rights away.
pub(super) struct Region {
    /// Start and length. Locked while they change, so that no rights on other memory change.
    accessible: Mutex<(usize, usize)>,
    entry: &'static Entry<Revocation>,
    /// Keeps alive the value of `entry`.
    revocation: Option<Arc<Revocation>>,
}

impl Region {
    /// Takes the rights away.
    pub(super) fn revoke(&self) {
        let accessible = self.accessible.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, bytes) = *accessible;
        // SAFETY: the bytes are those of a `Mapping` of this module, which is freed or moved only under the lock. Who
        // accesses them is a guest or the host on behalf of its instance: the fault handler gives the rights back, or
        // ends the guest's call. If the system refuses, it is tried again.
        let _ = unsafe { mprotect(ptr::with_exposed_provenance_mut(start), bytes, MprotectFlags::empty()) };
    }

    fn set(&self, start: usize, bytes: usize) {
        let mut accessible = self.accessible.lock().unwrap_or_else(PoisonError::into_inner);
        *accessible = (start, bytes);
        let revocation = self.revocation.as_ref().map_or(ptr::null(), Arc::as_ptr);
        self.entry.set(start, bytes, revocation);
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        self.entry.free();
    }
}

impl Memory {
    fn new(minimum: usize, reserved: usize, guard: usize, revocation: Option<Arc<Revocation>>) -> Result<Self> {
        let capacity = reserved.max(minimum).next_multiple_of(PAGE);
        let guard = guard.next_multiple_of(PAGE);
        let mapping = Mapping::new(guard, capacity)?;
        let region = Arc::new(Region {
            accessible: Mutex::new((0, 0)),
            entry: MEMORIES.take(),
            revocation,
        });
        let mut memory = Self {
            mapping,
            capacity,
            guard,
            reserve: reserved,
            region,
        };
        memory.extend(minimum)?;
        if let Some(revocation) = &memory.region.revocation {
            revocation.add(&memory.region);
        }
        Ok(memory)
    }

    fn size(&self) -> usize {
        let accessible = self.region.accessible.lock().unwrap_or_else(PoisonError::into_inner);
        accessible.1
    }

    /// Makes the first `size` bytes accessible, which are within the capacity.
    fn extend(&mut self, size: usize) -> Result<()> {
        let start = self.mapping.memory;
        self.mapping.make_accessible(self.size(), size)?;
        self.region.set(start.as_ptr().expose_provenance(), size);
        Ok(())
    }

    /// Moves to a mapping with room for `size` bytes.
    fn relocate(&mut self, size: usize) -> Result<()> {
        let capacity = size.saturating_add(self.reserve).next_multiple_of(PAGE);
        let mapping = Mapping::new(self.guard, capacity)?;
        mapping.make_accessible(0, size)?;
        let (old, bytes) = (self.mapping.memory, self.size());
        // SAFETY: `bytes` bytes are accessible at `old`, or the fault handler makes them so; `size` bytes, which are
        // more, at the new place. The two are mappings of their own. The guest is in `memory.grow`, so nothing else
        // accesses them.
        unsafe { ptr::copy_nonoverlapping(old.as_ptr(), mapping.memory.as_ptr(), bytes) };
        self.region.set(mapping.memory.as_ptr().expose_provenance(), size);
        self.capacity = capacity;
        self.mapping = mapping;
        Ok(())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // From now on no rights on the mapping change, which is freed next.
        self.region.set(0, 0);
    }
}

// SAFETY: `byte_size` bytes at `as_ptr` are accessible, except for a time in which the fault handler makes every access
// succeed or end the guest's call; the mapping reserves `byte_capacity`, and a guard region behind it.
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.size()
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, size: usize) -> std::result::Result<(), Error> {
        let grown = match size <= self.capacity {
            true => self.extend(size),
            false => self.relocate(size),
        };
        grown.map_err(Error::from)
    }

    fn as_ptr(&self) -> *mut u8 {
        self.mapping.memory.as_ptr()
    }
}

/// Address space of a memory, with its guard regions.
struct Mapping {
    start: NonNull<c_void>,
    bytes: usize,
    /// Start of the memory, behind the first guard region.
    memory: NonNull<u8>,
}

// SAFETY: the pointers are to a mapping that this value owns; it is not bound to a thread.
unsafe impl Send for Mapping {}
// SAFETY: shared references give no access to the bytes.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Reserves address space without rights.
    fn new(guard: usize, capacity: usize) -> Result<Self> {
        let bytes = guard
            .checked_mul(2)
            .and_then(|guards| guards.checked_add(capacity))
            .ok_or(rustix::io::Errno::NOMEM)?;
        // SAFETY: without an address hint the system chooses an unused range, so no existing mapping changes.
        let start = unsafe {
            mmap_anonymous(
                ptr::null_mut(),
                bytes,
                ProtFlags::empty(),
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )?
        };
        let start = NonNull::new(start).expect("invariant: nothing is mapped at 0");
        // SAFETY: the guard region is shorter than the mapping.
        let memory = unsafe { start.cast::<u8>().add(guard) };
        Ok(Self { start, bytes, memory })
    }

    /// Makes the bytes of the memory from `from` to `to` accessible.
    fn make_accessible(&self, from: usize, to: usize) -> Result<()> {
        let bytes = to.saturating_sub(from);
        if bytes == 0 {
            return Ok(());
        }
        let flags = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: the callers stay within the capacity, so the bytes are those of this mapping.
        unsafe { mprotect(self.memory.add(from).as_ptr().cast(), bytes, flags) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and its memory is no longer used. If the system refuses, it stays.
        let _ = unsafe { munmap(self.start.as_ptr(), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CallNumber, catch};
    use super::*;

    /// The number of a call that never ends.
    struct Fifth;

    impl CallNumber for Fifth {
        fn current(&self) -> u32 {
            5
        }
    }

    fn memory(revocation: &Arc<Revocation>, reserved: usize) -> Box<dyn LinearMemory> {
        let made = revocation.instantiate(|| {
            let made = Creator.new_memory(MemoryType::new(1, None), PAGE, None, Some(reserved), PAGE);
            made.map_err(Error::msg)
        });
        made.expect("the system has memory")
    }

    /// Bytes of the memory at each page's start, written by the host.
    fn numbers(memory: &dyn LinearMemory) -> Vec<u8> {
        let pages = 0..memory.byte_size() / PAGE;
        // SAFETY: each page is within the memory, and nothing else accesses it.
        pages
            .map(|page| unsafe { memory.as_ptr().add(page * PAGE).read() })
            .collect()
    }

    fn write(memory: &dyn LinearMemory, page: usize, number: u8) {
        // SAFETY: the callers stay within the memory, and nothing else accesses it.
        unsafe { memory.as_ptr().add(page * PAGE).write(number) }
    }

    #[test]
    fn the_host_gets_the_rights_back() {
        catch(ptr::null()..ptr::null());
        let revocation = Revocation::new(Arc::new(Fifth));
        let mut memory = memory(&revocation, 4 * PAGE);
        write(&*memory, 0, 7);
        revocation.revoke(5);
        assert_eq!(numbers(&*memory), [7]);
        assert!(!revocation.has_struck(), "host code ends no call");
        revocation.revoke(5);
        memory.grow_to(3 * PAGE).expect("it is reserved");
        write(&*memory, 2, 9);
        assert_eq!(numbers(&*memory), [7, 0, 9]);
        // Beyond the reservation: it moves.
        revocation.revoke(5);
        memory.grow_to(6 * PAGE).expect("the system has memory");
        assert_eq!(numbers(&*memory), [7, 0, 9, 0, 0, 0]);
        revocation.revoke(5);
        drop(memory);
        revocation.revoke(5);
    }

    #[test]
    fn a_refusal_says_why() {
        let revocation = Revocation::new(Arc::new(Fifth));
        let made = revocation.instantiate(|| {
            let most = usize::MAX / 4 * 3;
            let made = Creator.new_memory(MemoryType::new(1, None), PAGE, None, Some(most), PAGE);
            made.map_err(Error::msg)
        });
        let error = made.err().expect("there is no such memory");
        let of_system = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
        let of_system = of_system.and_then(rustix::io::Errno::from_io_error);
        assert_eq!(of_system, Some(rustix::io::Errno::NOMEM));
    }
}
