//! A widget of a dashboard: a page of families, a part of it, or what came of a button. But for the button nothing changes.

mod families;
mod family;
mod look;
pub mod memory;
mod press;
mod reads;

use crate::{
    config::lane::Lane,
    error::{Error, ErrorKind},
    flow::{crema::Crema, tell::told},
    outcome::{
        answer::{Answer, Failure},
        draft::Untold,
    },
    page::{
        clock::Clock,
        describe,
        frame::{Buttons, Frame},
    },
    trigger::{PageAsk, Trigger, View},
};
use time::OffsetDateTime;
use tokio::time::Instant;

/// What a widget shows.
pub struct PageReply {
    pub html: String,
    /// What is counted of it.
    pub answer: Option<Answer>,
    /// Whether it could not be made.
    pub has_failed: bool,
}

impl PageReply {
    fn of(html: String, answer: Answer) -> PageReply {
        PageReply { html, answer: Some(answer), has_failed: false }
    }
}

/// Until when something may be begun, and until when it may be looked through for secrets.
#[derive(Clone, Copy)]
struct Deadlines {
    until: Instant,
    late: Instant,
}

impl Crema {
    /// Shows what a widget asks for; what fails is shown too.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidEvent`] if there is no such thing, or this function may not do it.
    pub(super) async fn page(
        &self,
        trigger: &Trigger,
        asked: &PageAsk,
        until: Instant,
        late: Instant,
    ) -> Result<PageReply, Failure> {
        let deadlines = Deadlines { until, late };
        let frame = self.frame(asked);
        let shown = match self.may_do(trigger) {
            Err(e) => Err(e.into()),
            Ok(()) => match &asked.view {
                View::Describe => {
                    Ok(PageReply { html: describe::MARKDOWN.to_owned(), answer: None, has_failed: false })
                }
                View::Families { filter, page } => self.listing(trigger, &frame, (filter, *page), deadlines).await,
                View::Details(about) => self.details(trigger, &frame, about, deadlines).await,
                View::Plan(about) => self.planned(trigger, &frame, about, deadlines).await,
                View::Pressed(pressed) => self.pressed(trigger, &frame, pressed, deadlines).await,
            },
        };
        let error = match shown {
            Ok(shown) => return Ok(shown),
            Err(untold) => crate::flow::tell::tell(untold, Untold::told, Untold::bare, late).await,
        };
        let failure = told(Some(trigger), &error);
        match error {
            Error { kind: ErrorKind::InvalidEvent, .. } => Err(failure),
            error => Ok(PageReply { html: frame.failed(&error), answer: None, has_failed: true }),
        }
    }

    fn frame<'a>(&'a self, asked: &'a PageAsk) -> Frame<'a> {
        let widget = &asked.widget;
        let operator = match (self.settings.lane, self.settings.operator_arn.as_deref()) {
            (_, Some(operator)) => Some(operator),
            (Lane::Viewer, None) => None,
            (_, None) => Some(widget.function.as_str()),
        };
        Frame {
            is_dark: widget.is_dark,
            clock: Clock { now: OffsetDateTime::now_utc(), offset: widget.offset },
            function: &widget.function,
            region: &self.settings.region,
            buttons: match (widget.has_buttons, operator) {
                (false, _) => Buttons::Off,
                (true, None) => Buttons::Nowhere,
                (true, Some(operator)) => Buttons::At(operator),
            },
            warnings: &widget.warnings,
        }
    }
}
