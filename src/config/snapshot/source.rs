//! Where the files are: under the prefix of the bucket, or for the command in a directory.

use crate::{
    config::snapshot::{
        directory::Directory,
        listing::{Borders, Listing},
        place::{Got, Place},
    },
    error::{Error, ErrorKind, Result},
};
use crema_base::files::File;
use std::fmt;
use tokio::sync::Semaphore;

pub enum FileSource {
    Bucket(Place),
    Directory(Directory),
}

impl FileSource {
    /// Lists all files.
    ///
    /// # Errors
    /// Why they cannot be listed.
    pub async fn list(&self, borders: &Borders) -> Result<Listing> {
        match self {
            FileSource::Bucket(place) => place.list(borders).await,
            FileSource::Directory(directory) => directory.list(),
        }
    }

    /// A file with its contents, in the listed version.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub async fn get(&self, key: &str, file: &File, calls: &Semaphore) -> Result<Got> {
        match self {
            FileSource::Bucket(place) => place.get(key, file, calls).await,
            FileSource::Directory(directory) => directory.get(key, file),
        }
    }

    /// That there is nothing.
    pub fn nothing(&self) -> Error {
        let what = match self {
            FileSource::Bucket(place) => format!(
                "there is nothing under {0}: upload the ecspresso folders there (`aws s3 sync deploy/ {0}app/`)",
                place.location
            ),
            FileSource::Directory(_) => {
                format!("{self} is empty; expected the directory that holds the ecspresso folders")
            }
        };
        Error::new(ErrorKind::ConfigError, what)
    }
}

impl fmt::Display for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileSource::Bucket(place) => place.location.fmt(f),
            FileSource::Directory(directory) => directory.named().display().fmt(f),
        }
    }
}
