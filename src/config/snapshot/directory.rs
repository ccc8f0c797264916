//! The files of a directory of this machine, as `aws s3 sync` would upload them: what the command reads in place of the
//! bucket.

use crate::{
    config::snapshot::{
        listing::Listing,
        place::{Got, Listed},
    },
    error::{Error, ErrorKind, Result},
};
use crema_base::files::File;
use std::{
    ffi::OsStr,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};
use time::OffsetDateTime;

/// Maximum files of a directory: of more it is hardly the one that was meant.
const MOST_FILES: usize = 200_000;
/// Maximum warnings about what is left out.
const MOST_WARNINGS: usize = 20;
/// What nobody uploads, and nothing of it is configuration.
const LEFT_OUT: [&str; 1] = [".git"];

/// A directory that stands for the prefix.
pub struct Directory {
    /// As it was named, for messages.
    named: PathBuf,
    /// Without links.
    root: PathBuf,
}

/// What was found so far.
#[derive(Default)]
struct Walk {
    objects: Vec<Listed>,
    warnings: Vec<String>,
    /// The directories above, without links: a link into one of them would never end.
    above: Vec<PathBuf>,
}

impl Directory {
    /// # Errors
    /// [`ErrorKind::ConfigError`] if there is no such directory, or it cannot be read.
    pub fn new(named: &Path) -> Result<Directory> {
        let wrong = |why: &str| config(format!("{}: {why}", named.display()));
        match fs::metadata(named) {
            Err(e) => Err(wrong(&format!("{}; expected the directory that holds the ecspresso folders", reason(&e)))),
            Ok(found) if !found.is_dir() => {
                Err(wrong("is no directory; expected the one that holds the ecspresso folders"))
            }
            Ok(_) => {
                let root = fs::canonicalize(named).map_err(|e| wrong(&reason(&e)))?;
                Ok(Directory { named: named.to_owned(), root })
            }
        }
    }

    /// The directory as it was named.
    pub fn named(&self) -> &Path {
        &self.named
    }

    /// Its files, by their paths with `/`. Links are followed as long as they stay inside.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if a directory cannot be read, or there are too many files.
    pub fn list(&self) -> Result<Listing> {
        let mut walk = Walk::default();
        self.walk(&self.root, "", &mut walk)?;
        let Walk { mut objects, warnings, .. } = walk;
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Listing { objects, newest: None, moment: Some(OffsetDateTime::now_utc()), warnings })
    }

    fn walk(&self, folder: &Path, prefix: &str, walk: &mut Walk) -> Result<()> {
        let unreadable = |e: &io::Error| self.unreadable(prefix.trim_end_matches('/'), e);
        let mut entries: Vec<_> =
            fs::read_dir(folder).and_then(Iterator::collect).map_err(|e: io::Error| unreadable(&e))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        walk.above.push(folder.to_owned());
        for entry in entries {
            let Some(name) = Directory::name(&entry.file_name(), prefix, walk) else { continue };
            let key = format!("{prefix}{name}");
            let Some((path, found)) = self.followed(entry.path(), &key, walk)? else { continue };
            if found.is_dir() {
                self.walk(&path, &format!("{key}/"), walk)?;
            } else if found.is_file() {
                walk.objects.push(Listed { etag: version(&key, &found), bytes: found.len(), key });
                if walk.objects.len() > MOST_FILES {
                    let what = format!("holds more than {MOST_FILES} files; expected the directory that is uploaded");
                    return Err(config(format!("{}: {what}", self.named.display())));
                }
            } else {
                walk.warn(|| format!("{key} is neither file nor directory, and was left out"));
            }
        }
        walk.above.pop();
        Ok(())
    }

    /// The name as a part of a key; none for what is left out.
    fn name(name: &OsStr, prefix: &str, walk: &mut Walk) -> Option<String> {
        match name.to_str() {
            Some(name) if LEFT_OUT.contains(&name) => None,
            Some(name) => Some(name.to_owned()),
            None => {
                let name = name.to_string_lossy();
                walk.warn(|| format!("{prefix}{name}: its name is not UTF-8, which no key can be; it was left out"));
                None
            }
        }
    }

    /// Where an entry leads, and what is there; none for a link that is not followed.
    fn followed(&self, path: PathBuf, key: &str, walk: &mut Walk) -> Result<Option<(PathBuf, Metadata)>> {
        let found = fs::symlink_metadata(&path).map_err(|e| self.unreadable(key, &e))?;
        if !found.is_symlink() {
            return Ok(Some((path, found)));
        }
        let target = match fs::canonicalize(&path).and_then(|target| Ok((fs::metadata(&target)?, target))) {
            Ok((found, target)) if target.starts_with(&self.root) => (target, found),
            Ok(_) => {
                walk.warn(|| {
                    format!("{key} is a link that leads out of {}, and was not followed", self.named.display())
                });
                return Ok(None);
            }
            Err(e) => {
                walk.warn(|| format!("{key} is a link that leads nowhere ({}), and was left out", reason(&e)));
                return Ok(None);
            }
        };
        if walk.above.contains(&target.0) {
            walk.warn(|| format!("{key} is a link to a directory that holds it, and was not followed"));
            return Ok(None);
        }
        Ok(Some(target))
    }

    /// A file with its contents.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if it cannot be read.
    pub fn get(&self, key: &str, file: &File) -> Result<Got> {
        let content = fs::read(self.root.join(key)).map_err(|e| self.unreadable(key, &e))?;
        // It was written to since it was listed.
        if content.len() as u64 != file.bytes {
            return Ok(Got::Changed);
        }
        Ok(Got::File(File { content: Some(content.into()), ..file.clone() }))
    }

    fn unreadable(&self, key: &str, e: &io::Error) -> Error {
        let path = self.named.join(key);
        let remedy = match e.kind() {
            io::ErrorKind::PermissionDenied => ": make it readable, or keep it outside the directory",
            _ => "",
        };
        config(format!("{} cannot be read: {}{remedy}", path.display(), reason(e)))
    }
}

