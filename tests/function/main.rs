//! The real binary, asked through a Runtime API, against the fake of AWS.

#[path = "../support/mod.rs"]
mod support;

mod bad_events;
mod bad_folder;
mod bad_input;
mod bounds;
mod configuration;
mod denied;
mod faults;
mod faults_of_lookups;
mod faults_of_rollbacks;
mod faults_of_status;
mod images;
mod images_pushed;
mod inserted;
mod isolation;
mod lookup_calls;
mod lookups;
mod metrics;
mod nothing;
mod odd_refusals;
mod payloads;
mod plan;
mod process;
mod pushed;
mod reach;
mod refusals;
mod register;
mod rendering;
mod rollback;
mod rollback_reach;
mod rollback_to;
mod round_trips;
mod secrecy;
mod secrecy_parts;
mod secrecy_paths;
mod snapshot;
mod states;
mod status;
mod troubles;
mod variants;
