//! Ctrl-C: one sentence about what was done, and the exit code that is documented.

use crate::{
    output::Out,
    stop::{Code, Stop},
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Looking = 0,
    Asking = 1,
    Calling = 2,
}

/// Signals that end the command, caught.
pub struct Interrupts(Arc<AtomicU8>);

impl Interrupts {
    /// # Errors
    /// If they cannot be caught.
    pub fn catch(out: &Out) -> Result<Interrupts, Stop> {
        let phase = Arc::new(AtomicU8::new(Phase::Looking as u8));
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
            .map_err(|e| Stop::failed(format!("interrupts cannot be caught: {e}")))?;
        let (seen, out) = (phase.clone(), out.clone());
        std::thread::spawn(move || {
            if signals.forever().next().is_some() {
                if seen.load(Ordering::SeqCst) == Phase::Asking as u8 {
                    // Behind the question.
                    out.tell("\n");
                }
                let code = out.stop(&stop(seen.load(Ordering::SeqCst)));
                std::process::exit(code as i32);
            }
        });
        Ok(Interrupts(phase))
    }

    pub fn enter(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::SeqCst);
    }
}

fn stop(phase: u8) -> Stop {
    let what = if phase == Phase::Calling as u8 {
        "interrupted after the function was asked, which goes on: `crema status` shows what came of it, and asking once \
         more within a quarter of an hour takes nothing further back"
    } else if phase == Phase::Asking as u8 {
        "interrupted before an answer: nothing was taken back"
    } else {
        "interrupted: nothing was taken back"
    };
    Stop { code: Code::Wrong, kind: "Interrupted".to_owned(), message: what.to_owned() }
}
