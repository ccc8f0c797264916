//! What a test says it tried; `make reliability` collects it.

/// Set where somebody asks: what a test that passes prints is noise to anybody else.
const ASKED: &str = "CREMA_TRIED";

/// Says how many runs, faults or inputs the running test tried, where the variable `CREMA_TRIED` is set.
pub fn tried(count: impl std::fmt::Display, what: &str) {
    if std::env::var_os(ASKED).is_none() {
        return;
    }
    let test = std::thread::current();
    println!("\ntried\t{}\t{count} {what}", test.name().unwrap_or_default());
}
