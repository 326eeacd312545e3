//! The handler of faults in revoked memories.
#![expect(
    unsafe_code,
    reason = "signal handlers are installed, and called, with raw pointers of the system"
)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;

use libc::{sigaction, siginfo_t, ucontext_t};
use rustix::mm::{MprotectFlags, mprotect};

use super::Revocation;
use super::registry::Registry;

/// The memories, each with its revocation. A fault in one is due to a lack of rights: all of an area is accessible
/// otherwise.
pub(super) static MEMORIES: Registry<Revocation> = Registry::new();

/// The code of guests.
static CODE: Registry<()> = Registry::new();

/// Signals that the system sends for an access without rights.
#[cfg(not(target_vendor = "apple"))]
const SIGNALS: [c_int; 1] = [libc::SIGSEGV];
#[cfg(target_vendor = "apple")]
const SIGNALS: [c_int; 2] = [libc::SIGBUS, libc::SIGSEGV];

/// The handlers that were there before, in the order of [`SIGNALS`].
static PREVIOUS: OnceLock<[Action; SIGNALS.len()]> = OnceLock::new();

/// A handler.
struct Action(sigaction);

// SAFETY: it is a number of flags, a mask and the address of a function, and nothing changes it.
unsafe impl Sync for Action {}
// SAFETY: as above.
unsafe impl Send for Action {}

/// Catches the faults of guests whose code is `code`. The engine must have installed its handlers before.
pub(crate) fn catch(code: Range<*const u8>) {
    let start = code.start.addr();
    CODE.take().set(start, code.end.addr() - start, ptr::null());
    PREVIOUS.get_or_init(|| SIGNALS.map(install));
}

/// Installs the handler of a signal. Returns the one that was there before.
fn install(signal: c_int) -> Action {
    let mut action = MaybeUninit::<sigaction>::zeroed();
    let mut previous = MaybeUninit::<sigaction>::zeroed();
    // SAFETY: all zeros are a valid `sigaction`: no flags, an empty mask and the default handler.
    unsafe {
        let action = action.assume_init_mut();
        action.sa_sigaction = on_fault as *const () as usize;
        // As the engine's handler: on the alternate stack, which Rust gives to every thread, because the guest may have
        // used up its own; and without blocking the signal, so that the engine's handler can crash.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        libc::sigemptyset(&raw mut action.sa_mask);
        let installed = libc::sigaction(signal, action, previous.as_mut_ptr());
        assert!(installed == 0, "invariant: a handler can be set for this signal");
        Action(previous.assume_init())
    }
}

/// Handles a fault. It calls nothing that waits or allocates.
extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the system calls a handler with `SA_SIGINFO` with a valid `siginfo_t`, that of a fault.
    let address = unsafe { (*info).si_addr() }.addr();
    if let Some((start, bytes, revocation)) = MEMORIES.find(address) {
        // SAFETY: `revocation` is null or that of the memory in which the calling thread faulted. The memory keeps it
        // alive, and the memory is not freed meanwhile: that is done by the thread that uses it, which is this one.
        let revocation = unsafe { revocation.as_ref() };
        // SAFETY: the system calls a handler with `SA_SIGINFO` with a valid `ucontext_t`.
        let is_guest = || CODE.find(unsafe { program_counter(context) }).is_some();
        let strikes = revocation.is_some_and(|revocation| is_guest() && revocation.strikes());
        // SAFETY: the area is a mapping of a `Memory`, which this thread uses, so it is not freed meanwhile. It was
        // readable and writable when it was entered. The call is a plain system call.
        let give_back = || unsafe {
            mprotect(
                ptr::with_exposed_provenance_mut(start),
                bytes,
                MprotectFlags::READ | MprotectFlags::WRITE,
            )
        };
        if !strikes && give_back().is_ok() {
            return;
        }
    }
    pass_on(signal, info, context);
}

/// Calls the handler that was there before.
fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let position = SIGNALS.iter().position(|handled| *handled == signal);
    let Some(Action(previous)) = PREVIOUS.get().zip(position).map(|(actions, at)| &actions[at]) else {
        return;
    };
    match previous.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // The access is repeated, and the system does what it did before.
            // SAFETY: `previous` is what `sigaction` returned.
            unsafe { libc::sigaction(signal, previous, ptr::null_mut()) };
        }
        handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: with this flag the address is that of a function with these parameters.
            let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: without the flag the address is that of a function with this parameter.
            let handler: extern "C" fn(c_int) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}

/// The address of the instruction that faulted.
///
/// # Safety
/// `context` must be that of a signal.
unsafe fn program_counter(context: *const c_void) -> usize {
    let context = context.cast::<ucontext_t>();
    // SAFETY: the caller's promise.
    let context = unsafe { &(*context).uc_mcontext };
    #[cfg(all(any(target_os = "linux", target_os = "android"), target_arch = "x86_64"))]
    let counter = context.gregs[libc::REG_RIP as usize] as usize;
    #[cfg(all(any(target_os = "linux", target_os = "android"), target_arch = "aarch64"))]
    let counter = context.pc as usize;
    #[cfg(all(target_os = "linux", target_arch = "riscv64"))]
    let counter = context.__gregs[libc::REG_PC] as usize;
    #[cfg(all(target_vendor = "apple", target_arch = "aarch64"))]
    // SAFETY: the system sets the pointer to the registers.
    let counter = unsafe { (**context).__ss.__pc as usize };
    #[cfg(all(target_vendor = "apple", target_arch = "x86_64"))]
    // SAFETY: the system sets the pointer to the registers.
    let counter = unsafe { (**context).__ss.__rip as usize };
    counter
}
