//! The capabilities granted to a component, in the form in which host functions check them, and the error for calls
//! that lack one.

use std::fmt;

use super::{Capability, Entry, GIVEN, Grant};

/// The set of capabilities that a component may use in some scope; functions that open files or connections check the
/// scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Granted(u32);

/// Use of a capability that was not granted, as an error that ends the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied(pub Capability);

impl Granted {
    /// The capabilities in the texts of grants, and those of every component.
    #[must_use]
    pub fn of(grants: &[&str]) -> Self {
        let granted = grants.iter().filter_map(|text| text.parse::<Grant>().ok());
        let members = granted.flat_map(|grant| grant.entry.members.iter());
        Self(members.chain(GIVEN).fold(0, |set, member| set | bit(*member)))
    }

    /// Checks that a component may use `capability`.
    ///
    /// # Errors
    /// When it is not granted.
    #[inline]
    pub fn permit(self, capability: Capability) -> Result<(), Denied> {
        if self.0 & bit(capability) == 0 {
            Err(Denied(capability))
        } else {
            Ok(())
        }
    }
}

fn bit(capability: Capability) -> u32 {
    1 << capability as u32
}

impl std::error::Error for Denied {}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { grant, .. } = self.0.entry();
        write!(f, "`{grant}` is not granted")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_permits_its_members_and_nothing_else() {
        let granted = Granted::of(&["wasi:clocks", "wasi:random/insecure", "no such grant"]);
        for capability in [
            Capability::WallClock,
            Capability::MonotonicClock,
            Capability::InsecureRandom,
            Capability::Stdout,
        ] {
            assert_eq!(granted.permit(capability), Ok(()));
        }
        for capability in [Capability::Random, Capability::FilesystemRead, Capability::Metrics] {
            assert_eq!(granted.permit(capability), Err(Denied(capability)));
        }
        let error = Granted::of(&[]).permit(Capability::WallClock).unwrap_err();
        assert_eq!(error.to_string(), "`wasi:clocks/wall-clock` is not granted");
    }
}
