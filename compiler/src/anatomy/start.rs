//! What other core instances do to the main one while the component is instantiated: they may call its functions
//! (`_initialize` of C), and could do more.

use std::fmt;

use super::module::{Import, Module};
use super::spaces::CoreInstance;
use super::{Body, LONGEST_WAY, Origin};

/// Most calls that are followed from one start function. Without a limit, their number could grow exponentially.
const MOST_CALLS: u32 = 256;

/// What another core instance does to the main one, or may do, that the main module alone would miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intrusion {
    /// It puts data into the main instance's memory.
    Memory {
        /// Number of the instance.
        by: usize,
    },
    /// It puts functions into a table of the main instance.
    Table {
        /// Number of the instance.
        by: usize,
    },
    /// Its start function does more than call functions, or can't be followed.
    Start {
        /// Number of the instance.
        by: usize,
    },
}

impl fmt::Display for Intrusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Intrusion::Memory { by } => write!(f, "core instance {by} puts data into its memory"),
            Intrusion::Table { by } => write!(f, "core instance {by} puts functions into its table"),
            Intrusion::Start { by } => write!(f, "the start function of core instance {by} can't be followed"),
        }
    }
}

impl Body<'_> {
    /// Returns the functions of instance `main` that other instances call when they are instantiated, in order.
    ///
    /// # Errors
    /// When another instance does anything else to it.
    pub(super) fn initialisers(&self, main: u32) -> Result<Vec<String>, Intrusion> {
        let mut initialisers = Vec::new();
        for (by, instance) in self.spaces.core_instances.iter().enumerate() {
            let (CoreInstance::Module { module, arguments }, true) = (instance, by != main as usize) else {
                continue;
            };
            let module = &self.modules[*module];
            let of_main = |import: Option<&Import>| {
                let origin = import.map(|import| self.argument(arguments, import, LONGEST_WAY));
                matches!(origin, Some(Origin::Code(export)) if export.instance == main)
            };
            if module
                .filled_memories
                .iter()
                .any(|memory| of_main(module.imported_memory(*memory)))
            {
                return Err(Intrusion::Memory { by });
            }
            if module
                .filled_tables
                .iter()
                .any(|table| of_main(module.table_import(*table)))
            {
                return Err(Intrusion::Table { by });
            }
            if let Some(start) = module.start {
                let mut left = MOST_CALLS;
                let calls = self.calls(main, module, arguments, start, &mut left);
                initialisers.extend(calls.ok_or(Intrusion::Start { by })?);
            }
        }
        Ok(initialisers)
    }

    /// Returns the functions of `main` that a function calls, directly or through others. `None` if one of these
    /// functions does anything but call functions without arguments, or if `left` calls are not enough.
    fn calls(
        &self,
        main: u32,
        module: &Module<'_>,
        arguments: &[(String, u32)],
        function: u32,
        left: &mut u32,
    ) -> Option<Vec<String>> {
        *left = left.checked_sub(1)?;
        let Some(import) = module.imported_function(function) else {
            let callees = module.plain_calls(function)?.into_iter();
            let calls = callees.map(|callee| self.calls(main, module, arguments, callee, left));
            return Some(calls.collect::<Option<Vec<_>>>()?.concat());
        };
        let export = match self.argument(arguments, import, LONGEST_WAY) {
            Origin::Code(export) => export,
            Origin::Imported { .. } | Origin::ResourceDrop { .. } | Origin::Intrinsic | Origin::Unknown => return None,
        };
        if export.instance == main {
            return Some(vec![export.name]);
        }
        match self.spaces.core_instances.get(export.instance as usize)? {
            CoreInstance::Module { module, arguments } => {
                let module = &self.modules[*module];
                self.calls(main, module, arguments, module.exported_function(&export.name)?, left)
            }
            CoreInstance::Bundle(_) => None,
        }
    }
}
