//! Capabilities that a component needs, derived from the host functions that it can reach. Only functions that acquire
//! something count: to read a file, code needs a folder from `wasi:filesystem/preopens`.

use std::collections::{BTreeMap, BTreeSet};

use crate::anatomy::reach::{HostFunction, Way};
use torvyn_runtime_core::capability::Capability;

/// A component's need for a capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The capability that is needed; several if the function called doesn't show which of them.
    pub any_of: Vec<Capability>,
    /// Capabilities that may be needed besides; declaring them doesn't count as unused.
    pub perhaps: Vec<Capability>,
    /// The interface or function that acquires it.
    pub acquired_by: String,
    /// Calls from an export to that function; `None` if the code was not followed.
    pub way: Option<Way>,
    /// Whether the component has code that could not be followed, so that all its imports count.
    pub is_opaque: bool,
}

/// The needs of code that reaches these functions.
#[must_use]
pub fn needs_of_reach(reached: &BTreeMap<HostFunction, Way>) -> Vec<Need> {
    let functions: BTreeSet<&str> = reached.keys().map(HostFunction::name).collect();
    let hints = Hints::of(&functions);
    let needs = reached.iter().flat_map(|(function, way)| {
        let acquired = match function {
            HostFunction::Imported { interface, function } => of_import(interface, Some(function), hints),
            HostFunction::Preview1(function) => of_preview1(function, hints),
        };
        let acquired_by = match function {
            HostFunction::Imported { interface, function } => format!("{interface}#{function}"),
            HostFunction::Preview1(function) => function.clone(),
        };
        acquired.into_iter().map(move |Acquired { any_of, perhaps }| Need {
            any_of,
            perhaps,
            acquired_by: acquired_by.clone(),
            way: Some(way.clone()),
            is_opaque: false,
        })
    });
    distinct(needs)
}

/// The needs of a component, from the names of its imports alone. `is_opaque`: it has code that could not be followed.
#[must_use]
pub fn needs_of_imports(imports: &[String], is_opaque: bool) -> Vec<Need> {
    let needs = imports.iter().flat_map(|import| {
        let acquired = of_import(import, None, Hints::default()).into_iter();
        acquired.map(move |Acquired { any_of, perhaps }| Need {
            any_of,
            perhaps,
            acquired_by: import.clone(),
            way: None,
            is_opaque,
        })
    });
    distinct(needs)
}

/// Keeps one need for each set of capabilities, the one with the shortest way. Drops a need for one of several
/// capabilities if one of these is needed by itself.
fn distinct(needs: impl Iterator<Item = Need>) -> Vec<Need> {
    let mut kept: Vec<Need> = Vec::new();
    let length = |need: &Need| need.way.as_ref().map_or(0, |way| way.0.len());
    for need in needs {
        match kept.iter_mut().find(|kept| kept.any_of == need.any_of) {
            Some(known) if length(&need) < length(known) => *known = need,
            Some(_) => {}
            None => kept.push(need),
        }
    }
    let certain: Vec<Capability> = kept.iter().filter_map(|need| only(&need.any_of)).collect();
    kept.retain(|need| need.any_of.len() == 1 || !need.any_of.iter().any(|one| certain.contains(one)));
    kept.sort_by(|a, b| a.any_of.cmp(&b.any_of));
    kept
}

fn only(capabilities: &[Capability]) -> Option<Capability> {
    match capabilities {
        [one] => Some(*one),
        _ => None,
    }
}

/// Capabilities that a function acquires.
struct Acquired {
    any_of: Vec<Capability>,
    perhaps: Vec<Capability>,
}

impl Acquired {
    fn one_of(any_of: &[Capability]) -> Vec<Self> {
        vec![Self {
            any_of: any_of.to_vec(),
            perhaps: Vec::new(),
        }]
    }

    /// Either or both of two capabilities. A flag is true if another call shows that its capability is needed; without
    /// such a call, either of them may be.
    fn either_or_both(first: (Capability, bool), second: (Capability, bool)) -> Vec<Self> {
        let one = |(capability, _), (other, is_needed): (Capability, bool)| Self {
            any_of: vec![capability],
            perhaps: if is_needed { Vec::new() } else { vec![other] },
        };
        match (first.1, second.1) {
            (false, false) => Self::one_of(&[first.0, second.0]),
            (true, false) => vec![one(first, second)],
            (false, true) => vec![one(second, first)],
            (true, true) => vec![one(first, second), one(second, first)],
        }
    }
}

/// Other functions that are called, as hints at the purpose of an acquisition.
#[derive(Clone, Copy, Default)]
struct Hints {
    reads: bool,
    writes: bool,
    connects: bool,
    listens: bool,
}

