//! The fake of AWS itself, asked by AWS's own clients, against what AWS documents.

mod ecs;
mod faults;
mod sdk;
mod services;
