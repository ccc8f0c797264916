//! The names that a message suggests if something is missing.

/// How many near addresses or attributes a message names.
const NEAR: usize = 3;
/// How similar two names must be (0 to 1) for one to be suggested if the other is missing.
const ALIKE: f64 = 0.5;

/// `; near it are …`, or nothing if no name is similar.
pub fn near(name: &str, others: impl Iterator<Item = String>) -> String {
    named(others.map(|other| (strsim::normalized_damerau_levenshtein(name, &other), other)).collect())
}

/// The most similar of these names.
pub fn named(mut others: Vec<(f64, String)>) -> String {
    others.retain(|(score, _)| *score >= ALIKE);
    others.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.cmp(y)));
    list(others.into_iter().map(|(_, name)| name))
}

/// The first of these, as a message names them.
pub fn list(names: impl Iterator<Item = String>) -> String {
    match names.take(NEAR).collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        [one] => format!("; near it is {one}"),
        names => format!("; near it are {}", names.join(", ")),
    }
}
