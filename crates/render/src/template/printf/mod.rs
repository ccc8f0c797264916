//! Go's `Sprintf`. The format is read here, as `fmt` documents it. Single numbers are printed by gotmpl, whose own
//! `printf` accepts any number for any verb, silently cuts widths and does not know a second `[n]` in a verb.

mod literal;

use crate::template::bounded::{FunctionResult, bounded, fail};
use gotmpl::{Template, Value};
use literal::{character, quoted};
use std::{iter::Peekable, str::Chars, sync::LazyLock};

/// Maximum width and precision; gotmpl cuts larger ones.
const MAX_WIDTH: usize = 65_535;

/// One verb and what stands before it.
#[derive(Default)]
struct Directive {
    flags: String,
    width: Option<usize>,
    precision: Option<usize>,
}

struct Printer<'a> {
    chars: Peekable<Chars<'a>>,
    args: &'a [Value],
    next: usize,
    reordered: bool,
    /// Whether the argument index of the current verb is valid.
    good: bool,
    /// Whether a whole number may be printed by a verb for floats.
    numbers: bool,
    out: String,
}

/// The text that a format and its arguments give.
///
/// # Errors
/// If a width or precision is over 65,535, a text over [`MAX_TEXT`](crate::template::bounded::MAX_TEXT), or a float
/// stands under `%b`, `%x` or `%X`.
pub fn sprintf(format: &str, args: &[Value]) -> FunctionResult<String> {
    print(format, args, false)
}

/// Does the same, but a whole number fits both verbs of integers and of floats.
///
/// # Errors
/// As [`sprintf`].
pub fn sprintf_numbers(format: &str, args: &[Value]) -> FunctionResult<String> {
    print(format, args, true)
}

fn print(format: &str, args: &[Value], numbers: bool) -> FunctionResult<String> {
    let chars = format.chars().peekable();
    let mut printer = Printer { chars, args, next: 0, reordered: false, good: true, numbers, out: String::new() };
    while let Some(c) = printer.chars.next() {
        match c {
            '%' => printer.directive()?,
            c => printer.out.push(c),
        }
        bounded(&printer.out)?;
    }
    if !printer.reordered && printer.next < args.len() {
        let mut lead = "%!(EXTRA ";
        for extra in &args[printer.next..] {
            printer.out.push_str(lead);
            printer.out.push_str(&typed(extra));
            lead = ", ";
            bounded(&printer.out)?;
        }
        printer.out.push(')');
    }
    Ok(printer.out)
}

impl Printer<'_> {
    fn directive(&mut self) -> FunctionResult<()> {
        let mut directive = Directive::default();
        self.good = true;
        while let Some(flag) = self.chars.next_if(|c| "+-# 0".contains(*c)) {
            directive.flags.push(flag);
        }
        let mut indexed = self.index();
        if self.chars.next_if_eq(&'*').is_some() {
            indexed = false;
            match self.int() {
                Some(width) => {
                    if width < 0 {
                        directive.flags = directive.flags.replace('0', "") + "-";
                    }
                    directive.width = Some(checked(width.unsigned_abs())?);
                }
                None => self.out.push_str("%!(BADWIDTH)"),
            }
        } else {
            directive.width = self.number()?;
            self.good &= !(indexed && directive.width.is_some());
        }
        if self.chars.next_if_eq(&'.').is_some() {
            self.good &= !indexed;
            indexed = self.index();
            if self.chars.next_if_eq(&'*').is_some() {
                indexed = false;
                match self.int() {
                    Some(precision) if precision >= 0 => directive.precision = Some(checked(precision.unsigned_abs())?),
                    _ => self.out.push_str("%!(BADPREC)"),
                }
            } else {
                directive.precision = Some(self.number()?.unwrap_or_default());
            }
        }
        if !indexed {
            self.index();
        }
        self.verb(&directive)
    }

    fn verb(&mut self, directive: &Directive) -> FunctionResult<()> {
        let Some(verb) = self.chars.next() else {
            self.out.push_str("%!(NOVERB)");
            return Ok(());
        };
        let printed = match self.args.get(self.next) {
            _ if verb == '%' => "%".to_owned(),
            _ if !self.good => format!("%!{verb}(BADINDEX)"),
            None => format!("%!{verb}(MISSING)"),
            Some(arg) => {
                self.next += 1;
                match arg {
                    Value::Int(int) if self.numbers && "eEfFgG".contains(verb) => {
                        #[allow(clippy::cast_precision_loss, reason = "as Go converts it")]
                        let float = *int as f64;
                        directive.print(verb, &Value::Float(float))?
                    }
                    arg => directive.print(verb, arg)?,
                }
            }
        };
        self.out.push_str(&printed);
        Ok(())
    }

    /// `[n]`: the argument that comes next.
    fn index(&mut self) -> bool {
        if self.chars.peek() != Some(&'[') {
            return false;
        }
        self.reordered = true;
        let mut ahead = self.chars.clone();
        let number: String = ahead.by_ref().skip(1).take_while(|c| *c != ']').collect();
        match number.parse::<usize>() {
            Ok(n) if (1..=self.args.len()).contains(&n) => self.next = n - 1,
            _ => self.good = false,
        }
        self.chars = ahead;
        true
    }

    fn int(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next);
        self.next += usize::from(arg.is_some());
        match arg {
            Some(Value::Int(int)) => Some(*int),
            _ => None,
        }
    }

    fn number(&mut self) -> FunctionResult<Option<usize>> {
        let mut number = None;
        while let Some(digit) = self.chars.peek().and_then(|c| c.to_digit(10)) {
            self.chars.next();
            let more = number.unwrap_or_default() as u64 * 10 + u64::from(digit);
            number = Some(checked(more)?);
        }
        Ok(number)
    }
}

