//! WASI 0.2 by package. Generated code names the packages that the program's components import; code of the others is
//! not linked into the executable.

use wasmtime::Result;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};
use wasmtime_wasi::{WasiCtxView, WasiView};

use super::store::StageData;

mod guarded;
mod wait;

use guarded::{HasGuarded, guarded};
use wait::HasWaiting;

impl WasiView for StageData {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.system.ctx,
            table: &mut self.system.table,
        }
    }
}

/// `wasi:cli`: standard output and error; arguments, environment and standard input are empty.
///
/// # Errors
/// When an interface is defined twice.
pub fn cli(linker: &mut Linker<StageData>) -> Result<()> {
    type View = WasiCli;
    let view = StageData::cli;
    bindings::cli::exit::add_to_linker::<_, View>(linker, view)?;
    bindings::cli::environment::add_to_linker::<_, View>(linker, view)?;
    bindings::cli::stdin::add_to_linker::<_, View>(linker, view)?;
    bindings::cli::stdout::add_to_linker::<_, View>(linker, view)?;
    bindings::cli::stderr::add_to_linker::<_, View>(linker, view)?;
    bindings::cli::terminal_input::add_to_linker::<_, View>(linker, view)?;
    bindings::cli::terminal_output::add_to_linker::<_, View>(linker, view)?;
    bindings::cli::terminal_stdin::add_to_linker::<_, View>(linker, view)?;
    bindings::cli::terminal_stdout::add_to_linker::<_, View>(linker, view)?;
    bindings::cli::terminal_stderr::add_to_linker::<_, View>(linker, view)
}

/// `wasi:clocks`; each clock needs a grant.
///
/// # Errors
/// When an interface is defined twice.
pub fn clocks(linker: &mut Linker<StageData>) -> Result<()> {
    bindings::clocks::wall_clock::add_to_linker::<_, HasGuarded>(linker, guarded)?;
    bindings::clocks::monotonic_clock::add_to_linker::<_, HasGuarded>(linker, guarded)
}

/// `wasi:filesystem`, with no folder.
///
/// # Errors
/// When an interface is defined twice.
pub fn filesystem(linker: &mut Linker<StageData>) -> Result<()> {
    bindings::filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, StageData::filesystem)?;
    bindings::sync::filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, StageData::filesystem)
}

/// `wasi:io`.
///
/// # Errors
/// When an interface is defined twice.
pub fn io(linker: &mut Linker<StageData>) -> Result<()> {
    wasmtime_wasi_io::bindings::wasi::io::error::add_to_linker::<_, HasTable>(linker, table)?;
    bindings::sync::io::poll::add_to_linker::<_, HasWaiting>(linker, wait::waiting)?;
    bindings::sync::io::streams::add_to_linker::<_, HasTable>(linker, table)
}

struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

fn table(data: &mut StageData) -> &mut ResourceTable {
    &mut data.system.table
}

/// `wasi:random`; it needs a grant, except for the seed of hash tables.
///
/// # Errors
/// When an interface is defined twice.
pub fn random(linker: &mut Linker<StageData>) -> Result<()> {
    bindings::random::random::add_to_linker::<_, HasGuarded>(linker, guarded)?;
    bindings::random::insecure::add_to_linker::<_, HasGuarded>(linker, guarded)?;
    bindings::random::insecure_seed::add_to_linker::<_, HasGuarded>(linker, guarded)
}

/// `wasi:sockets`, with no network.
///
/// # Errors
/// When an interface is defined twice.
pub fn sockets(linker: &mut Linker<StageData>) -> Result<()> {
    type View = WasiSockets;
    let view = StageData::sockets;
    let options = bindings::sync::LinkOptions::default();
    bindings::sockets::tcp_create_socket::add_to_linker::<_, View>(linker, view)?;
    bindings::sockets::instance_network::add_to_linker::<_, View>(linker, view)?;
    bindings::sockets::network::add_to_linker::<_, View>(linker, &(&options).into(), view)?;
    bindings::sockets::ip_name_lookup::add_to_linker::<_, View>(linker, view)?;
    bindings::sync::sockets::tcp::add_to_linker::<_, View>(linker, view)?;
    bindings::sync::sockets::udp::add_to_linker::<_, View>(linker, view)?;
    bindings::sync::sockets::udp_create_socket::add_to_linker::<_, View>(linker, view)
}
