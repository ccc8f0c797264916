//! Whether the prefix can be listed, and holds apps.

use crate::doctor::{check::Check, diagnosis::Diagnosis, patient::Patient};

pub const CHECK: Check =
    Check { name: "prefix", reads: false, look: |patient| Box::pin(std::future::ready(look(patient))) };

fn look(patient: &Patient<'_>) -> Diagnosis {
    let location = &patient.settings.location;
    match &patient.files {
        Err(e) => Diagnosis::of_error(
            e,
            &format!(
                "upload the folders (aws s3 sync deploy/ {location} --delete), or correct ConfigBucket and ConfigPrefix"
            ),
        ),
        Ok(files) if files.apps == 0 => Diagnosis::warn(
            format!("{location} holds {} files, and no app among them", files.count),
            format!("upload the folders: aws s3 sync deploy/ {location} --delete"),
        ),
        Ok(files) => {
            Diagnosis::ok(format!("{location} holds {} files, and {} apps and variants", files.count, files.apps))
        }
    }
}