impl Hints {
    fn of(functions: &BTreeSet<&str>) -> Self {
        Self {
            reads: functions.iter().any(|name| is_read(name)),
            writes: functions.iter().any(|name| is_write(name)),
            connects: functions.contains("[method]tcp-socket.start-connect"),
            listens: functions.contains("[method]tcp-socket.start-listen"),
        }
    }
}

/// Whether a function reads files or folders. `fd_read` may also read standard input, but code that opens files seldom
/// does.
fn is_read(function: &str) -> bool {
    const READS: [&str; 10] = [
        "[method]descriptor.read",
        "[method]descriptor.read-via-stream",
        "[method]descriptor.read-directory",
        "[method]descriptor.readlink-at",
        "[method]descriptor.stat-at",
        "fd_read",
        "fd_pread",
        "fd_readdir",
        "path_readlink",
        "path_filestat_get",
    ];
    READS.contains(&function)
}

/// Whether a function changes files. `fd_write` is not one of them: it may write to standard output.
fn is_write(function: &str) -> bool {
    const WRITES: [&str; 18] = [
        "[method]descriptor.write",
        "[method]descriptor.write-via-stream",
        "[method]descriptor.append-via-stream",
        "[method]descriptor.create-directory-at",
        "[method]descriptor.remove-directory-at",
        "[method]descriptor.unlink-file-at",
        "[method]descriptor.rename-at",
        "[method]descriptor.link-at",
        "[method]descriptor.symlink-at",
        "[method]descriptor.set-size",
        "path_create_directory",
        "path_remove_directory",
        "path_unlink_file",
        "path_rename",
        "path_link",
        "path_symlink",
        "fd_filestat_set_size",
        "fd_pwrite",
    ];
    WRITES.contains(&function)
}

/// What a function of an interface acquires; without `function`, what the whole interface can.
fn of_import(interface: &str, function: Option<&str>, hints: Hints) -> Vec<Acquired> {
    use Capability as C;
    let path = interface.split('@').next().unwrap_or(interface);
    let acquires = |functions: &[&str]| function.is_none_or(|function| functions.contains(&function));
    match path {
        "wasi:filesystem/preopens" => filesystem(hints),
        "wasi:sockets/tcp-create-socket" => {
            Acquired::either_or_both((C::TcpConnect, hints.connects), (C::TcpListen, hints.listens))
        }
        "wasi:sockets/udp-create-socket" => Acquired::one_of(&[C::Udp]),
        // Sockets come from the function above; a world that imports this interface intends to use one.
        "wasi:sockets/tcp" if function.is_none() => Acquired::one_of(&[C::TcpConnect, C::TcpListen]),
        "wasi:sockets/udp" if function.is_none() => Acquired::one_of(&[C::Udp]),
        "wasi:sockets/ip-name-lookup" if acquires(&["resolve-addresses"]) => Acquired::one_of(&[C::TcpConnect, C::Udp]),
        "wasi:http/outgoing-handler" => Acquired::one_of(&[C::HttpOutgoing]),
        "wasi:clocks/wall-clock" if acquires(&["now", "resolution"]) => Acquired::one_of(&[C::WallClock]),
        "wasi:clocks/monotonic-clock" if acquires(&["now", "resolution"]) => Acquired::one_of(&[C::MonotonicClock]),
        "wasi:random/random" => Acquired::one_of(&[C::Random]),
        "wasi:random/insecure" => Acquired::one_of(&[C::InsecureRandom]),
        "wasi:cli/environment" => Acquired::one_of(&[C::Environment]),
        _ => Vec::new(),
    }
}

/// What a function of preview1 acquires.
fn of_preview1(function: &str, hints: Hints) -> Vec<Acquired> {
    use Capability as C;
    match function {
        "path_open" | "fd_prestat_get" | "fd_prestat_dir_name" | "path_filestat_get" | "path_readlink" => {
            filesystem(hints)
        }
        "sock_accept" => Acquired::one_of(&[C::TcpListen]),
        "sock_recv" | "sock_send" | "sock_shutdown" => Acquired::one_of(&[C::TcpConnect, C::TcpListen]),
        "clock_time_get" | "clock_res_get" => Acquired::one_of(&[C::WallClock, C::MonotonicClock]),
        "random_get" => Acquired::one_of(&[C::Random]),
        "environ_get" | "environ_sizes_get" | "args_get" | "args_sizes_get" => Acquired::one_of(&[C::Environment]),
        _ => Vec::new(),
    }
}

/// Access to files: reading, writing or both, as other calls show.
fn filesystem(hints: Hints) -> Vec<Acquired> {
    Acquired::either_or_both(
        (Capability::FilesystemRead, hints.reads),
        (Capability::FilesystemWrite, hints.writes),
    )
}
