//! How anything is shown: as text for a person, as JSON for a program, as annotations for a pull request.

pub mod github;
pub mod note;
pub mod place;
pub mod progress;
pub mod style;
pub mod table;

use crate::{
    args::global::{Color, Form, OutputArgs},
    stop::{Code, Stop},
};
use anstream::{AutoStream, ColorChoice};
use note::{Level, Note};
use progress::Progress;
use serde_json::{Value, json};
use std::io::{self, IsTerminal, Write};
use style::{paint, red, yellow};

/// Where and how everything is written.
#[derive(Clone)]
pub struct Out {
    pub form: Form,
    color: ColorChoice,
    quiet: bool,
}

/// What a command has to say.
#[derive(Default)]
pub struct Report {
    /// The whole of it, for programs.
    pub json: Value,
    /// For people: lines, with colours.
    pub text: String,
    /// What is wrong or to be known, each with its place.
    pub notes: Vec<Note>,
    /// Markdown for the summary of a pull request, besides the notes.
    pub summary: String,
}

impl Out {
    pub fn new(args: &OutputArgs) -> Out {
        let color = match args.color {
            Color::Auto if args.output == Form::Github => ColorChoice::Never,
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        log(args.verbose);
        Out { form: args.output, color, quiet: args.quiet }
    }

    /// Writes a report. Warnings and errors of the text form go to standard error.
    ///
    /// # Errors
    /// If nothing can be written.
    pub fn report(&self, report: &Report) -> Result<(), Stop> {
        match self.form {
            Form::Json => self.write(&format!("{:#}\n", report.json)),
            Form::Text => {
                self.write(&report.text)?;
                self.notes(&report.notes);
                Ok(())
            }
            Form::Github => {
                self.write(&github::log(&report.text, &report.notes))?;
                github::summarize(&report.summary, &report.notes)
            }
        }
    }

    /// Writes to standard output; what reads it may have enough.
    ///
    /// # Errors
    /// If it cannot be written, unless nobody reads it any more.
    pub fn write(&self, text: &str) -> Result<(), Stop> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.color);
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
                Err(Stop::failed(format!("standard output cannot be written: {e}")))
            }
            _ => Ok(()),
        }
    }

    /// Writes to standard error, whatever becomes of it.
    pub fn tell(&self, text: &str) {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    }

    /// Writes notes to standard error; of warnings none where it is to be quiet.
    pub fn notes(&self, notes: &[Note]) {
        for note in notes {
            match note.level {
                Level::Error => self.tell(&format!("{} {}\n", paint("error:", red()), note.text)),
                Level::Warning if self.quiet => {}
                Level::Warning => self.tell(&format!("{} {}\n", paint("warning:", yellow()), note.text)),
            }
        }
    }

    /// Says why the command ends; gives its exit code.
    pub fn stop(&self, stop: &Stop) -> Code {
        let Stop { code, kind, message } = stop;
        match self.form {
            _ if *code == Code::Usage => self.tell(&format!("{} {message}\n", paint("error:", red()))),
            Form::Text => self.tell(&format!("{} {message}\n", paint("error:", red()))),
            Form::Json => {
                let said = json!({"errorType": kind, "errorMessage": message});
                let _ = self.write(&format!("{said:#}\n"));
            }
            Form::Github => {
                let note = Note { title: kind.clone(), ..Note::error(message.clone()) };
                let _ = self.write(&github::log("", std::slice::from_ref(&note)));
                let _ = github::summarize("", &[note]);
            }
        }
        *code
    }

    /// Shows that something is under way, where it takes longer than a second.
    pub fn progress(&self, what: &str) -> Progress {
        Progress::start(what, !self.quiet && io::stderr().is_terminal())
    }
}

/// The columns that tables have.
pub fn width() -> usize {
    let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let given = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    terminal().or(given).filter(|width| *width >= 20).unwrap_or(120)
}

/// Writes crema's own log to standard error; not what the SDK says, which would show what it sends.
fn log(verbose: u8) {
    use tracing_subscriber::{Layer, filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let own = tracing_subscriber::filter::filter_fn(|about| about.target().starts_with("crema"));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false).without_time();
    tracing_subscriber::registry().with(lines.with_ansi(false).with_filter(own)).with(level).init();
}
