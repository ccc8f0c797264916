//! How many apps and variants one file of crema's own may make, and how much of them.

use super::own::Variant;
use crema_render::child::bounds::MAX_VARIANTS;

/// Bytes of the variables of all apps and variants together.
const MAX_VARIABLES: usize = 4_000_000;

/// Each app of a file has all of its variants.
///
/// # Errors
/// As [`check`].
pub fn check_all(apps: usize, variants: &[Variant]) -> Result<(), String> {
    let (all, bytes) = (apps * variants.len(), apps * variants.iter().map(Variant::bytes).sum::<usize>());
    if all > MAX_VARIANTS {
        return Err(format!(
            "`config` names {apps} files and there are {} `variants`: {all} together; a file takes at most {MAX_VARIANTS}",
            variants.len()
        ));
    }
    if bytes > MAX_VARIABLES {
        return Err(format!("`variants`: the variables have {bytes} bytes; expected at most {MAX_VARIABLES}"));
    }
    Ok(())
}
