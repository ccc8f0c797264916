//! How long a text of an answer may be: it has to fit a log line, and somebody reads it.

use super::{Outcome, status::FamilyStatus, subject::Subject};
use crema_base::quote::cut_to;

/// Maximum bytes of a reason, a warning or an error. In the log, one byte may take six.
pub const TEXT: usize = 16_000;

/// Maximum bytes of a name.
const NAME: usize = 1_000;

impl Subject {
    fn bound(&mut self) {
        let names = [&mut self.app, &mut self.family, &mut self.region, &mut self.cluster];
        names.into_iter().flatten().for_each(|name| cut_to(name, NAME));
    }
}

impl Outcome {
    /// Cuts its names and texts to what they may have.
    pub(super) fn bound(&mut self) {
        self.subject.bound();
        self.reason.iter_mut().for_each(|text| cut_to(text, TEXT));
    }
}

impl FamilyStatus {
    /// Cuts its names and texts to what they may have.
    pub(super) fn bound(&mut self) {
        self.subject.bound();
        self.reason.iter_mut().chain(&mut self.note).chain(&mut self.warnings).for_each(|text| cut_to(text, TEXT));
        self.images.iter_mut().for_each(|image| cut_to(&mut image.image, NAME));
    }
}
