//! Installation of everything missing on a machine with only a Rust toolchain.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Done, answers, root, run, target_dir};

const TARGET: &str = "wasm32-wasip2";
const CLANG: &[&str] = &["clang", "libclang-rt-dev-wasm32", "wasi-libc"];

/// Installs the tools for guests and native executables, and those of some tests: a compiler each for guests in C,
/// JavaScript and Python, Neovim as a client of the language server, and an emulator of another processor.
///
/// Without the latter, the tests that need them fail and name what is missing; all others can run.
pub(crate) fn setup() -> Done {
    for_rust()?;
    for (what, set_up) in [
        ("guests in C will not compile", for_c as fn() -> Done),
        ("guests in JavaScript will not compile", for_javascript),
        ("guests in Python will not compile", for_python),
        ("the language server has no client to be tested with", neovim),
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        ("executables for another processor can't be made and run", for_aarch64),
    ] {
        if let Err(error) = set_up() {
            eprintln!("{what}: {error}");
        }
    }
    Ok(())
}

/// Installs the tools for guests in Rust and native executables.
pub(crate) fn for_rust() -> Done {
    linker()?;
    library(TARGET)
}

/// Installs the standard library for a target. The script does nothing if the target already works, and ends by compiling
/// a program for it.
fn library(target: &str) -> Done {
    run(Command::new("bash")
        .arg(root().join("xtask/install-target.sh"))
        .arg(target))
    .map_err(|error| format!("the target {target} cannot be installed: {error}"))
}

fn linker() -> Done {
    if answers("cc", &["--version"]) {
        println!("C linker: cc");
        return Ok(());
    }
    println!("C linker: missing");
    install(&["gcc", "libc6-dev"]).map_err(|error| format!("there is no C linker (`cc`); {error}"))
}

/// Installs Clang with headers and a library for WebAssembly; the linkers come with the Rust toolchain.
fn for_c() -> Done {
    if !compiles_c() {
        println!("C for WebAssembly: missing");
        install(CLANG)?;
        if !compiles_c() {
            return Err(format!("clang does not work with what `{}` installs", CLANG.join(" ")));
        }
    }
    println!("C for WebAssembly: clang");
    Ok(())
}

fn compiles_c() -> bool {
    let headers = "--target=wasm32-wasi --sysroot=/usr -fsyntax-only -include stdlib.h -x c /dev/null";
    let headers: Vec<&str> = headers.split(' ').collect();
    answers("clang", &headers) && clang_runtime().is_some_and(|archive| archive.is_file())
}

/// Folder in which clang looks for the runtime library of its generated code.
fn clang_runtime() -> Option<PathBuf> {
    let output = Command::new("clang")
        .args(["--target=wasm32-wasi", "-print-libgcc-file-name"])
        .output()
        .ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// Installs what executables for aarch64 take: a compiler that links them, Rust's standard library, and an emulator.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn for_aarch64() -> Done {
    let is_there = answers("aarch64-linux-gnu-gcc", &["--version"]) && answers("qemu-aarch64-static", &["--version"]);
    if !is_there {
        println!("aarch64: missing");
        install(&["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user-static"])?;
    }
    library("aarch64-unknown-linux-gnu")?;
    println!("aarch64: aarch64-linux-gnu-gcc and qemu-aarch64-static");
    Ok(())
}

fn neovim() -> Done {
    if !answers("nvim", &["--version"]) {
        println!("Neovim: missing");
        install(&["neovim"])?;
    }
    println!("Neovim: nvim");
    Ok(())
}

/// Installs componentize-qjs in the target folder, in the version of the lock file.
fn for_javascript() -> Done {
    let (project, tools) = (root().join("tests/guests-js"), target_dir().join("guests-js"));
    let files = ["package.json", "package-lock.json"];
    let is_current = files.iter().all(|file| is_same(&project.join(file), &tools.join(file)));
    if !is_current || !compiles_javascript(&tools) {
        if !answers("node", &["--version"]) || !answers("npm", &["--version"]) {
            println!("node and npm: missing");
            install(&["nodejs", "npm"])?;
        }
        fetch(&project, &tools, &files)?;
        if !compiles_javascript(&tools) {
            return Err(format!("componentize-qjs in {} does not start", tools.display()));
        }
    }
    println!("JavaScript for WebAssembly: componentize-qjs");
    Ok(())
}

fn compiles_javascript(tools: &Path) -> bool {
    let program = tools.join("node_modules/componentize-qjs/cli.mjs");
    program
        .to_str()
        .is_some_and(|program| answers("node", &[program, "--help"]))
}

/// Installs the packages of the lock file into an empty folder, so that a failure leaves no tool of an older version.
///
/// `npm ci` would refuse: some of the tool's optional packages, for other systems, are not in the registry.
fn fetch(project: &Path, tools: &Path, files: &[&str]) -> Done {
    let failed = |error| format!("{}: {error}", tools.display());
    // The folder may not exist.
    let _ = fs::remove_dir_all(tools);
    fs::create_dir_all(tools).map_err(failed)?;
    for file in files {
        fs::copy(project.join(file), tools.join(file)).map_err(failed)?;
    }
    let options = [
        "install",
        "--no-save",
        "--silent",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ];
    run(Command::new("npm").args(options).current_dir(tools))
}

/// Componentize-py in a virtual environment in the target folder, in the version of `requirements.txt`.
fn for_python() -> Done {
    let (project, tools) = (root().join("tests/guests-py"), target_dir().join("guests-py"));
    let [wanted, installed] = [&project, &tools].map(|folder| folder.join("requirements.txt"));
    let compiles = || answers(tools.join("bin/componentize-py"), &["--version"]);
    if !is_same(&wanted, &installed) || !compiles() {
        // There may be none.
        let _ = fs::remove_dir_all(&tools);
        // Debian has Python without what environments are made of.
        if !answers("python3", &["-c", "import ensurepip"]) {
            println!("Python: missing");
            install(&["python3", "python3-venv"])?;
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&tools))?;
        let options = ["install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(tools.join("bin/pip")).args(options).arg(&wanted))?;
        if !compiles() {
            return Err(format!("componentize-py in {} does not start", tools.display()));
        }
        // Last: what is not whole is made anew.
        fs::copy(&wanted, &installed).map_err(|error| format!("{}: {error}", installed.display()))?;
    }
    println!("Python for WebAssembly: componentize-py");
    Ok(())
}

fn is_same(one: &Path, other: &Path) -> bool {
    fs::read(one)
        .ok()
        .zip(fs::read(other).ok())
        .is_some_and(|(one, other)| one == other)
}

/// Installs Debian packages.
fn install(packages: &[&str]) -> Done {
    let names = packages.join(" ");
    if !Path::new("/usr/bin/apt-get").exists() || !is_root() {
        return Err(format!("install it, for example with `apt-get install {names}`"));
    }
    println!("installing {names}");
    // May fail without a network; package lists may be present already.
    let _ = run(apt_get().arg("update"));
    run(apt_get()
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("-qq").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
