//! How an address is written: `module.vpc.aws_subnet.main["az-a"].tags.Name`.

use std::fmt;

/// Maximum bytes of an address; longer ones are refused.
const MAX_BYTES: usize = 1_000;

/// One step of an address: `.name`, `["key"]` or `[0]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Name(String),
    Key(String),
    Index(i64),
}

/// The steps of an address. Only the state can tell whether a step belongs to the resource or to the value in it.
///
/// # Errors
/// What is wrong, and at which character.
pub fn parse(text: &str) -> Result<Vec<Step>, String> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return Err(format!("an address has at most {MAX_BYTES} bytes, this one has {}", text.len()));
    }
    let mut reader = Reader { text, at: 0 };
    let mut steps = vec![Step::Name(reader.name()?)];
    while let Some(next) = reader.peek() {
        match next {
            '[' => steps.push(reader.bracket()?),
            '.' => {
                reader.bump();
                // jq's way of writing a key.
                if reader.peek() == Some('[') {
                    continue;
                }
                steps.push(Step::Name(reader.name()?));
            }
            _ => return Err(reader.wrong("expected `.` or `[`")),
        }
    }
    Ok(steps)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn wrong(&self, expected: &str) -> String {
        let place = self.text[..self.at].chars().count() + 1;
        format!("the address {:?} cannot be read at character {place}: {expected}", self.text)
    }

    fn name(&mut self) -> Result<String, String> {
        let rest = &self.text[self.at..];
        let stops = |c: char| matches!(c, '.' | '[' | ']' | '"' | '\'') || c.is_whitespace();
        let name = &rest[..rest.find(stops).unwrap_or(rest.len())];
        if name.is_empty() {
            return Err(self.wrong("expected a name"));
        }
        self.at += name.len();
        Ok(name.to_owned())
    }

    fn bracket(&mut self) -> Result<Step, String> {
        self.bump();
        let step = match self.peek() {
            Some(quote @ ('"' | '\'')) => Step::Key(self.quoted(quote)?),
            _ => self.index()?,
        };
        match self.peek() {
            Some(']') => {
                self.bump();
                Ok(step)
            }
            _ => Err(self.wrong("expected `]`")),
        }
    }

    fn index(&mut self) -> Result<Step, String> {
        let rest = &self.text[self.at..];
        let digits = &rest[..rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len())];
        let Ok(index) = digits.parse() else {
            return Err(self.wrong("expected an index or a key in quotes"));
        };
        self.at += digits.len();
        Ok(Step::Index(index))
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        self.bump();
        let mut key = String::new();
        loop {
            match self.bump() {
                Some('\\') => match self.bump() {
                    Some(c @ ('"' | '\'' | '\\')) => key.push(c),
                    Some('n') => key.push('\n'),
                    Some('t') => key.push('\t'),
                    _ => return Err(self.wrong(r#"expected `"`, `'`, `\`, `n` or `t` behind the backslash"#)),
                },
                Some(c) if c == quote => return Ok(key),
                Some(c) => key.push(c),
                None => return Err(self.wrong("the quote is never closed")),
            }
        }
    }
}

/// Steps as they are written in an address.
pub struct Written<'a>(pub &'a [Step]);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) if i == 0 => f.write_str(name)?,
                Step::Name(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
