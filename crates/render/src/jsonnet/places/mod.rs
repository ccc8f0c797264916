//! Where an error of the evaluator comes from. The evaluator names places for calls, `error` and `assert` only; for
//! everything else its trace starts at the surrounding call, which may be in another file. So what failed is evaluated
//! once more, from sources in which every expression that can fail by itself is the argument of a function that notes
//! where it stands.

pub mod noting;
mod scan;
#[cfg(test)]
mod tests;

use crate::jsonnet::spans::{self, SourcePlace};
use jrsonnet_evaluator::{Error, Source, SourcePath, Span, error::ErrorKind, typed::ValType};
use jrsonnet_gcmodule::Acyclic;
use scan::{ExpressionKind, Field, Import, Scan, Spot, Wanted};
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

/// The function's name in Jsonnet, and the start of the frames by which it notes a place.
pub const NAME: &str = "crema__at";
/// Begins the path of an import that is not Jsonnet: the same file may be imported as Jsonnet as well.
pub const RAW: &str = "\0raw ";

/// The places of one evaluation. Clones share all.
#[derive(Clone, Default, Acyclic)]
pub struct NotedPlaces(Rc<RefCell<KnownPlaces>>);

#[derive(Default, Acyclic)]
struct KnownPlaces {
    wanted: Wanted,
    /// The places, by the number that is passed to the function.
    spots: Vec<(Source, Spot)>,
    objects: HashMap<usize, Vec<Field>>,
    /// Visible methods by name: they cannot be arguments.
    methods: HashMap<String, Span>,
    /// The computed name that was evaluated last, and what it gave.
    key: Option<(usize, String)>,
    /// What was added by `+:`, in the order of evaluation.
    sums: Vec<(usize, ValType)>,
    /// The values of fields and elements that are functions, in the order of evaluation.
    functions: Vec<usize>,
}

impl NotedPlaces {
    /// The places to note for an evaluation that ended in this error.
    pub fn of(error: &Error) -> NotedPlaces {
        let places = NotedPlaces::default();
        places.0.borrow_mut().wanted = Wanted {
            variables: matches!(error.error(), ErrorKind::InfiniteRecursionDetected),
            values: is_function_as_value(error.error()),
        };
        places
    }

    /// Whether an error of this kind may have a nearer place than its trace has.
    pub fn are_wanted(error: &Error) -> bool {
        let first = error.trace().0.first();
        let is_at = |desc: &str| first.is_some_and(|frame| frame.desc == desc && frame.location.is_some());
        match error.error() {
            ErrorKind::StackOverflow | ErrorKind::ImportSyntaxError { .. } | ErrorKind::StaticAnalysisError(_) => false,
            ErrorKind::AssertionFailed(_) => !is_at("assertion failure"),
            ErrorKind::RuntimeError(_) => !is_at("error statement"),
            _ => true,
        }
    }

    /// The source with every expression that can fail as an argument; the source itself if it cannot be read.
    pub fn noted(&self, path: &SourcePath, code: &str) -> String {
        let mut known = self.0.borrow_mut();
        let scan = match scan::scan(code, known.wanted) {
            Some(scan) if !code.contains(NAME) => scan,
            _ => return code.to_owned(),
        };
        let source = Source::new(path.clone(), code.into());
        let first = known.spots.len();
        let text = rewritten(code, &scan, first);
        let Scan { spots, objects, methods, .. } = scan;
        known.spots.extend(spots.into_iter().map(|spot| (source.clone(), spot)));
        for (spot, mut fields) in objects {
            fields.iter_mut().filter_map(|field| field.key.as_mut()).for_each(|key| *key += first);
            known.objects.insert(first + spot, fields);
        }
        known.methods.extend(methods.into_iter().map(|(name, at)| (name, Span(source.clone(), at, at))));
        text
    }

    /// The place of an error of that evaluation; `first` is the same error from the original sources.
    pub fn place(&self, error: &Error, first: &Error) -> Option<SourcePlace> {
        let known = self.0.borrow();
        let located = error.trace().0.iter().find(|frame| frame.location.is_some());
        let noted = located.map(|frame| frame.desc.strip_prefix(NAME)?.trim().parse::<usize>().ok());
        let is_access = located.is_some_and(|frame| frame.desc.starts_with("field <"));
        let spot = match (noted, error.error()) {
            // Any other operator has a place of its own.
            (Some(None), ErrorKind::BinaryOperatorDoesNotOperateOnValues(_, _, added)) if is_access => {
                known.sum(*added)?
            }
            // Nothing is nearer than a frame of the evaluator's own.
            (Some(None), _) => return known.around(first),
            (Some(Some(noted)), ErrorKind::DuplicateFieldName(name)) => {
                return known.duplicate(noted, name).or_else(|| known.at(noted));
            }
            (Some(Some(noted)), ErrorKind::BinaryOperatorDoesNotOperateOnValues(_, _, added))
                if known.spots.get(noted).is_some_and(|(_, spot)| spot.kind != ExpressionKind::Operator) =>
            {
                known.sum(*added).unwrap_or(noted)
            }
            (None, ErrorKind::BinaryOperatorDoesNotOperateOnValues(_, _, added)) => known.sum(*added)?,
            (None, kind) if is_function_as_value(kind) => return known.function(error),
            (noted, _) => noted??,
        };
        known.at(spot)
    }
}

