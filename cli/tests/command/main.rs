//! The command as a person starts it, against the fake of AWS and the real function.

mod bad_input;
mod calls;
#[path = "../../../tests/render/case.rs"]
#[allow(dead_code, reason = "of the cases of rendering only the files are of use here")]
mod case;
mod check;
mod desk;
mod golden;
mod manual;
mod parity;
mod pull_request;
mod rollback;
mod run;
mod screen;
