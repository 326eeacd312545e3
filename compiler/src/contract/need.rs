//! Which capabilities a component needs, from the host functions it can call. Only functions that acquire something count:
//! reading a file takes a folder that `wasi:filesystem/preopens` gave.

use std::collections::{BTreeMap, BTreeSet};

use super::capability::Capability;
use crate::anatomy::reach::{HostFunction, Way};

/// Something that a component can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What it takes: one of these, where the function called does not tell which.
    pub any_of: Vec<Capability>,
    /// What gives it, as interface or function.
    pub acquired_by: String,
    /// How the code gets there, when it was followed.
    pub way: Option<Way>,
    /// Whether there is code that could not be followed, so that all its imports count.
    pub is_opaque: bool,
}

/// The needs of code that reaches these functions.
#[must_use]
pub fn needs_of_reach(reached: &BTreeMap<HostFunction, Way>) -> Vec<Need> {
    let functions: BTreeSet<&str> = reached.keys().map(HostFunction::name).collect();
    let hints = Hints::of(&functions);
    let needs = reached.iter().filter_map(|(function, way)| {
        let any_of = match function {
            HostFunction::Imported { interface, function } => of_import(interface, Some(function), hints),
            HostFunction::Preview1(function) => of_preview1(function, hints),
        };
        let acquired_by = match function {
            HostFunction::Imported { interface, function } => format!("{interface}#{function}"),
            HostFunction::Preview1(function) => function.clone(),
        };
        (!any_of.is_empty()).then(|| Need {
            any_of,
            acquired_by,
            way: Some(way.clone()),
            is_opaque: false,
        })
    });
    distinct(needs)
}

/// The needs of a component of which only the names of its imports are known. `is_opaque`: there is code, and it could not
/// be followed.
#[must_use]
pub fn needs_of_imports(imports: &[String], is_opaque: bool) -> Vec<Need> {
    let needs = imports.iter().filter_map(|import| {
        let any_of = of_import(import, None, Hints::default());
        (!any_of.is_empty()).then(|| Need {
            any_of,
            acquired_by: import.clone(),
            way: None,
            is_opaque,
        })
    });
    distinct(needs)
}

/// One need for each set of capabilities; of several, the one with the shortest way.
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

/// What else is called, which tells what something is acquired for.
#[derive(Clone, Copy, Default)]
struct Hints {
    writes: bool,
    connects: bool,
    listens: bool,
}

impl Hints {
    fn of(functions: &BTreeSet<&str>) -> Self {
        Self {
            writes: functions.iter().any(|name| is_write(name)),
            connects: functions.contains("[method]tcp-socket.start-connect"),
            listens: functions.contains("[method]tcp-socket.start-listen"),
        }
    }
}

/// Functions that change files and nothing else; writing to a descriptor may as well be standard output.
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

/// What a function of an interface acquires; without `function`, what the whole interface is for.
fn of_import(interface: &str, function: Option<&str>, hints: Hints) -> Vec<Capability> {
    use Capability as C;
    let path = interface.split('@').next().unwrap_or(interface);
    let acquires = |functions: &[&str]| function.is_none_or(|function| functions.contains(&function));
    match path {
        "wasi:filesystem/preopens" => filesystem(hints.writes),
        "wasi:sockets/tcp-create-socket" => match (hints.connects, hints.listens) {
            (true, false) => vec![C::TcpConnect],
            (false, true) => vec![C::TcpListen],
            (true, true) | (false, false) => vec![C::TcpConnect, C::TcpListen],
        },
        "wasi:sockets/udp-create-socket" => vec![C::Udp],
        "wasi:sockets/ip-name-lookup" if acquires(&["resolve-addresses"]) => vec![C::TcpConnect, C::Udp],
        "wasi:http/outgoing-handler" => vec![C::HttpOutgoing],
        "wasi:clocks/wall-clock" if acquires(&["now", "resolution"]) => vec![C::WallClock],
        "wasi:clocks/monotonic-clock" if acquires(&["now", "resolution"]) => vec![C::MonotonicClock],
        "wasi:random/random" => vec![C::Random],
        "wasi:random/insecure" => vec![C::InsecureRandom],
        "wasi:cli/environment" => vec![C::Environment],
        _ => Vec::new(),
    }
}

/// What a function of preview1 acquires.
fn of_preview1(function: &str, hints: Hints) -> Vec<Capability> {
    use Capability as C;
    match function {
        "path_open" | "fd_prestat_get" | "fd_prestat_dir_name" | "path_filestat_get" | "path_readlink" => {
            filesystem(hints.writes)
        }
        "sock_accept" => vec![C::TcpListen],
        "sock_recv" | "sock_send" | "sock_shutdown" => vec![C::TcpConnect, C::TcpListen],
        "clock_time_get" | "clock_res_get" => vec![C::WallClock, C::MonotonicClock],
        "random_get" => vec![C::Random],
        "environ_get" | "environ_sizes_get" | "args_get" | "args_sizes_get" => vec![C::Environment],
        _ => Vec::new(),
    }
}

/// A folder that was opened can be read; whether it is written too shows in what else is called.
fn filesystem(writes: bool) -> Vec<Capability> {
    if writes {
        vec![Capability::FilesystemWrite]
    } else {
        vec![Capability::FilesystemRead, Capability::FilesystemWrite]
    }
}
