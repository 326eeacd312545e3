//! Loading of components and shells from the bytes embedded in the executable.

use std::ffi::c_void;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;

use rustix::mm::{MprotectFlags, mprotect};
use wasmtime::component::Component;
use wasmtime::{Config, CustomCodeMemory, Engine, MemoryCreator, Module, Result};

use super::{CodeMap, EngineOptions, config};

/// Bytes aligned to a page and padded to whole pages, so that protection can be set for them alone. Pages have 4 KiB on
/// x86-64 and at most 64 KiB elsewhere.
#[derive(Debug)]
#[cfg_attr(target_arch = "x86_64", repr(C, align(4096)))]
#[cfg_attr(not(target_arch = "x86_64"), repr(C, align(65536)))]
pub struct PageAligned<const LENGTH: usize>(pub [u8; LENGTH]);

/// The machine code of a component or a shell, embedded at build time.
#[derive(Debug)]
pub struct Artifact {
    /// Name of the component or shell.
    pub name: &'static str,
    /// Output of wasmtime in the compiler that made this executable; page-aligned.
    code: &'static [u8],
    /// A line for each function: its first byte in `code` and its length, both in hexadecimal, and its name. Empty
    /// unless names are kept.
    symbols: &'static str,
}

impl Artifact {
    /// Declares embedded code.
    ///
    /// # Safety
    /// `code` must be unchanged output of `Engine::precompile_component` or `Engine::precompile_module`, because it is
    /// executed.
    #[expect(
        unsafe_code,
        reason = "only code generation, which embeds what the compiler made, can promise this"
    )]
    #[must_use]
    pub const unsafe fn new<const LENGTH: usize>(name: &'static str, code: &'static PageAligned<LENGTH>) -> Self {
        Self {
            name,
            code: &code.0,
            symbols: "",
        }
    }

    /// Adds the symbols of its functions.
    #[must_use]
    pub const fn with_symbols(self, symbols: &'static str) -> Self {
        Self { symbols, ..self }
    }
}

/// Executes embedded code in place. By default wasmtime copies it, which takes longer than everything else before the
/// first element.
struct InPlace;

#[expect(unsafe_code, reason = "page protection is set through raw addresses")]
impl CustomCodeMemory for InPlace {
    fn required_alignment(&self) -> usize {
        align_of::<PageAligned<0>>()
    }

    fn publish_executable(&self, address: *const u8, length: usize) -> Result<()> {
        // SAFETY: wasmtime passes the code section of an artifact that a `Loader` gave it, in place; it
        // starts at a page boundary (`required_alignment`). An artifact is a `static` `PageAligned`, which fills its
        // last page, so the call changes no other data. The pages stay readable, and a `static` of plain bytes is never
        // written to.
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
        // SAFETY: as in `publish_executable`: the same pages; no code in them runs any more.
        unsafe { mprotect(address as *mut c_void, length, MprotectFlags::READ)? };
        Ok(())
    }
}

/// An engine, and the way in which it loads code.
pub struct Loader {
    engine: Engine,
    map: Option<Arc<dyn CodeMap>>,
}

impl Loader {
    /// Makes the engine of an executable, whose linear memories `memories` makes. With a map, code is copied to memory
    /// that has no file: profilers use their maps for such memory only.
    ///
    /// # Errors
    /// When this machine cannot run the code of the executable's target.
    pub fn new(
        options: EngineOptions,
        memories: Arc<dyn MemoryCreator>,
        map: Option<Arc<dyn CodeMap>>,
    ) -> Result<Self> {
        let mut config = runtime_config(options, Some(memories));
        if map.is_none() {
            config.with_custom_code_memory(Some(Arc::new(InPlace)));
        }
        let engine = Engine::new(&config)?;
        Ok(Self { engine, map })
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The component in an artifact.
    ///
    /// # Errors
    /// When the artifact was made for another engine configuration, the machine lacks a feature of the target's
    /// baseline, or the map can't be written.
    #[expect(unsafe_code, reason = "machine code cannot be checked, only its origin can")]
    pub fn component(&self, artifact: &Artifact) -> Result<Component> {
        // SAFETY: the caller of `Artifact::new` has promised that these bytes are unchanged output of wasmtime. They
        // are `'static`, so they outlive the component. wasmtime itself rejects a module, and code for another
        // configuration.
        let component = unsafe {
            match self.map {
                None => Component::deserialize_raw(&self.engine, NonNull::from(artifact.code)),
                Some(_) => Component::deserialize(&self.engine, artifact.code),
            }
        }?;
        self.note(artifact, component.image_range())?;
        Ok(component)
    }

    /// The welded module in the artifact of a shell.
    ///
    /// # Errors
    /// As [`Loader::component`].
    #[expect(unsafe_code, reason = "machine code cannot be checked, only its origin can")]
    pub fn shell(&self, artifact: &Artifact) -> Result<Module> {
        // SAFETY: as in `component`; here wasmtime rejects a component.
        let module = unsafe {
            match self.map {
                None => Module::deserialize_raw(&self.engine, NonNull::from(artifact.code)),
                Some(_) => Module::deserialize(&self.engine, artifact.code),
            }
        }?;
        self.note(artifact, module.image_range())?;
        Ok(module)
    }

    fn note(&self, artifact: &Artifact, image: Range<*const u8>) -> Result<()> {
        match &self.map {
            None => Ok(()),
            Some(map) => Ok(map.add(artifact.symbols, image)?),
        }
    }
}

/// An engine with the configuration of an executable, whose linear memories it makes itself.
///
/// # Errors
/// When this machine cannot run the code of the executable's target.
pub fn build(options: EngineOptions) -> Result<Engine> {
    Engine::new(&runtime_config(options, None))
}

fn runtime_config(options: EngineOptions, memories: Option<Arc<dyn MemoryCreator>>) -> Config {
    let mut config = config(options);
    // Faults have to come as signals, so that a handler can be in front of the engine's (`revocation/fault.rs`).
    config.macos_use_mach_ports(false);
    if let Some(memories) = memories {
        config.with_host_memory(memories);
    }
    config
}
