//! What a test says it tried; `make reliability` collects it.

/// Set where somebody asks: what a test that passes prints is noise to anybody else.
const ASKED: &str = "CREMA_TRIED";

/// Set where all cases are to be tried: the slow tests try a draw of them elsewhere.
const ALL: &str = "CREMA_ALL";

/// Of the cases of a slow test `some`, others at each run; with the variable `CREMA_ALL` set, all in their order.
pub fn drawn<T>(mut cases: Vec<T>, some: usize) -> Vec<T> {
    if std::env::var_os(ALL).is_none() {
        fastrand::shuffle(&mut cases);
        cases.truncate(some);
    }
    cases
}

/// How many of one kind a slow test tries: `some`, or with the variable `CREMA_ALL` set `all`.
pub fn number_of(all: usize, some: usize) -> usize {
    if std::env::var_os(ALL).is_none() { some } else { all }
}

/// Says how many runs, faults or inputs the running test tried, where the variable `CREMA_TRIED` is set.
pub fn tried(count: impl std::fmt::Display, what: &str) {
    if std::env::var_os(ASKED).is_none() {
        return;
    }
    let test = std::thread::current();
    println!("\ntried\t{}\t{count} {what}", test.name().unwrap_or_default());
}
