//! Leaves the tables for unwinding out of the release binary: a ninth of its bytes, and with `panic = "abort"` nobody reads
//! them. What is lost is the list of functions after a panic's message; its place in the source stays.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if let (true, true, Ok(folder)) = (is_linux, is_release, std::env::var("CARGO_MANIFEST_DIR")) {
        println!("cargo::rustc-link-arg-bin=bootstrap=-Wl,-T,{folder}/scripts/without-unwinding.ld");
    }
}
