//! Compiles the contracts with a protobuf compiler written in Rust, so that no `protoc` is needed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=fileops.proto");
    let contracts = protox::compile(["fileops.proto"], ["."])?;
    tonic_prost_build::configure().bytes(".").compile_fds(contracts)?;
    Ok(())
}
