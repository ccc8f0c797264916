//! Version and settings.

use crate::{
    config::settings::PreflightMode,
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
};

pub const CHECK: Check =
    Check { name: "version", reads: false, look: |patient| Box::pin(std::future::ready(look(patient))) };

fn look(patient: &Patient<'_>) -> Diagnosis {
    let s = patient.settings;
    let on = |is_on: bool| if is_on { "on" } else { "off" };
    let preflight = match s.preflight {
        PreflightMode::Off => "off",
        PreflightMode::Warn => "warn",
        PreflightMode::Refuse => "refuse",
    };
    let reach = if s.family_arns.text().is_empty() { "any" } else { s.family_arns.text() };
    Diagnosis::ok(format!(
        "crema {} as {} in {}, {} MB: CONFIG_URI {}, FAMILY_ARNS {reach}, PIN_IMAGES {}, SETTLE_SECONDS {}, ROLLBACK_QUIET_SECONDS {}, \
         ALLOW_UNMANAGED {}, ALLOW_LAST_BY_EVENT {}, CIRCUIT_BREAKER {}, KEEP_REVISIONS {}, PUBLISH_OUTCOMES {}, PREFLIGHT {preflight}, \
         DOCTOR_READS {}",
        env!("CARGO_PKG_VERSION"),
        s.operator,
        s.region,
        s.memory_mb,
        s.location,
        s.pin_images,
        s.settle.as_secs(),
        s.rollback_quiet.as_secs(),
        s.allow_unmanaged,
        s.allow_last_by_event,
        on(s.circuit_breaker),
        s.keep_revisions.unwrap_or(0),
        s.publish_outcomes,
        s.doctor_reads,
    ))
}
