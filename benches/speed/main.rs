//! How long things take, against an empty function and a straightforward one in Python, in one run.
//!
//! `make bench` builds what it needs and starts it. Sections (all by default): `one`, `scale` (with numbers of apps, where
//! not 1, 10, 100 and 1,000), `size`, `micro`.

mod apps;
mod micro;
mod one;
mod scale;
mod size;
mod subject;
mod table;
mod tls;

use std::path::PathBuf;

/// What is measured, and where it lies.
pub struct Subjects {
    pub crema: subject::Subject,
    pub empty: subject::Subject,
    pub python: subject::Subject,
    pub certificate: tls::Certificate,
}

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let certificate = tls::Certificate::make(&root.join("target/bench"));
    let subjects = Subjects {
        crema: subject::Subject::program(
            std::env::var_os("CREMA_BINARY").map_or_else(|| root.join("target/release/bootstrap"), PathBuf::from),
        ),
        empty: subject::Subject::program(root.join("target/bench/empty/release/empty")),
        python: subject::Subject::python(root.join("target/bench/venv/bin/python"), root.join("benches/plain")),
        certificate,
    };
    let sections: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let counts: Vec<usize> = sections.iter().filter_map(|section| section.parse().ok()).collect();
    let wanted = |name: &str| sections.is_empty() || sections.iter().any(|section| section == name);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if wanted("one") {
        runtime.block_on(one::measure(&subjects));
    }
    if wanted("scale") {
        let counts = if counts.is_empty() { vec![1, 10, 100, 1_000] } else { counts };
        runtime.block_on(scale::measure(&subjects, &counts));
    }
    if wanted("size") {
        size::measure(&subjects.crema);
    }
    if wanted("micro") {
        micro::measure();
    }
}
