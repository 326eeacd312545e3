//! The code of a component for the direct and the fused path, computed at first use.

use std::cell::OnceCell;

use crate::anatomy::Anatomy;
use crate::aot::Normalised;
use crate::glue::{self, StageCode};

/// A component.
pub(super) struct Stage<'a> {
    /// Its binary.
    pub(super) binary: &'a Normalised,
    code: OnceCell<Result<StageCode, String>>,
    direct: OnceCell<Result<Vec<u8>, String>>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(binary: &'a Normalised) -> Self {
        Self {
            binary,
            code: OnceCell::new(),
            direct: OnceCell::new(),
        }
    }

    /// The core module that does its work, or the reason why there is none.
    pub(super) fn code(&self) -> Result<&StageCode, &str> {
        let code = self.code.get_or_init(|| {
            let anatomy = Anatomy::of(&self.binary.bytes).expect("invariant: the component was read before");
            anatomy.stage_code().map_err(|obstacle| obstacle.to_string())
        });
        code.as_ref().map_err(String::as_str)
    }

    /// The shell of this component alone, or the reason why there is none.
    pub(super) fn direct(&self) -> Result<&[u8], &str> {
        let direct = self.direct.get_or_init(|| {
            let code = self.code().map_err(str::to_owned)?;
            glue::direct(code).map_err(|error| error.to_string())
        });
        direct.as_ref().map(Vec::as_slice).map_err(String::as_str)
    }
}
