//! The basic expressions of Jsonnet.

use super::{ExpressionKind, Field, Import, Reader, text};
use jrsonnet_lexer::{SyntaxKind, T};

impl Reader<'_> {
    pub(super) fn basic(&mut self, start: u32) -> Option<()> {
        match self.peek() {
            T!['{'] => return self.object(start),
            T!['['] => return self.array(),
            T![import] | T![importstr] | T![importbin] => return self.import(start),
            T![if] => return self.conditional(start),
            T![local] => return self.local(),
            kind => {
                let lexeme = self.take()?;
                match kind {
                    T!['('] => {
                        self.expression(0)?;
                        self.eat(T![')'])?;
                    }
                    T![function] => {
                        self.parameters()?;
                        self.expression(0)?;
                    }
                    T![assert] => {
                        self.assertion()?;
                        self.eat(T![;])?;
                        self.expression(0)?;
                    }
                    T![error] => self.expression(0)?,
                    T![self] | T![super] | T!['$'] if self.inside == 0 => {
                        self.scan.outside.push((lexeme.text.to_owned(), lexeme.range.0));
                    }
                    SyntaxKind::IDENT if self.wanted.variables => {
                        self.spot(ExpressionKind::Expression, start, start);
                    }
                    SyntaxKind::IDENT | SyntaxKind::FLOAT => {}
                    T![self] | T![super] | T!['$'] | T![null] | T![true] | T![false] => {}
                    kind if is_text(kind) => {}
                    _ => return None,
                }
            }
        }
        Some(())
    }

    fn local(&mut self) -> Option<()> {
        self.eat(T![local])?;
        while !self.eats(T![;]) {
            self.bind()?;
            self.eats(T![,]);
        }
        self.expression(0)
    }

    fn bind(&mut self) -> Option<()> {
        self.eat(SyntaxKind::IDENT)?;
        if self.peek() == T!['('] {
            self.parameters()?;
        }
        self.eat(T![=])?;
        self.expression(0)
    }

    fn conditional(&mut self, start: u32) -> Option<()> {
        self.eat(T![if])?;
        let condition = self.offset();
        self.expression(0)?;
        self.eat(T![then])?;
        self.expression(0)?;
        if self.eats(T![else]) {
            self.expression(0)?;
        }
        self.spot(ExpressionKind::Expression, start, condition);
        Some(())
    }

    /// The expression after its `assert`.
    fn assertion(&mut self) -> Option<()> {
        self.expression(0)?;
        if self.eats(T![:]) {
            self.expression(0)?;
        }
        Some(())
    }

    fn import(&mut self, start: u32) -> Option<()> {
        let raw = self.take()?.kind != T![import];
        let literal = self.take()?;
        let path = text(&literal)?;
        self.scan.imports.push(Import { path, start: literal.range.0, end: literal.range.1, raw });
        self.spot(ExpressionKind::Expression, start, literal.range.0);
        Some(())
    }

    fn array(&mut self) -> Option<()> {
        self.eat(T!['['])?;
        while !self.eats(T![']']) {
            if self.peek() == T![for] {
                self.specifications()?;
                continue;
            }
            self.value(None)?;
            self.eats(T![,]);
        }
        Some(())
    }

    /// The value of a field or an element.
    fn value(&mut self, name: Option<&str>) -> Option<()> {
        let start = self.offset();
        self.expression(0)?;
        if self.wanted.values {
            let spot = self.spot(ExpressionKind::Value, start, start);
            self.scan.spots[spot].name = name.map(str::to_owned);
        }
        Some(())
    }

    /// All the `for` and `if` of a comprehension.
    fn specifications(&mut self) -> Option<()> {
        loop {
            let kind = if self.eats(T![for]) {
                self.eat(SyntaxKind::IDENT)?;
                self.eat(T![in])?;
                ExpressionKind::Over
            } else if self.eats(T![if]) {
                ExpressionKind::Condition
            } else {
                return Some(());
            };
            let start = self.offset();
            self.expression(0)?;
            self.spot(kind, start, start);
        }
    }

    /// An object that stands alone, or the object by which the expression from `start` on is extended.
    pub(super) fn object(&mut self, start: u32) -> Option<()> {
        let at = self.eat(T!['{'])?;
        let around = self.inside;
        self.inside += 1;
        let mut fields = vec![];
        while !self.eats(T!['}']) {
            match self.peek() {
                T![local] => {
                    self.take()?;
                    self.bind()?;
                }
                T![assert] => {
                    self.take()?;
                    self.assertion()?;
                }
                T![for] => {
                    self.inside = around;
                    self.specifications()?;
                    continue;
                }
                _ => fields.push(self.field(around)?),
            }
            self.eats(T![,]);
        }
        self.inside = around;
        let spot = self.spot(ExpressionKind::Object, start, at);
        self.scan.objects.insert(spot, fields);
        Some(())
    }

    fn field(&mut self, around: u32) -> Option<Field> {
        let (mut at, mut name, mut key) = (self.offset(), None, None);
        if self.eats(T!['[']) {
            at = self.offset();
            // A computed name belongs to what is around the object.
            let inside = std::mem::replace(&mut self.inside, around);
            self.expression(0)?;
            self.inside = inside;
            key = Some(self.spot(ExpressionKind::Key, at, at));
            self.eat(T![']'])?;
        } else {
            let lexeme = self.take()?;
            name = text(&lexeme);
            if !is_text(lexeme.kind) && lexeme.kind != SyntaxKind::IDENT {
                return None;
            }
        }
        let is_method = self.peek() == T!['('];
        if is_method {
            self.parameters()?;
        }
        let is_sum = self.eats(T![+]);
        self.eat(T![:])?;
        let is_hidden = self.eats(T![:]) && !self.eats(T![:]);
        match &name {
            Some(name) if is_method && !is_hidden => self.scan.methods.push((name.clone(), at)),
            _ => {}
        }
        let start = self.offset();
        if is_method {
            self.expression(0)?;
        } else {
            self.value(name.as_deref())?;
        }
        if is_sum {
            self.spot(ExpressionKind::Sum, start, at);
        }
        Some(Field { at, name, key })
    }
}

fn is_text(kind: SyntaxKind) -> bool {
    use SyntaxKind::{STRING_BLOCK, STRING_DOUBLE, STRING_DOUBLE_VERBATIM, STRING_SINGLE, STRING_SINGLE_VERBATIM};
    matches!(kind, STRING_DOUBLE | STRING_SINGLE | STRING_DOUBLE_VERBATIM | STRING_SINGLE_VERBATIM | STRING_BLOCK)
}