fn checked(width: u64) -> FunctionResult<usize> {
    match usize::try_from(width) {
        Ok(width) if width <= MAX_WIDTH => Ok(width),
        _ => fail(format!("a width or precision of a format is at most {MAX_WIDTH}, found {width}")),
    }
}

impl Directive {
    fn print(&self, verb: char, arg: &Value) -> FunctionResult<String> {
        let sharp = self.flags.contains('#');
        match (verb, arg) {
            ('T', _) => self.text(self.cut(type_of(arg))),
            ('v', Value::Nil) => self.text("<nil>"),
            ('v' | 't', Value::Bool(_)) => self.text(&arg.to_string()),
            // `+` asks for names of fields here.
            ('v', Value::Int(_) | Value::Uint(_)) => self.without_plus().print('d', arg),
            ('v', Value::Float(_)) => self.without_plus().number('g', arg),
            ('v', Value::String(text)) if sharp => self.text(&quoted(text, '"', "")),
            ('q', Value::String(text)) => self.text(&quoted(self.cut(text), '"', &self.flags)),
            ('v' | 's', Value::String(text)) => self.text(self.cut(text)),
            ('x' | 'X', Value::String(_)) => self.number(verb, arg),
            ('d', Value::Int(int)) if self.precision.is_some() => self.digits(*int),
            ('c', Value::Int(int)) => self.text(&character(*int).to_string()),
            ('q', Value::Int(int)) => {
                let flags = self.flags.replace('#', "");
                self.text(&quoted(&character(*int).to_string(), '\'', &flags))
            }
            ('d' | 'b' | 'o' | 'x' | 'X' | 'U', Value::Int(_) | Value::Uint(_)) => self.number(verb, arg),
            ('F', Value::Float(_)) => self.number('f', arg),
            ('e' | 'E' | 'f' | 'g' | 'G', Value::Float(_)) => self.number(verb, arg),
            ('b' | 'x' | 'X', Value::Float(_)) => fail(format!("a float cannot be printed with %{verb} here")),
            ('O', Value::Int(_) | Value::Uint(_)) => fail("an integer cannot be printed with %O here".to_owned()),
            (_, Value::Nil) => Ok(format!("%!{verb}(<nil>)")),
            _ => {
                let shown = match arg {
                    Value::Int(_) | Value::Uint(_) => self.print('d', arg)?,
                    Value::Float(_) => self.number('g', arg)?,
                    Value::String(text) => self.text(self.cut(text))?,
                    other => self.text(&other.to_string())?,
                };
                Ok(format!("%!{verb}({}={shown})", type_of(arg)))
            }
        }
    }

    fn without_plus(&self) -> Directive {
        Directive { flags: self.flags.replace('+', ""), width: self.width, precision: self.precision }
    }

    /// An integer with at least as many digits as the precision says.
    fn digits(&self, int: i64) -> FunctionResult<String> {
        let sign = match int {
            i64::MIN..0 => "-",
            _ if self.flags.contains('+') => "+",
            _ if self.flags.contains(' ') => " ",
            _ => "",
        };
        let least = self.precision.unwrap_or_default();
        let digits = match (int, least) {
            (0, 0) => String::new(),
            _ => format!("{sign}{:0>least$}", int.unsigned_abs()),
        };
        Directive { flags: self.flags.replace('0', ""), width: self.width, precision: None }.text(&digits)
    }

    fn cut<'a>(&self, text: &'a str) -> &'a str {
        match self.precision.and_then(|most| text.char_indices().nth(most)) {
            Some((end, _)) => &text[..end],
            None => text,
        }
    }

    fn text(&self, text: &str) -> FunctionResult<String> {
        let missing = self.width.unwrap_or_default().saturating_sub(text.chars().count());
        Ok(match (self.flags.contains('-'), self.flags.contains('0')) {
            (true, _) => format!("{text}{}", " ".repeat(missing)),
            (false, true) => format!("{}{text}", "0".repeat(missing)),
            (false, false) => format!("{}{text}", " ".repeat(missing)),
        })
    }

    fn number(&self, verb: char, arg: &Value) -> FunctionResult<String> {
        static ONE: LazyLock<FunctionResult<Template>> =
            LazyLock::new(|| Template::new("").parse("{{printf (index . 0) (index . 1)}}"));
        let mut format = format!("%{}", self.flags);
        if let Some(width) = self.width {
            format.push_str(&width.to_string());
        }
        if let Some(precision) = self.precision {
            format.push_str(&format!(".{precision}"));
        }
        format.push(verb);
        match &*ONE {
            Ok(one) => one.execute_to_string(&Value::List([Value::String(format.into()), arg.clone()].into())),
            Err(e) => fail(e.to_string()),
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Nil => "<nil>",
        value => value.type_name(),
    }
}

/// `type=value`, as Go writes arguments that no verb prints.
fn typed(value: &Value) -> String {
    match value {
        Value::Nil => "<nil>".to_owned(),
        value => format!("{}={}", type_of(value), Directive::default().print('v', value).unwrap_or_default()),
    }
}
