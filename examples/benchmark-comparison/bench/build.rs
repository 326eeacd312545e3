//! Prepares what is included: the crate that `torvync build` generated beside this one, and the stubs of the gRPC service.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use tonic_build::manual::{Builder, Method, Service};

const GENERATED: &str = "../.torvyn/build/benchmark-comparison";

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    flows(Path::new(GENERATED), &out)?;
    service();
    Ok(())
}

/// Copies the generated crate: `src/main.rs` to be included as a module, with the machine code it refers to.
fn flows(generated: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", generated.display());
    let source = fs::read_to_string(generated.join("src/main.rs"))
        .map_err(|error| format!("{}: {error}; run `torvync build` first", generated.display()))?;
    // Documentation of the crate itself can't stand in a module.
    let lines = source.lines().filter(|line| !line.starts_with("//!"));
    fs::create_dir_all(out.join("flows"))?;
    fs::write(out.join("flows/main.rs"), lines.collect::<Vec<_>>().join("\n"))?;
    fs::create_dir_all(out.join("artifacts"))?;
    for artifact in fs::read_dir(generated.join("artifacts"))? {
        let artifact = artifact?;
        fs::copy(artifact.path(), out.join("artifacts").join(artifact.file_name()))?;
    }
    Ok(())
}

/// Client and server of `service Chain`, as protoc's plugin would make them.
fn service() {
    let method = |name: &str, route: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type("crate::paths::grpc::Message")
            .codec_path("tonic_prost::ProstCodec")
            .client_streaming()
    };
    let process = method("process", "Process").output_type("crate::paths::grpc::Message");
    let collect = method("collect", "Collect").output_type("crate::paths::grpc::Collected");
    let service = Service::builder().name("Chain").package("torvyn.comparison");
    let service = service
        .method(process.server_streaming().build())
        .method(collect.build());
    Builder::new().compile(&[service.build()]);
}