impl Walk {
    fn warn(&mut self, warning: impl FnOnce() -> String) {
        if self.warnings.len() < MOST_WARNINGS {
            self.warnings.push(warning());
        }
    }
}

fn config(message: String) -> Error {
    Error::new(ErrorKind::ConfigError, message)
}

/// What the system says, without the number of it.
fn reason(e: &io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// What stands for the ETag: a file of one name, length and time is the same within one run.
fn version(key: &str, found: &Metadata) -> String {
    let modified = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    format!("{key} {}-{}", found.len(), modified.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// A folder of its own for a test, empty.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("crema-directory-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("in/deep")).unwrap();
        folder
    }

    fn keys(folder: &Path) -> (Vec<String>, Vec<String>) {
        let Listing { objects, warnings, .. } = Directory::new(folder).unwrap().list().unwrap();
        (objects.into_iter().map(|object| object.key).collect(), warnings)
    }

    #[test]
    fn links_are_followed_inside_and_never_out_of_it() {
        let folder = folder("links");
        fs::write(folder.join("in/deep/a.json"), "{}").unwrap();
        fs::create_dir_all(folder.join("in/.git")).unwrap();
        fs::write(folder.join("in/.git/config"), "").unwrap();
        fs::write(folder.join("in/.env"), "A=1").unwrap();
        fs::write(folder.join("secret"), "not of it").unwrap();
        symlink(folder.join("secret"), folder.join("in/out")).unwrap();
        symlink("/etc", folder.join("in/etc")).unwrap();
        symlink("deep/a.json", folder.join("in/inside.json")).unwrap();
        symlink("deep", folder.join("in/twin")).unwrap();
        symlink("..", folder.join("in/deep/up")).unwrap();
        symlink("nothing", folder.join("in/broken")).unwrap();
        let (keys, warnings) = keys(&folder.join("in"));
        assert_eq!(keys, [".env", "deep/a.json", "inside.json", "twin/a.json"]);
        let said = |key: &str, what: &str| warnings.iter().any(|w| w.starts_with(key) && w.contains(what));
        assert!(said("out ", "leads out of") && said("etc ", "leads out of"), "{warnings:?}");
        assert!(
            said("broken ", "nowhere") && said("deep/up ", "holds it") && said("twin/up ", "holds it"),
            "{warnings:?}"
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_no_directory_or_cannot_be_read_is_one_sentence() {
        let folder = folder("unreadable");
        let error = |path: &Path| Directory::new(path).map(|_| ()).unwrap_err().message;
        assert!(error(&folder.join("nothing")).ends_with("expected the directory that holds the ecspresso folders"));
        fs::write(folder.join("file"), "").unwrap();
        assert!(error(&folder.join("file")).contains("is no directory"));
        let closed = folder.join("in/closed.json");
        fs::write(&closed, "{}").unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
        let directory = Directory::new(&folder.join("in")).unwrap();
        let file = File { etag: "2-1".into(), bytes: 2, content: None };
        // Whoever may read everything (root) reads it.
        if let Err(e) = directory.get("closed.json", &file) {
            assert!(e.message.contains("in/closed.json cannot be read: Permission denied: make it readable"), "{e}");
        }
        fs::write(folder.join("in/grown.json"), "{  }").unwrap();
        assert!(matches!(directory.get("grown.json", &file), Ok(Got::Changed)));
        fs::remove_dir_all(folder).unwrap();
    }
}
