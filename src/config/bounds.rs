//! Limits of one `crema.json` or `crema.jsonnet`: the number of apps and variants, and the size of their variables.

use super::own::Variant;
use crema_render::child::bounds::MAX_VARIANTS;

/// Maximum bytes of the variables of all apps and variants together.
const MAX_VARIABLES: usize = 4_000_000;

/// Checks all apps of a file. Each of them has all variants of the file.
///
/// # Errors
/// The limit that is exceeded, with both numbers.
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
