//! A real client: Neovim, with the configuration that `editors/README.md` recommends.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use tempfile::TempDir;

use crate::binary::torvync;

const BROKEN: &str = "\
[torvyn]
name = \"demo\"
version = \"0.1.0\"
contract_version = \"0.1.0\"

# Größe: 𝄞
[flow.main.nodes.numbers]
component = \"builtin:generator\"

[flow.main.nodes.out]
component = \"builtin:konsole\"

[[flow.main.edges]]
from = { node = \"numbers\", port = \"output\" }
to = { node = \"out\", port = \"input\" }

[runtime]
worker_thread = 2

[flow.main]
replicas = 2
";

/// Compares the state shown by Neovim with `neovim.txt`; `TORVYNC_BLESS=1` rewrites that.
#[test]
fn neovim_shows_completes_and_mends() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("Torvyn.toml"), BROKEN).unwrap();
    let report = folder.path().join("report.txt");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let neovim = Command::new("nvim")
        .args(["--headless", "--clean", "-n", "-S"])
        .arg(tests.join("lsp/neovim.lua"))
        .current_dir(folder.path())
        .env("TORVYNC", torvync())
        .env("REPORT", &report)
        .env("EDITORS", tests.join("../editors"))
        .env("XDG_STATE_HOME", folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("Neovim is installed: `cargo xtask setup` does it, or `apt-get install neovim`");
    let seen = fs::read_to_string(&report)
        .unwrap_or_else(|_| panic!("Neovim reported nothing: {}", String::from_utf8_lossy(&neovim.stderr)));
    let golden = tests.join("lsp/neovim.txt");
    if env::var("TORVYNC_BLESS").is_ok_and(|value| value == "1") {
        fs::write(&golden, &seen).unwrap();
    }
    assert_eq!(seen, fs::read_to_string(&golden).unwrap_or_default());
}
