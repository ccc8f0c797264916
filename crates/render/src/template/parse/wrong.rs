//! What is wrong with a template.

/// What is wrong with a template, and on which line (0 if unknown).
pub struct Wrong {
    pub line: usize,
    pub message: String,
}

/// Actions that only print and call unknown functions: where they stand, and what is wrong with them.
pub type Passed = Vec<(usize, Wrong)>;
