//! The functions that a component exports, and the core code that implements them.

use wasmparser::{BinaryReaderError, ComponentExternalKind};

use super::spaces::{CompInstance, Func, Spaces};
use super::{Body, Lift};

impl Body<'_> {
    /// Returns the exported functions whose code is found, in the order of the exports.
    pub(super) fn lifts(&self) -> Result<Vec<Lift>, BinaryReaderError> {
        let mut lifts = Vec::new();
        for (name, kind, index) in &self.spaces.exports {
            match kind {
                ComponentExternalKind::Func => lifts.extend(self.lift("", name, *index)),
                ComponentExternalKind::Instance => self.lifts_of(name, *index, &mut lifts)?,
                ComponentExternalKind::Module
                | ComponentExternalKind::Component
                | ComponentExternalKind::Type
                | ComponentExternalKind::Value => {}
            }
        }
        Ok(lifts)
    }

    /// Adds the functions of an exported instance.
    fn lifts_of(&self, interface: &str, instance: u32, lifts: &mut Vec<Lift>) -> Result<(), BinaryReaderError> {
        match self.spaces.instances.get(instance as usize) {
            Some(CompInstance::Same(other)) => self.lifts_of(interface, *other, lifts),
            Some(CompInstance::Bundle(items)) => {
                let functions = items.iter().filter(|(_, kind, _)| *kind == ComponentExternalKind::Func);
                lifts.extend(functions.filter_map(|(name, _, index)| self.lift(interface, name, *index)));
                Ok(())
            }
            Some(CompInstance::Component { component, arguments }) => {
                // Encoders wrap exports into a nested component that exports what it imports.
                let Some(nested) = self.spaces.components.get(*component) else {
                    return Ok(());
                };
                let nested = Spaces::read(nested)?;
                for (name, kind, index) in &nested.exports {
                    let import = passed_on(&nested, *index).filter(|_| *kind == ComponentExternalKind::Func);
                    let argument = import.and_then(|import| {
                        let is_it = |(name, kind, _): &&(String, ComponentExternalKind, u32)| {
                            name == import && *kind == ComponentExternalKind::Func
                        };
                        arguments.iter().find(is_it)
                    });
                    lifts.extend(argument.and_then(|(_, _, func)| self.lift(interface, name, *func)));
                }
                Ok(())
            }
            Some(CompInstance::Import(_) | CompInstance::Export) | None => Ok(()),
        }
    }

    fn lift(&self, interface: &str, function: &str, func: u32) -> Option<Lift> {
        match self.spaces.funcs.get(func as usize)? {
            Func::Same(other) => self.lift(interface, function, *other),
            Func::Lift { core, options } => Some(Lift {
                interface: interface.to_owned(),
                function: function.to_owned(),
                code: self.code(*core)?,
                post_return: self.post_return(options),
                abi: self.abi(options),
            }),
            Func::Import(_) | Func::Export { .. } => None,
        }
    }
}

/// Returns the import that a function of a nested component is, if it is one.
fn passed_on<'a>(nested: &'a Spaces<'_>, func: u32) -> Option<&'a str> {
    match nested.funcs.get(func as usize)? {
        Func::Import(name) => Some(name),
        Func::Same(other) => passed_on(nested, *other),
        Func::Export { .. } | Func::Lift { .. } => None,
    }
}
