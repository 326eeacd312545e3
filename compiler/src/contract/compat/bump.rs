//! Version bumps: whether the new version of a package fits its changes.

use semver::Version;

use super::Level;

/// Versions of a package in two contracts, and the level of its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bump {
    /// `namespace:name`.
    pub package: String,
    /// `namespace:name` of the package that it is compared with, if that is another one.
    pub other: Option<String>,
    /// Version in the old contract.
    pub old: Option<Version>,
    /// Version in the new one.
    pub new: Option<Version>,
    /// Level of the greatest change; `None` without changes.
    pub needed: Option<Level>,
}

impl Bump {
    /// Whether only the version is different.
    #[must_use]
    pub fn is_renumbered(&self) -> bool {
        self.needed.is_none() && self.old != self.new
    }

    /// Whether the new version fits the changes: it rises by at least their level, and without changes doesn't fall.
    /// Below 1.0 the second number counts as the major version and the third as the minor one (semver.org, item 4, as
    /// cargo and wasmtime read it).
    #[must_use]
    pub fn is_enough(&self) -> bool {
        if self.other.is_some() {
            return false;
        }
        let (old, new) = match (&self.old, &self.new) {
            (Some(old), Some(new)) => (old, new),
            // Users who name the version find no package.
            (Some(_), None) => return false,
            // The first version: no user has named one before.
            (None, Some(_)) => return true,
            (None, None) => return self.needed < Some(Level::Major),
        };
        let Some(needed) = self.needed else {
            return old <= new;
        };
        let said = if old.major != new.major || (new.major == 0 && old.minor != new.minor) {
            Some(Level::Major)
        } else if old.minor != new.minor || (new.major == 0 && old.patch != new.patch) {
            Some(Level::Minor)
        } else if old < new {
            Some(Level::Patch)
        } else {
            None
        };
        old < new && said >= Some(needed)
    }

    /// The lowest version that fits the changes; `None` without an old version, and for another package.
    #[must_use]
    pub fn expected(&self) -> Option<Version> {
        let old = self.old.as_ref().filter(|_| self.other.is_none())?;
        let Some(needed) = self.needed else {
            return Some(old.clone());
        };
        Some(match (needed, old.major) {
            (Level::Major, 0) => Version::new(0, old.minor + 1, 0),
            (Level::Major, major) => Version::new(major + 1, 0, 0),
            (Level::Minor, major) if major > 0 => Version::new(major, old.minor + 1, 0),
            (Level::Minor | Level::Patch, _) => Version::new(old.major, old.minor, old.patch + 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_says_how_much_may_have_changed() {
        use Level::{Major, Minor, Patch};
        let cases = [
            ("1.2.3", "2.0.0", Major, true, "2.0.0"),
            ("1.2.3", "1.3.0", Major, false, "2.0.0"),
            ("1.2.3", "1.3.0", Minor, true, "1.3.0"),
            ("1.2.3", "1.2.4", Minor, false, "1.3.0"),
            ("1.2.3", "1.2.4", Patch, true, "1.2.4"),
            ("1.2.3", "1.2.3", Patch, false, "1.2.4"),
            ("1.2.3", "1.1.0", Patch, false, "1.2.4"),
            ("0.2.3", "0.3.0", Major, true, "0.3.0"),
            ("0.2.3", "0.2.4", Major, false, "0.3.0"),
            ("0.2.3", "0.2.4", Minor, true, "0.2.4"),
            ("0.9.0", "1.0.0", Major, true, "0.10.0"),
        ];
        for (old, new, needed, is_enough, expected) in cases {
            let bump = Bump {
                package: "a:b".into(),
                other: None,
                old: old.parse().ok(),
                new: new.parse().ok(),
                needed: Some(needed),
            };
            assert_eq!(bump.is_enough(), is_enough, "{old} to {new}: {needed:?}");
            assert_eq!(bump.expected(), expected.parse().ok(), "{old}: {needed:?}");
        }
    }

    #[test]
    fn without_versions_only_what_breaks_is_too_much() {
        let bump = |needed| Bump {
            package: "a:b".into(),
            other: None,
            old: None,
            new: None,
            needed,
        };
        assert!(bump(None).is_enough() && bump(Some(Level::Minor)).is_enough());
        assert!(!bump(Some(Level::Major)).is_enough());
        assert_eq!(bump(Some(Level::Major)).expected(), None);
    }

    #[test]
    fn a_first_version_shows_any_change_and_another_package_none() {
        let bump = |old: &str, other: Option<&str>| Bump {
            package: "a:b".into(),
            other: other.map(str::to_owned),
            old: old.parse().ok(),
            new: "2.0.0".parse().ok(),
            needed: Some(Level::Major),
        };
        assert!(bump("", None).is_enough() && bump("1.0.0", None).is_enough());
        for old in ["", "1.0.0"] {
            assert!(!bump(old, Some("c:b")).is_enough());
            assert_eq!(bump(old, Some("c:b")).expected(), None);
        }
    }

    #[test]
    fn a_version_alone_may_rise_and_not_fall() {
        let bump = |old: &str, new: &str| Bump {
            package: "a:b".into(),
            other: None,
            old: old.parse().ok(),
            new: new.parse().ok(),
            needed: None,
        };
        for (old, new, is_enough) in [
            ("0.1.0", "0.1.0", true),
            ("0.1.0", "0.2.0", true),
            ("0.2.0", "0.1.0", false),
            ("0.2.0", "", false),
            ("", "0.1.0", true),
        ] {
            assert_eq!(bump(old, new).is_enough(), is_enough, "{old} to {new}");
            assert_eq!(bump(old, new).is_renumbered(), old != new, "{old} to {new}");
            assert_eq!(bump(old, new).expected(), old.parse().ok(), "{old} to {new}");
        }
    }
}
