//! The clock that runs faster, for this bench and for what it starts.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

/// Compiles `clock.c`; the library's path.
pub fn compile(folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    // One of its own, as two benches may run side by side.
    let library = folder.join(format!("clock-{}.so", std::process::id()));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("clock.c");
    let made = Command::new("cc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
    assert!(made.is_ok_and(|status| status.success()), "cc could not compile benches/scale/clock.c");
    library
}

/// Lets a command live so many times as fast from now on.
pub fn quicken(command: &mut Command, library: &Path, factor: u32) {
    if factor > 1 {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        command.env("LD_PRELOAD", library).env("BENCH_CLOCK", format!("{factor} {} {wall}", monotonic()));
    }
}

/// `CLOCK_MONOTONIC` is the time since the start, which /proc has in hundredths of a second: near enough to where the
/// clock begins.
fn monotonic() -> u128 {
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let seconds: f64 = uptime.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or_default();
    std::time::Duration::from_secs_f64(seconds).as_nanos()
}
