//! The function that notes where its argument stands.

use crate::jsonnet::places::{KnownPlaces, NAME, NotedPlaces, scan::ExpressionKind};
use jrsonnet_evaluator::{
    Error, IStr, Result, Span, StackTraceElement, Thunk, Val, ensure_sufficient_stack,
    error::ErrorKind,
    function::{CallLocation, FunctionSignature, ParamDefault, ParamName, ParamParse, builtin::Builtin},
    typed::FromUntyped,
};
use jrsonnet_gcmodule::Trace;
use std::{any::Any, cell::Cell, time::Instant};

/// Maximum nesting while the place of an error is looked for. Without the search, the program ended by itself within
/// its own limits.
const MAX_DEPTH: usize = 30_000;

/// It holds no Jsonnet value, so the collector may pass it by.
#[derive(Trace)]
#[trace(skip)]
pub struct Noting {
    places: NotedPlaces,
    depth: Cell<usize>,
    until: Instant,
}

impl Noting {
    pub fn new(places: &NotedPlaces, until: Instant) -> Noting {
        Noting { places: places.clone(), depth: Cell::new(0), until }
    }

    fn noted(&self, spot: usize, value: &Thunk<Val>) -> Result<Val> {
        if self.depth.get() > MAX_DEPTH || Instant::now() > self.until {
            return Err(ErrorKind::StackOverflow.into());
        }
        self.depth.set(self.depth.get() + 1);
        let value = ensure_sufficient_stack(|| value.evaluate());
        self.depth.set(self.depth.get() - 1);
        let mut known = self.places.0.borrow_mut();
        value.and_then(|value| known.checked(spot, value)).map_err(|error| known.named(spot, error))
    }
}

impl KnownPlaces {
    /// What would fail only after this function fails here already, in the same way.
    fn checked(&mut self, spot: usize, value: Val) -> Result<Val> {
        let kind = self.spots.get(spot).map(|(_, spot)| spot.kind);
        match (kind, &value) {
            (Some(ExpressionKind::Over), Val::Arr(_)) | (Some(ExpressionKind::Condition), Val::Bool(_)) => {}
            (Some(ExpressionKind::Over), _) => return Err(ErrorKind::InComprehensionCanOnlyIterateOverArray.into()),
            (Some(ExpressionKind::Condition), other) => {
                let (wanted, got) = (Val::Bool(true).value_type(), other.value_type());
                return Err(ErrorKind::TypeMismatch("if spec condition", vec![wanted], got).into());
            }
            (Some(ExpressionKind::Key), Val::Null) => {}
            (Some(ExpressionKind::Key), _) => self.key = Some((spot, IStr::from_untyped(value.clone())?.to_string())),
            (Some(ExpressionKind::Sum), added) => self.sums.push((spot, added.value_type())),
            (Some(ExpressionKind::Value), Val::Func(_)) => self.functions.push(spot),
            _ => {}
        }
        Ok(value)
    }

    /// The error with this place, unless it already has a nearer one.
    fn named(&self, spot: usize, mut error: Error) -> Error {
        if error.trace().0.iter().all(|frame| frame.location.is_none())
            && let Some((source, place)) = self.spots.get(spot)
        {
            let location = Some(Span(source.clone(), place.at, place.end));
            error.trace_mut().0.push(StackTraceElement { location, desc: format!("{NAME} {spot}") });
        }
        error
    }
}

impl Builtin for Noting {
    fn name(&self) -> &str {
        NAME
    }

    fn params(&self) -> FunctionSignature {
        let param = |name: &str| ParamParse::new(ParamName::Named(name.into()), ParamDefault::None);
        FunctionSignature::new([param("spot"), param("value")].into())
    }

    fn call(&self, _: CallLocation<'_>, args: &[Option<Thunk<Val>>]) -> Result<Val> {
        match args {
            [Some(spot), Some(value)] => match spot.evaluate()? {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of ours")]
                Val::Num(spot) => self.noted(spot.get() as usize, value),
                _ => value.evaluate(),
            },
            _ => Err(ErrorKind::StackOverflow.into()),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
