//! What a test says it tried; `make reliability` collects it.

/// Says how many runs, faults or inputs the running test tried.
pub fn tried(count: impl std::fmt::Display, what: &str) {
    let test = std::thread::current();
    println!("\ntried\t{}\t{count} {what}", test.name().unwrap_or_default());
}
