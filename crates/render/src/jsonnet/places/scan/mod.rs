//! Reads the syntax of a Jsonnet source to find the expressions that can fail by themselves. The evaluator's own tree
//! has no places for most of them, and its parser offers none. A source that cannot be read here yields nothing; the
//! evaluator has accepted it before.

use jrsonnet_evaluator::ensure_sufficient_stack;
use jrsonnet_ir::unescape::unescape;
use jrsonnet_lexer::{Lexeme, Lexer, SyntaxKind, T};
use std::collections::BTreeMap;

/// Maximum nesting; what is nested deeper is not read.
const MAX_DEPTH: u32 = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpressionKind {
    /// Every error of its evaluation is raised here, unless it is raised within.
    Expression,
    /// The same, for two operands.
    Operator,
    /// An object, with its fields in [`Scan::objects`].
    Object,
    /// The source of a `for`, which has to be an array.
    Over,
    /// The condition of an `if` in a comprehension, which has to be a boolean.
    Condition,
    /// The computed name of a field.
    Key,
    /// What `+:` adds.
    Sum,
    /// A field or an element, if those are wanted.
    Value,
}

/// A part of the source, in bytes, and the place within it that an error names.
#[derive(Debug, Clone)]
pub struct Spot {
    pub start: u32,
    pub end: u32,
    pub at: u32,
    pub kind: ExpressionKind,
    /// The name of the field whose value it is.
    pub name: Option<String>,
}

/// In the order in which they are added to the object.
#[derive(Debug, Clone)]
pub struct Field {
    pub at: u32,
    pub name: Option<String>,
    /// The spot of its computed name.
    pub key: Option<usize>,
}

/// An import by its literal.
#[derive(Debug, Clone)]
pub struct Import {
    pub path: String,
    pub start: u32,
    pub end: u32,
    /// `importstr` or `importbin`.
    pub raw: bool,
}

/// What is wanted besides what most errors need.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub variables: bool,
    pub values: bool,
}

#[derive(Debug, Default)]
pub struct Scan {
    pub spots: Vec<Spot>,
    /// The objects, by the index of their spot.
    pub objects: BTreeMap<usize, Vec<Field>>,
    pub imports: Vec<Import>,
    /// `self`, `super` and `$` outside of objects.
    pub outside: Vec<(String, u32)>,
    /// Visible methods.
    pub methods: Vec<(String, u32)>,
}

pub fn scan(source: &str, wanted: Wanted) -> Option<Scan> {
    let mut reader = Reader { lexemes: lexemes(source), next: 0, depth: 0, inside: 0, wanted, scan: Scan::default() };
    reader.expression(0)?;
    (reader.next == reader.lexemes.len()).then_some(reader.scan)
}

/// Where the source starts, after comments.
pub fn start(source: &str) -> u32 {
    lexemes(source).first().map_or(0, |lexeme| lexeme.range.0)
}

/// Where a file is imported by this path; also for sources that [`scan`] cannot read.
pub fn imported(source: &str, path: &str) -> Option<u32> {
    let is_import = |kind| matches!(kind, T![import] | T![importstr] | T![importbin]);
    let lexemes = lexemes(source);
    let pairs = lexemes.windows(2).filter(|pair| is_import(pair[0].kind));
    pairs.map(|pair| &pair[1]).find(|literal| text(literal).as_deref() == Some(path)).map(|literal| literal.range.0)
}

fn lexemes(source: &str) -> Vec<Lexeme<'_>> {
    use SyntaxKind::{MULTI_LINE_COMMENT, SINGLE_LINE_HASH_COMMENT, SINGLE_LINE_SLASH_COMMENT, WHITESPACE};
    let is_blank =
        |kind| matches!(kind, WHITESPACE | MULTI_LINE_COMMENT | SINGLE_LINE_HASH_COMMENT | SINGLE_LINE_SLASH_COMMENT);
    Lexer::new(source).filter(|lexeme| !is_blank(lexeme.kind)).collect()
}

/// The contents of a literal. Text blocks do not matter here.
fn text(lexeme: &Lexeme<'_>) -> Option<String> {
    let within = |from: usize| lexeme.text.get(from..lexeme.text.len() - 1);
    match lexeme.kind {
        SyntaxKind::STRING_DOUBLE | SyntaxKind::STRING_SINGLE => unescape(within(1)?),
        SyntaxKind::STRING_DOUBLE_VERBATIM => Some(within(2)?.replace("\"\"", "\"")),
        SyntaxKind::STRING_SINGLE_VERBATIM => Some(within(2)?.replace("''", "'")),
        SyntaxKind::IDENT => Some(lexeme.text.to_owned()),
        _ => None,
    }
}

