//! From the bytes embedded in the executable to a component.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use rustix::mm::{MprotectFlags, mprotect};
use wasmtime::component::Component;
use wasmtime::{CustomCodeMemory, Engine, Module, Result};

use super::{EngineOptions, config};

/// Bytes that begin at a page of their own, so that protection can be set for them alone. Pages have 4 KiB on x86-64 and
/// at most 64 KiB elsewhere.
#[derive(Debug)]
#[cfg_attr(target_arch = "x86_64", repr(C, align(4096)))]
#[cfg_attr(not(target_arch = "x86_64"), repr(C, align(65536)))]
pub struct PageAligned<const LENGTH: usize>(pub [u8; LENGTH]);

/// The machine code of a component or a shell, embedded at build time.
#[derive(Debug)]
pub struct Artifact {
    /// Its name.
    pub name: &'static str,
    /// What wasmtime returned in the compiler that made this executable; page-aligned.
    code: &'static [u8],
}

impl Artifact {
    /// Declares embedded code.
    ///
    /// # Safety
    /// `code` is unchanged output of `Engine::precompile_component` or `Engine::precompile_module`: it is executed.
    #[expect(
        unsafe_code,
        reason = "only code generation, which embeds what the compiler made, can promise this"
    )]
    #[must_use]
    pub const unsafe fn new<const LENGTH: usize>(name: &'static str, code: &'static PageAligned<LENGTH>) -> Self {
        Self { name, code: &code.0 }
    }
}

/// Lets embedded code be executed where it lies. wasmtime would copy it otherwise, which takes longer than all else that
/// happens before the first element.
struct InPlace;

#[expect(unsafe_code, reason = "page protection is set through raw addresses")]
impl CustomCodeMemory for InPlace {
    fn required_alignment(&self) -> usize {
        align_of::<PageAligned<0>>()
    }

    fn publish_executable(&self, address: *const u8, length: usize) -> Result<()> {
        // SAFETY: `load` passes only artifacts, whose pages hold nothing else; they stay readable, and nobody writes.
        unsafe {
            mprotect(
                address as *mut c_void,
                length,
                MprotectFlags::READ | MprotectFlags::EXEC,
            )?
        };
        Ok(())
    }

    fn unpublish_executable(&self, address: *const u8, length: usize) -> Result<()> {
        // SAFETY: as above.
        unsafe { mprotect(address as *mut c_void, length, MprotectFlags::READ)? };
        Ok(())
    }
}

/// The engine of an executable.
///
/// # Errors
/// When this machine can't run the code of its own target.
pub fn build(options: EngineOptions) -> Result<Engine> {
    let mut config = config(options);
    config.with_custom_code_memory(Some(Arc::new(InPlace)));
    Engine::new(&config)
}

/// The component behind an artifact.
///
/// # Errors
/// When the artifact was made for another engine configuration, or the machine lacks a feature of the target's baseline.
#[expect(unsafe_code, reason = "machine code can't be checked; where it comes from can")]
pub fn load(engine: &Engine, artifact: &Artifact) -> Result<Component> {
    // SAFETY: `Artifact::new` demands unchanged output of wasmtime, which lives as long as the process.
    unsafe { Component::deserialize_raw(engine, NonNull::from(artifact.code)) }
}

/// The welded module behind the artifact of a shell.
///
/// # Errors
/// As [`load`].
#[expect(unsafe_code, reason = "machine code can't be checked; where it comes from can")]
pub fn load_shell(engine: &Engine, artifact: &Artifact) -> Result<Module> {
    // SAFETY: as in `load`.
    unsafe { Module::deserialize_raw(engine, NonNull::from(artifact.code)) }
}
