//! What is asked on the command line.

use std::path::{Path, PathBuf};

const USAGE: &str = "\
usage: make bench-scale [ARGS=\"…\"]
  --only PARTS     of sweep, change, release, upload, cpu, warm, memory, variants; joined by commas (default: all)
  --apps NUMBERS   how many apps, joined by commas (default: the part's own)
  --factor N       how many times as fast the time runs, where limits are modelled (default: 8)
  --binary FILE    what is measured (default: target/release/bootstrap)
  --lanes BOOL     whether it has two lanes (default: what the binary says)
  --set NAME=VALUE a setting of the functions, such as CONCURRENCY=32 (may be given several times)
  --log FOLDER     where the functions write their logs (default: nowhere)";

#[derive(Clone, Debug)]
pub struct Options {
    pub only: Vec<String>,
    pub apps: Vec<usize>,
    pub factor: u32,
    pub binary: PathBuf,
    pub lanes: bool,
    pub log: Option<PathBuf>,
    pub set: Vec<(String, String)>,
    /// Of the process that measures one part: which.
    pub part: Option<String>,
}

impl Options {
    /// # Errors
    /// What is wrong, for whoever typed it.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root.canonicalize().map_err(|e| e.to_string())?;
        let mut options = Options {
            only: vec![],
            apps: vec![],
            factor: 8,
            binary: root.join("target/release/bootstrap"),
            lanes: false,
            log: None,
            set: vec![],
            part: None,
        };
        let mut lanes = None;
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} has no value\n{USAGE}"))?;
            let wrong = |_| format!("{name} {value} is not understood\n{USAGE}");
            match name.as_str() {
                "--only" => options.only = value.split(',').map(str::to_owned).collect(),
                "--apps" => options.apps = value.split(',').map(str::parse).collect::<Result<_, _>>().map_err(wrong)?,
                "--factor" => options.factor = value.parse().map_err(wrong)?,
                "--binary" => options.binary = PathBuf::from(value),
                "--lanes" => lanes = Some(value == "true"),
                "--log" => options.log = Some(PathBuf::from(value)),
                "--set" => {
                    let pair = value.split_once('=').ok_or_else(|| format!("--set {value} has no =\n{USAGE}"))?;
                    options.set.push((pair.0.to_owned(), pair.1.to_owned()));
                }
                "--part" => options.part = Some(value),
                _ => return Err(format!("{name} is not known\n{USAGE}")),
            }
        }
        let bytes = std::fs::read(&options.binary)
            .map_err(|e| format!("{}: {e}; `make bench-scale` builds it", options.binary.display()))?;
        // What a lane hands on by.
        let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        options.lanes = lanes.unwrap_or_else(|| has(b"Task Definition Work Left"));
        Ok(options)
    }
}
