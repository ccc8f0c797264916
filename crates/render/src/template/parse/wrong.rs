//! What is wrong with a template.

/// What is wrong with a template, and in which line (0: unknown).
pub struct Wrong {
    pub line: usize,
    pub message: String,
}

/// Actions that only write and call what is not there: where they stand, and what is wrong with them.
pub type Passed = Vec<(usize, Wrong)>;
