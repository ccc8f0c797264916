//! Bytes of the binary, and of the archive that Lambda gets.

use crate::{
    subject::Subject,
    table::{head, row},
};
use std::process::Command;

pub fn measure(crema: &Subject) {
    head("Size", &["what", "bytes"]);
    let bytes = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len()).to_string();
    row(&["binary, stripped", &bytes(&crema.program)]);
    let archive = crema.program.with_extension("zip");
    let script = "import sys, zipfile; \
                  zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED, compresslevel=9).write(sys.argv[1], 'bootstrap')";
    let made = Command::new("python3").args(["-c", script]).arg(&crema.program).arg(&archive).status();
    assert!(made.is_ok_and(|status| status.success()), "python3 could not make the archive");
    row(&["zip", &bytes(&archive)]);
    let _ = std::fs::remove_file(archive);
}
