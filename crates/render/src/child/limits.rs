//! What the child may use. Tried on a function of 256 MB: function and child together stayed below it, and every way in
//! which the child died had a message of its own.

use std::time::Duration;

/// The private argument that makes the binary a rendering child; two numbers follow it.
const ARGUMENT: &str = "--crema-render-child";

/// Megabytes of the function's memory that the child may not use.
const PARENT_MB: u64 = 96;
const MAX_MEMORY_MB: u64 = 384;
/// Minimum address space in megabytes: it renders a definition with a stack of 16 MB.
const MIN_MEMORY_MB: u64 = 32;

/// Maximum time of one evaluation.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// Resident bytes, besides its files, above which a child is replaced.
pub const MAX_RESIDENT_BYTES: u64 = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of address space beyond the binary's own. It has to stay below the memory that is left: above that, the
    /// kernel kills the function as well.
    pub memory_mb: u64,
    /// Bytes of the evaluating thread's stack, which are a part of the address space.
    pub stack_mb: u64,
}

impl Limits {
    /// The limits for a function with this much memory, in megabytes.
    pub fn of_function(memory_mb: u64) -> Limits {
        let memory_mb = memory_mb.saturating_sub(PARENT_MB).clamp(MIN_MEMORY_MB, MAX_MEMORY_MB);
        Limits { memory_mb, stack_mb: if memory_mb < 160 { 16 } else { 64 } }
    }

    /// The limits of a process that was started as a rendering child, by its arguments.
    pub fn of_child(mut arguments: impl Iterator<Item = String>) -> Option<Limits> {
        arguments.find(|argument| argument == ARGUMENT)?;
        let mut figure = || arguments.next()?.parse().ok();
        Some(Limits { memory_mb: figure()?, stack_mb: figure()? })
    }

    /// The arguments that start such a process.
    pub fn arguments(self) -> [String; 3] {
        [ARGUMENT.to_owned(), self.memory_mb.to_string(), self.stack_mb.to_string()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_child_gets_what_the_function_leaves_of_its_memory() {
        let limits = |mb| {
            let Limits { memory_mb, stack_mb } = Limits::of_function(mb);
            (memory_mb, stack_mb)
        };
        assert_eq!(limits(128), (32, 16));
        assert_eq!(limits(192), (96, 16));
        assert_eq!(limits(256), (160, 64));
        assert_eq!(limits(512), (384, 64));
        assert_eq!(limits(10_240), (384, 64));
    }

    #[test]
    fn a_child_knows_itself_by_its_arguments() {
        let limits = Limits::of_function(256);
        let started = ["bootstrap".to_owned()].into_iter().chain(limits.arguments());
        assert_eq!(Limits::of_child(started), Some(limits));
        assert_eq!(Limits::of_child(["bootstrap".to_owned()].into_iter()), None);
    }
}
