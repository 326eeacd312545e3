//! Grants and requests as texts, and whether one covers the other.

use std::fmt;
use std::str::FromStr;

use super::{Capability, ENTRIES, Entry, GIVEN, ScopeKind};

/// A grant to a component: `wasi:filesystem/read:/data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The capabilities granted.
    pub entry: &'static Entry,
    /// The scope of the grant; `None` is everywhere.
    pub scope: Option<Scope>,
}

/// A capability that a component declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The capabilities requested.
    pub entry: &'static Entry,
    /// The scope requested.
    pub scope: Wanted,
}

/// The scope in which a component wants to use a capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Not stated: any scope that the grant allows. Keys such as `wasi-filesystem-read` state none.
    Somewhere,
    /// Every scope.
    Everywhere,
    /// This scope.
    Within(Scope),
}

/// The scope of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A folder with everything below it, as the parts of its path.
    Path(Vec<String>),
    /// Hosts and ports.
    Host {
        /// A name; one that starts with `*.` stands for all names below it.
        host: String,
        /// First and last port; `None` is all ports.
        ports: Option<(u16, u16)>,
    },
    /// A name; one that ends with `*` stands for all names with that beginning.
    Name(String),
}

/// The reason why a text is neither a grant nor a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// There is no such capability.
    Unknown,
    /// The capability takes no scope.
    Scope(&'static str),
    /// The scope is malformed for this capability.
    BadScope(&'static str),
}

impl FromStr for Grant {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (entry, scope) = split(text).ok_or(Malformed::Unknown)?;
        let scope = scope.map(|scope| Scope::parse(entry, scope)).transpose()?;
        Ok(Grant { entry, scope })
    }
}

impl FromStr for Request {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Some(entry) = Entry::by_key(text) {
            return Ok(Request {
                entry,
                scope: Wanted::Somewhere,
            });
        }
        let Grant { entry, scope } = text.parse()?;
        let scope = scope.map_or(Wanted::Everywhere, Wanted::Within);
        Ok(Request { entry, scope })
    }
}

/// The longest grant name that `text` starts with, and the scope after it.
fn split(text: &str) -> Option<(&'static Entry, Option<&str>)> {
    let found = ENTRIES.iter().filter_map(|entry| {
        let rest = text.strip_prefix(entry.grant)?;
        match rest.strip_prefix(':') {
            Some(scope) => Some((entry, Some(scope))),
            None => rest.is_empty().then_some((entry, None)),
        }
    });
    found.max_by_key(|(entry, _)| entry.grant.len())
}

/// Whether a component with the grants `grants` may use all of `asked`, which is written as in a grant or as a key of
/// `[capabilities.*]`. The capabilities of every component need no grant; the answer for an unknown name is no.
#[must_use]
pub fn has(grants: &[&str], asked: &str) -> bool {
    let Ok(Request { entry, scope }) = asked.parse() else {
        return false;
    };
    let grants: Vec<Grant> = grants.iter().filter_map(|grant| grant.parse().ok()).collect();
    let is_covered = |member: &Capability| grants.iter().any(|grant| grant.covers(*member, &scope));
    entry
        .members
        .iter()
        .all(|member| GIVEN.contains(member) || is_covered(member))
}

impl Grant {
    /// Whether the grant lets a component use `capability` in the scope `wanted`.
    #[must_use]
    pub fn covers(&self, capability: Capability, wanted: &Wanted) -> bool {
        self.entry.members.contains(&capability)
            && match (&self.scope, wanted) {
                (None, _) | (Some(_), Wanted::Somewhere) => true,
                (Some(_), Wanted::Everywhere) => false,
                (Some(own), Wanted::Within(other)) => own.contains(other),
            }
    }
}

impl Scope {
    fn parse(entry: &Entry, text: &str) -> Result<Self, Malformed> {
        match entry.scope {
            ScopeKind::None => Err(Malformed::Scope(entry.grant)),
            ScopeKind::Path => path(text).ok_or(Malformed::BadScope("an absolute path without `..`")),
            ScopeKind::Host => host(text).ok_or(Malformed::BadScope("`HOST`, `HOST:PORT` or `HOST:FIRST-LAST`")),
            ScopeKind::Name => {
                let stem = text.strip_suffix('*').unwrap_or(text);
                let is_name = !text.is_empty() && !stem.contains(['*', ':', '/', ' ']);
                is_name
                    .then(|| Scope::Name(text.to_owned()))
                    .ok_or(Malformed::BadScope("a name"))
            }
        }
    }

    /// Whether all of `other` is in this scope too.
    #[must_use]
    pub fn contains(&self, other: &Scope) -> bool {
        match (self, other) {
            (Scope::Path(own), Scope::Path(other)) => other.starts_with(own),
            (
                Scope::Host { host, ports },
                Scope::Host {
                    host: other,
                    ports: wanted,
                },
            ) => {
                let ports_fit = match (ports, wanted) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some((first, last)), Some((from, to))) => first <= from && to <= last,
                };
                ports_fit && host_contains(host, other)
            }
            (Scope::Name(own), Scope::Name(other)) => match own.strip_suffix('*') {
                Some(start) => other.starts_with(start),
                None => own == other,
            },
            (Scope::Path(_) | Scope::Host { .. } | Scope::Name(_), _) => false,
        }
    }
}

fn path(text: &str) -> Option<Scope> {
    let parts: Vec<&str> = text
        .strip_prefix('/')?
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    (!parts.contains(&"..")).then(|| Scope::Path(parts.into_iter().map(str::to_owned).collect()))
}

fn host(text: &str) -> Option<Scope> {
    let (host, ports) = match text.rsplit_once(':') {
        Some((host, ports)) => (host, Some(port_range(ports)?)),
        None => (text, None),
    };
    let name = host.strip_prefix("*.").unwrap_or(host);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
    (is_name || host == "*").then(|| Scope::Host {
        host: host.to_ascii_lowercase(),
        ports,
    })
}

fn port_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

fn host_contains(own: &str, other: &str) -> bool {
    match own.strip_prefix('*') {
        Some("") => true,
        Some(end) => other.ends_with(end),
        None => own == other,
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Unknown => write!(f, "no such capability"),
            Malformed::Scope(grant) => write!(f, "`{grant}` has no scope"),
            Malformed::BadScope(expected) => write!(f, "expected {expected} as its scope"),
        }
    }
}