impl KnownPlaces {
    fn at(&self, spot: usize) -> Option<SourcePlace> {
        let (source, spot) = self.spots.get(spot)?;
        let span = |from| Span(source.clone(), from, spot.end);
        let expression = source.code().get(spot.start as usize..spot.end as usize).unwrap_or_default();
        let is_part = spot.start != spot.at && spot.kind != ExpressionKind::Sum;
        let around = is_part.then(|| (spans::place(&span(spot.start)), expression.to_owned()));
        Some(SourcePlace { at: spans::place(&span(spot.at)), around })
    }

    /// The last added value of this type: what is added first is evaluated last, and values of one type that succeeded
    /// before would succeed again.
    fn sum(&self, added: ValType) -> Option<usize> {
        self.sums.iter().rfind(|(_, of)| *of == added).map(|(spot, _)| *spot)
    }

    /// The place that the evaluator names itself, with the surrounding expression.
    fn around(&self, error: &Error) -> Option<SourcePlace> {
        let Span(source, at, _) = error.trace().0.iter().find_map(|frame| frame.location.as_ref())?;
        let is_it = |(of, spot): &(Source, Spot)| spot.at == *at && of.source_path() == source.source_path();
        self.at(self.spots.iter().position(is_it)?)
    }

    /// The later one of the two fields with this name.
    fn duplicate(&self, object: usize, name: &str) -> Option<SourcePlace> {
        let fields = self.objects.get(&object)?;
        let is_it = |field: &&Field| field.name.as_deref() == Some(name);
        let last = self
            .key
            .as_ref()
            .and_then(|(key, given)| Some((fields.iter().position(|field| field.key == Some(*key))?, given == name)));
        let field = match last {
            None => fields.iter().filter(is_it).nth(1),
            Some((at, is_same)) => {
                let before = fields[..at].iter().any(|field| field.key.is_some() || is_it(&field));
                let behind = fields[at + 1..].iter().take_while(|field| field.key.is_none()).find(is_it);
                behind.filter(|_| !(is_same && before)).or(Some(&fields[at]))
            }
        };
        let (source, _) = self.spots.get(object)?;
        let at = field?.at;
        Some(SourcePlace { at: spans::place(&Span(source.clone(), at, at)), around: None })
    }

    /// The function that cannot become JSON, by the name of the field in which it was met.
    fn function(&self, error: &Error) -> Option<SourcePlace> {
        let innermost = error.trace().0.iter().find_map(|frame| frame.desc.strip_suffix(" manifestification"));
        let name = innermost.and_then(|field| field.strip_prefix("field <")?.strip_suffix('>'));
        let is_it = |spot: &&usize| self.spots.get(**spot).is_some_and(|(_, spot)| spot.name.as_deref() == name);
        match (self.functions.iter().rev().find(is_it), name) {
            (Some(spot), _) => self.at(*spot),
            (None, Some(name)) => Some(SourcePlace { at: spans::place(self.methods.get(name)?), around: None }),
            (None, None) => None,
        }
    }
}

fn is_function_as_value(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::RuntimeError(text) if &**text == "tried to manifest function")
}

/// Where a file is imported by this path.
pub fn imported(code: &str, path: &str) -> Option<u32> {
    scan::imported(code, path)
}

/// Where a source starts, after comments.
pub fn start(code: &str) -> u32 {
    scan::start(code)
}

/// Where `self`, `super` and `$` stand outside of objects.
pub fn outside(code: &str) -> Vec<(String, u32)> {
    scan::scan(code, Wanted::default()).map(|scan| scan.outside).unwrap_or_default()
}

/// `code` with every spot as the function's argument, numbered from `first`, and with marked imports of what is not
/// Jsonnet.
fn rewritten(code: &str, scan: &Scan, first: usize) -> String {
    // By offset: ends before starts; of ends the innermost is first, of starts the last.
    let mut inserted: BTreeMap<(u32, bool, i64), String> = BTreeMap::new();
    for (index, spot) in scan.spots.iter().enumerate() {
        let order = i64::try_from(index).unwrap_or(i64::MAX);
        inserted.insert((spot.end, false, order), ")".to_owned());
        inserted.insert((spot.start, true, -order), format!(" {NAME}({}, ", first + index));
    }
    let raw: HashMap<u32, &Import> =
        scan.imports.iter().filter(|import| import.raw).map(|import| (import.start, import)).collect();
    let (mut text, mut done) = (String::with_capacity(code.len() * 3), 0);
    let upto = |text: &mut String, done: &mut u32, to: u32| {
        text.push_str(code.get(*done as usize..to as usize).unwrap_or_default());
        *done = to;
    };
    let mut literals: Vec<&&Import> = raw.values().collect();
    literals.sort_by_key(|import| import.start);
    let mut literals = literals.into_iter().peekable();
    for ((offset, _, _), insertion) in inserted {
        while let Some(import) = literals.next_if(|import| import.end <= offset) {
            upto(&mut text, &mut done, import.start);
            text.push_str(&serde_json::Value::from(format!("{RAW}{}", import.path)).to_string());
            done = import.end;
        }
        upto(&mut text, &mut done, offset);
        text.push_str(&insertion);
    }
    upto(&mut text, &mut done, u32::try_from(code.len()).unwrap_or(u32::MAX));
    text
}
