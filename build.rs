//! How the release binary for Linux is linked: what a function never uses is left out, so that it starts sooner.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=scripts/without-unwinding.ld");
    let is_linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let (true, true, Ok(folder)) = (is_linux, is_release, std::env::var("CARGO_MANIFEST_DIR")) else { return };
    // Tables for unwinding the stack are a ninth of the bytes, and with `panic = "abort"` nobody reads them. What is lost is
    // the list of functions after a panic's message; its place in the source stays.
    println!("cargo::rustc-link-arg-bin=bootstrap=-Wl,-T,{folder}/scripts/without-unwinding.ld");
    // Loaded at a fixed address, as Go's executables are: no relocations, which are a twelfth of the bytes and a third of
    // the time to start. Stack, heap and libraries lie at random addresses all the same.
    println!("cargo::rustc-link-arg-bin=bootstrap=-no-pie");
}
