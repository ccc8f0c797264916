//! What goes wrong in a world.

/// The faults that the account gives its callers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    pub stale: bool,
    /// One call in this many; 0 is never.
    pub throttled: u64,
    pub lost: u64,
    pub broken_reads: u64,
    pub throttled_reads: u64,
    /// Whether a change may be done after its caller has given up.
    pub late: bool,
}
