//! Keys of files, relative to the prefix. No path resolves to a place outside of it.

/// Why a path names no file of the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    Absolute,
    AbovePrefix,
}

impl std::fmt::Display for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Outside::Absolute => "the path is absolute; expected one relative to this file",
            Outside::AbovePrefix => "the path leaves the configuration's prefix; no file of it can be meant",
        })
    }
}

/// The folder of a key, without a slash at its end; empty for the prefix itself.
pub fn folder(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The key that `path` means in `folder`. Only `/`, `.` and `..` have a meaning: nothing is decoded.
///
/// # Errors
/// The path is absolute or goes above the prefix.
pub fn resolve(folder: &str, path: &str) -> Result<String, Outside> {
    if path.starts_with('/') {
        return Err(Outside::Absolute);
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(Outside::AbovePrefix)?;
            }
            name => parts.push(name),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_to_its_file_and_never_leaves_the_prefix() {
        let resolved = |folder, path| resolve(folder, path);
        assert_eq!(resolved("team/batch", "../lib/x.libsonnet"), Ok("team/lib/x.libsonnet".to_owned()));
        assert_eq!(resolved("", "./a//b.json"), Ok("a/b.json".to_owned()));
        assert_eq!(resolved("team", "../../x"), Err(Outside::AbovePrefix));
        assert_eq!(resolved("team", "a/../../../x"), Err(Outside::AbovePrefix));
        assert_eq!(resolved("team", "/etc/passwd"), Err(Outside::Absolute));
        for plain in ["..\\x", "%2e%2e/x", "\0../x", "..%2fx"] {
            assert_eq!(resolved("team", plain), Ok(format!("team/{plain}")));
        }
        assert_eq!(folder("a/b/c"), "a/b");
        assert_eq!(folder("c"), "");
    }
}
