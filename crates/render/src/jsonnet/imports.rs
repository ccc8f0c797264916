//! Jsonnet's imports: the files of the session, and the code of external variables.

use crate::{
    jsonnet::{
        explain::import_place,
        places::{NotedPlaces, RAW},
        spans::ext_code,
    },
    session::{Held, Session, paths},
};
use jrsonnet_evaluator::{
    AsPathLike, ImportResolver, ResolvePath, Result, SourcePath, SourceVirtual, error::ErrorKind,
};
use jrsonnet_gcmodule::Acyclic;
use jrsonnet_ir::SourceFile;
use std::{cell::RefCell, collections::BTreeMap, path::PathBuf, rc::Rc};

/// The beginning of such a path: with NUL, which no file's name has. It is looked at only in imports that come from no
/// file.
const EXT_CODE: &str = "\0ext_code ";

/// The path by which the code of an external variable is imported.
pub fn ext_code_path(name: &str) -> String {
    format!("{EXT_CODE}{name}")
}

/// The session holds no Jsonnet value, so it cannot be part of a cycle.
#[derive(Acyclic)]
pub struct Imports {
    session: Session,
    ext_code: BTreeMap<String, String>,
    /// The folder where imports of external variables' code start.
    folder: String,
    /// The text of an error that means "missing".
    missing: Rc<str>,
    /// Instruments sources, while the place of an error is looked for.
    places: Option<NotedPlaces>,
    last: LastImport,
}

/// Name and source of the file that was imported last. Clones share it.
#[derive(Clone, Default, Acyclic)]
pub struct LastImport(Rc<RefCell<(String, String)>>);

impl LastImport {
    pub fn get(&self) -> (String, String) {
        self.0.borrow().clone()
    }
}

impl Imports {
    pub fn new(
        session: Session,
        ext_code: BTreeMap<String, String>,
        (folder, missing): (&str, Rc<str>),
        places: Option<NotedPlaces>,
        last: LastImport,
    ) -> Imports {
        Imports { session, ext_code, folder: folder.to_owned(), missing, places, last }
    }

    fn source(&self, key: &str) -> &[u8] {
        match self.session.file(key) {
            Some(Held::Loaded(content)) => content,
            _ => &[],
        }
    }

    fn code(&self, name: &str) -> &str {
        self.ext_code.get(name).map_or("", String::as_str)
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
            Some(Held::Later) => Err(self.missing.to_string()),
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
            *self.last.0.borrow_mut() = (ext_code(name), self.code(name).to_owned());
            return Ok(SourcePath::new(SourceVirtual(name.into())));
        }
        let raw = path.strip_prefix(RAW).filter(|_| self.places.is_some());
        let path = raw.unwrap_or(&path);
        let wrong = |why| {
            let place = match (key_of(from), from.downcast_ref::<SourceVirtual>()) {
                (Some(key), _) => import_place(key, self.source(key), path),
                (None, Some(SourceVirtual(name))) => import_place(&ext_code(name), self.code(name).as_bytes(), path),
                (None, None) => "the first file".to_owned(),
            };
            failed(format!("{place}: import of {path:?}: {why}"))
        };
        let key = self.key(from, path).map_err(wrong)?;
        if raw.is_some() {
            return Ok(SourcePath::new(SourceVirtual(format!("{RAW}{key}").into())));
        }
        *self.last.0.borrow_mut() = (key.clone(), String::from_utf8_lossy(self.source(&key)).into_owned());
        Ok(SourcePath::new(SourceFile::new(PathBuf::from(key))))
    }

    fn load_file_contents(&self, resolved: &SourcePath) -> Result<Vec<u8>> {
        let noted = |code: &str| match &self.places {
            Some(places) => places.noted(resolved, code).into_bytes(),
            None => code.as_bytes().to_vec(),
        };
        let virtual_name = resolved.downcast_ref::<SourceVirtual>().map(|SourceVirtual(name)| &**name);
        let raw = virtual_name.and_then(|name| name.strip_prefix(RAW)).filter(|_| self.places.is_some());
        match (raw.or_else(|| key_of(resolved)), virtual_name) {
            (None, Some(name)) => Ok(noted(self.code(name))),
            (Some(key), _) => match self.session.file(key) {
                Some(Held::Loaded(content)) => Ok(match std::str::from_utf8(content) {
                    Ok(code) if raw.is_none() => noted(code),
                    _ => content.to_vec(),
                }),
                _ => Err(failed(format!("{resolved}: not a file of the prefix"))),
            },
            (None, None) => Err(failed(format!("{resolved}: not a file of the prefix"))),
        }
    }
}
