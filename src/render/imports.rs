//! Imports of Jsonnet: the session's files, and the codes of external variables.

use crate::render::{
    explain, paths,
    session::{Held, Session},
};
use jrsonnet_evaluator::{
    AsPathLike, ImportResolver, ResolvePath, Result, SourcePath, SourceVirtual, error::ErrorKind,
};
use jrsonnet_gcmodule::Acyclic;
use jrsonnet_ir::SourceFile;
use std::{collections::BTreeMap, path::PathBuf};

/// Led by NUL, so that no file's name is meant. Only imports that come from no file are looked at for it.
const EXT_CODE: &str = "\0ext_code ";

/// The path by which the code of an external variable is imported.
pub fn ext_code_path(name: &str) -> String {
    format!("{EXT_CODE}{name}")
}

/// The session holds no Jsonnet value, so it can be part of no cycle.
#[derive(Acyclic)]
pub struct Imports {
    session: Session,
    ext_code: BTreeMap<String, String>,
    /// Where imports of external variables' code start.
    folder: String,
}

impl Imports {
    pub fn new(session: Session, ext_code: BTreeMap<String, String>, folder: &str) -> Imports {
        Imports { session, ext_code, folder: folder.to_owned() }
    }

    fn source(&self, key: &str) -> &[u8] {
        match self.session.file(key) {
            Some(Held::Loaded(content)) => content,
            _ => &[],
        }
    }

    /// The key of an import, or why there is none.
    fn key(&self, from: &SourcePath, path: &str) -> Result<String, String> {
        let folder = match key_of(from) {
            Some(importing) => paths::folder(importing),
            None if *from == SourcePath::default() => "",
            None => &self.folder,
        };
        let key = paths::resolve(folder, path).map_err(|why| why.to_string())?;
        match self.session.file(&key) {
            Some(Held::Loaded(_)) => Ok(key),
            Some(Held::TooLarge(bytes)) => Err(too_large(&key, *bytes)),
            None => Err(self.session.no_file(&key)),
        }
    }
}

/// One sentence for a file that is known and was not loaded.
pub fn too_large(key: &str, bytes: u64) -> String {
    format!("{key} is too large: it has {bytes} bytes, and files over 5 MB are not loaded")
}

fn key_of(source: &SourcePath) -> Option<&str> {
    source.downcast_ref::<SourceFile>()?.path().to_str()
}

fn failed(message: String) -> jrsonnet_evaluator::Error {
    ErrorKind::ImportCallbackError(message).into()
}

impl ImportResolver for Imports {
    fn resolve_from(&self, from: &SourcePath, path: &dyn AsPathLike) -> Result<SourcePath> {
        let path = match path.as_path() {
            ResolvePath::Str(path) => path.to_owned(),
            ResolvePath::Path(path) => path.to_string_lossy().into_owned(),
        };
        if *from == SourcePath::default()
            && let Some(name) = path.strip_prefix(EXT_CODE)
        {
            return Ok(SourcePath::new(SourceVirtual(name.into())));
        }
        let wrong = |why| {
            let place = match (key_of(from), from.downcast_ref::<SourceVirtual>()) {
                (Some(key), _) => explain::import_place(key, self.source(key), &path),
                (None, Some(SourceVirtual(name))) => {
                    let code = self.ext_code.get(&**name).map_or("", String::as_str);
                    explain::import_place(&format!("ext_code {name}"), code.as_bytes(), &path)
                }
                (None, None) => "the first file".to_owned(),
            };
            failed(format!("{place}: import of {path:?}: {why}"))
        };
        self.key(from, &path).map(|key| SourcePath::new(SourceFile::new(PathBuf::from(key)))).map_err(wrong)
    }

    fn load_file_contents(&self, resolved: &SourcePath) -> Result<Vec<u8>> {
        if let Some(SourceVirtual(name)) = resolved.downcast_ref::<SourceVirtual>() {
            return Ok(self.ext_code.get(&**name).cloned().unwrap_or_default().into_bytes());
        }
        match key_of(resolved).and_then(|key| self.session.file(key)) {
            Some(Held::Loaded(content)) => Ok(content.to_vec()),
            _ => Err(failed(format!("{resolved}: not a file of the prefix"))),
        }
    }
}
