//! Rendering: tables of cases, rendered in this process; and real child processes.

mod case;
mod child;
mod tables;
