//! Says on a terminal that something is under way.

use indicatif::{ProgressBar, ProgressStyle};
use std::{
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::JoinHandle,
    time::Duration,
};

/// What is done sooner needs no word.
const AFTER: Duration = Duration::from_secs(1);

/// It is shown until this is dropped.
pub struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Shows `what` after a second, if it is to be shown at all.
    pub fn start(what: &str, is_shown: bool) -> Progress {
        if !is_shown {
            return Progress(None);
        }
        let (end, ended) = channel::<()>();
        let what = what.to_owned();
        let show = move || {
            if ended.recv_timeout(AFTER) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::new_spinner().with_message(what).with_elapsed(AFTER);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} … {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            let _ = ended.recv();
            bar.finish_and_clear();
        };
        Progress(Some((end, std::thread::spawn(show))))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, shown)) = self.0.take() {
            drop(end);
            let _ = shown.join();
        }
    }
}
