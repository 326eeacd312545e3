//! The ways of doing the work of a program.

use std::path::{Path, PathBuf};
use std::process::Command;

use native::programs::Program;

use crate::load::Load;

/// What the others are compared with.
pub(crate) const PLAIN: &str = "plain";

/// Tasks on one thread.
pub(crate) const TOKIO: &str = "tokio-1";

/// Tasks on as many threads as there are cores.
pub(crate) const TOKIO_ON_ALL: &str = "tokio-cores";

/// The path whose time is asked for.
pub(crate) const DIRECT: &str = "direct";

/// The default.
pub(crate) const AUTO: &str = "auto";

/// The default, with a replica for each core.
pub(crate) const REPLICAS: &str = "auto-replicas";

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    /// Its name in output.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One loop.
    Plain,
    /// A tokio task for each stage.
    Tasks { on_all_cores: bool },
    /// wasmtime by hand.
    Typed,
    /// An executable that `torvync` makes, with this call path. `divided`: a replica for each core.
    Compiled { path: &'static str, divided: bool },
}

/// All of them, in the order of the output.
pub(crate) const VARIANTS: [Variant; 9] = [
    variant(PLAIN, Kind::Plain),
    variant(TOKIO, Kind::Tasks { on_all_cores: false }),
    variant(TOKIO_ON_ALL, Kind::Tasks { on_all_cores: true }),
    variant("typed", Kind::Typed),
    compiled("component", "component", false),
    compiled(DIRECT, "direct", false),
    compiled("fused", "fused", false),
    compiled(AUTO, "auto", false),
    compiled(REPLICAS, "auto", true),
];

const fn variant(name: &'static str, kind: Kind) -> Variant {
    Variant { name, kind }
}

const fn compiled(name: &'static str, path: &'static str, divided: bool) -> Variant {
    variant(name, Kind::Compiled { path, divided })
}

impl Variant {
    /// Whether a program can be done in this way, on so many cores.
    pub(crate) fn suits(self, program: &Program, cores: usize) -> bool {
        match self.kind {
            Kind::Plain | Kind::Typed => true,
            Kind::Tasks { on_all_cores } => !on_all_cores || cores > 1,
            Kind::Compiled { divided, .. } => !divided || cores > 1 && program.can_be_divided,
        }
    }

    /// Whether its lines may come in another order.
    pub(crate) fn is_divided(self) -> bool {
        matches!(self.kind, Kind::Compiled { divided: true, .. })
    }
}

/// Where the files of all variants are.
pub(crate) struct Places {
    pub(crate) manifest: PathBuf,
    pub(crate) native: PathBuf,
    pub(crate) typed: PathBuf,
    pub(crate) work: PathBuf,
    pub(crate) cores: usize,
}

impl Places {
    /// The executable of a program.
    pub(crate) fn executable(&self, program: &Program, variant: Variant) -> PathBuf {
        self.work.join("bin").join(format!("{}-{}", program.name, variant.name))
    }

    /// The machine code of the components.
    pub(crate) fn modules(&self) -> PathBuf {
        self.work.join("modules")
    }

    /// The process that does the work of a program. It appends to `output`, where it writes to a file.
    pub(crate) fn command(&self, program: &Program, variant: Variant, load: Load<'_>, output: &Path) -> Command {
        let mut command = match variant.kind {
            Kind::Plain => self.by_hand(&self.native.join("plain"), program),
            Kind::Tasks { on_all_cores } => {
                let mut command = self.by_hand(&self.native.join("tasks"), program);
                command.arg("--threads");
                command.arg(if on_all_cores { self.cores } else { 1 }.to_string());
                command
            }
            Kind::Typed => {
                let mut command = self.by_hand(&self.typed, program);
                command.arg("--modules").arg(self.modules());
                command
            }
            Kind::Compiled { .. } => {
                let mut command = Command::new(self.executable(program, variant));
                command.arg("--quiet");
                command
            }
        };
        let elements = load.elements.to_string();
        match variant.kind {
            // A limit would hold for all replicas together, whichever elements they have taken by then. They end with
            // their input, or with their share of a number.
            Kind::Compiled { divided: true, .. } if program.reads_file() => &mut command,
            Kind::Compiled { divided: true, .. } => command.arg("--config").arg(format!("source.count={elements}")),
            Kind::Compiled { .. } => command.arg("--limit").arg(elements),
            Kind::Plain | Kind::Tasks { .. } | Kind::Typed => command.arg("--elements").arg(elements),
        };
        if program.reads_file() {
            command.arg("--input").arg(load.input);
        }
        if program.writes_file() {
            command.arg("--output").arg(output);
        }
        command
    }

    fn by_hand(&self, binary: &Path, program: &Program) -> Command {
        let mut command = Command::new(binary);
        command.args(["--flow", program.name, "--manifest"]).arg(&self.manifest);
        command
    }
}
