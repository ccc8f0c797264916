//! Whether every image resolves.

use super::apps::of_outcomes;
use crate::doctor::{check::Check, diagnosis::Diagnosis, patient::Patient};

pub const CHECK: Check =
    Check { name: "images", reads: false, look: |patient| Box::pin(std::future::ready(look(patient))) };

fn look(patient: &Patient<'_>) -> Diagnosis {
    match patient.files() {
        Err(unknown) => unknown,
        Ok(files) if files.unpinned.is_empty() => Diagnosis::ok(format!(
            "every image of {} families resolves, in {} repositories",
            files.families.len(),
            files.repositories.len()
        )),
        Ok(files) => of_outcomes(&files.unpinned, "push the image, or correct the tag in the file that is named"),
    }
}