/// How tightly operators bind: to the left, to the right.
fn power(kind: SyntaxKind) -> Option<(u8, u8)> {
    Some(match kind {
        T![||] => (2, 3),
        T![&&] => (4, 5),
        T![|] => (6, 7),
        T![^] => (8, 9),
        T![&] => (10, 11),
        T![==] | T![!=] => (12, 13),
        T![<] | T![>] | T![<=] | T![>=] | T![in] => (14, 15),
        T![<<] | T![>>] => (16, 17),
        T![+] | T![-] => (18, 19),
        T![*] | T![/] | T![%] => (20, 21),
        _ => return None,
    })
}

pub(super) struct Reader<'a> {
    lexemes: Vec<Lexeme<'a>>,
    next: usize,
    depth: u32,
    /// The number of surrounding objects.
    inside: u32,
    wanted: Wanted,
    scan: Scan,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> SyntaxKind {
        self.lexemes.get(self.next).map_or(SyntaxKind::EOF, |lexeme| lexeme.kind)
    }

    /// Where the next token starts.
    fn offset(&self) -> u32 {
        self.lexemes.get(self.next).map_or(u32::MAX, |lexeme| lexeme.range.0)
    }

    fn take(&mut self) -> Option<Lexeme<'a>> {
        let lexeme = self.lexemes.get(self.next).copied()?;
        self.next += 1;
        Some(lexeme)
    }

    fn eat(&mut self, kind: SyntaxKind) -> Option<u32> {
        let at = self.offset();
        self.eats(kind).then_some(at)
    }

    fn eats(&mut self, kind: SyntaxKind) -> bool {
        let is_next = self.peek() == kind;
        self.next += usize::from(is_next);
        is_next
    }

    /// Notes what was read since `start`.
    fn spot(&mut self, kind: ExpressionKind, start: u32, at: u32) -> usize {
        let end = self.lexemes[self.next - 1].range.1;
        self.scan.spots.push(Spot { start, end, at, kind, name: None });
        self.scan.spots.len() - 1
    }

    fn expression(&mut self, least: u8) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let read = ensure_sufficient_stack(|| self.operation(least));
        self.depth -= 1;
        read
    }

    fn operation(&mut self, least: u8) -> Option<()> {
        let start = self.offset();
        match self.peek() {
            T![+] | T![-] | T![!] | T![~] => {
                self.take()?;
                self.expression(20)?;
                self.spot(ExpressionKind::Expression, start, start);
            }
            _ => self.operand()?,
        }
        while let Some((left, right)) = power(self.peek()).filter(|(left, _)| *left >= least) {
            let _ = left;
            let at = self.take()?.range.0;
            self.expression(right)?;
            self.spot(ExpressionKind::Operator, start, at);
        }
        Some(())
    }

    /// A basic expression and what follows it: indexes, calls and objects.
    fn operand(&mut self) -> Option<()> {
        let start = self.offset();
        self.basic(start)?;
        loop {
            let at = self.offset();
            match self.peek() {
                T![.] => {
                    self.take()?;
                    let at = self.eat(SyntaxKind::IDENT)?;
                    self.spot(ExpressionKind::Expression, start, at);
                }
                T!['['] => {
                    let at = self.index(at)?;
                    self.spot(ExpressionKind::Expression, start, at);
                }
                T!['('] => {
                    self.arguments()?;
                    self.eats(T![tailstrict]);
                    self.spot(ExpressionKind::Expression, start, at);
                }
                T!['{'] => self.object(start)?,
                _ => return Some(()),
            }
        }
    }

    /// An index or a slice. An error names the index itself, and of a slice its bracket.
    fn index(&mut self, bracket: u32) -> Option<u32> {
        self.eat(T!['['])?;
        let at = self.offset();
        let mut is_slice = false;
        while !self.eats(T![']']) {
            if self.eats(T![:]) {
                is_slice = true;
            } else {
                self.expression(0)?;
            }
        }
        Some(if is_slice { bracket } else { at })
    }

    fn arguments(&mut self) -> Option<()> {
        self.eat(T!['('])?;
        while !self.eats(T![')']) {
            let is_named = self.lexemes.get(self.next + 1).is_some_and(|next| next.kind == T![=]);
            if is_named && self.eats(SyntaxKind::IDENT) {
                self.take()?;
            }
            self.expression(0)?;
            self.eats(T![,]);
        }
        Some(())
    }

    fn parameters(&mut self) -> Option<()> {
        self.eat(T!['('])?;
        while !self.eats(T![')']) {
            self.eat(SyntaxKind::IDENT)?;
            if self.eats(T![=]) {
                self.expression(0)?;
            }
            self.eats(T![,]);
        }
        Some(())
    }
}

mod basic;
