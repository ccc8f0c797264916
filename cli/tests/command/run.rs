//! Starting the command, and what it said.

use crema_testing::{REGION, World};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};
use tokio::process::Command;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What the command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Asserts the exit code, and what standard error says in one sentence.
    pub fn ended(&self, code: i32, says: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for text in says {
            assert!(self.err.contains(text), "{text:?} is not in {self:?}");
        }
    }
}

/// The command with an environment of nothing but what is given.
pub struct Crema {
    pub variables: Vec<(String, String)>,
    pub folder: PathBuf,
}

impl Crema {
    /// Without AWS, in the repository.
    pub fn alone() -> Crema {
        let home = ("HOME".to_owned(), "/nonexistent".to_owned());
        let no_metadata = ("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned());
        Crema { variables: vec![home, no_metadata], folder: root() }
    }

    /// With credentials for this world's AWS.
    pub fn of(world: &World) -> Crema {
        Crema::alone().with(&[
            ("AWS_ENDPOINT_URL", &world.aws.url()),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "AKIDFORTESTSONLY"),
            ("AWS_SECRET_ACCESS_KEY", "secret-key-for-tests-only"),
        ])
    }

    pub fn with(mut self, variables: &[(&str, &str)]) -> Crema {
        self.variables.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    /// Starts it elsewhere than in the repository.
    pub fn inside(mut self, folder: &Path) -> Crema {
        folder.clone_into(&mut self.folder);
        self
    }

    pub async fn run(&self, arguments: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_crema"))
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(std::time::Duration::from_secs(60), output).await.unwrap().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A folder of a test, empty at first, gone in the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("crema-command-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// With these files.
    pub fn of(files: &[(&str, &str)]) -> Folder {
        let folder = Folder::new();
        files.iter().for_each(|(key, content)| folder.write(key, content));
        folder
    }

    pub fn write(&self, key: &str, content: &str) {
        let path = self.0.join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
