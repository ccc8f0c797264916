//! Checks that all functions and variables of a template exist.

use super::wrong::{Passed, Wrong};
use crate::template::functions::remedy;
use gotmpl::parse::{BranchNode, Expr, ListNode, Node, Number, PipeNode, Pos};

/// # Errors
/// An unknown function or variable, `{{break}}` or `{{continue}}` outside of `{{range}}`, a pipeline into a value, a
/// number that no float holds. With `passed`, that of an action which only prints is added there.
pub fn check(body: &ListNode, known: &[&str], passed: Option<&mut Passed>) -> Result<(), Wrong> {
    Scope { known, variables: vec!["$".to_owned()], ranges: 0, passed }.list(body)
}

/// The functions that are called in a pipeline, for messages.
pub fn called(pipe: &PipeNode) -> String {
    let mut names = vec![];
    collect(pipe, &mut names);
    names.join(", ")
}

fn collect<'a>(pipe: &'a PipeNode, names: &mut Vec<&'a str>) {
    for expr in pipe.commands.iter().flat_map(|command| &command.args) {
        let expr = match expr {
            Expr::Chain(_, inner, _) => inner,
            expr => expr,
        };
        match expr {
            Expr::Identifier(_, name) if !names.contains(&name.as_str()) => names.push(name),
            Expr::Pipe(_, pipe) => collect(pipe, names),
            _ => {}
        }
    }
}

/// The names that are visible at one point of a template, as Go counts them while parsing: the variables of a block end
/// with it.
struct Scope<'a> {
    known: &'a [&'a str],
    variables: Vec<String>,
    ranges: usize,
    passed: Option<&'a mut Passed>,
}

impl Scope<'_> {
    fn list(&mut self, list: &ListNode) -> Result<(), Wrong> {
        list.nodes.iter().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: &Node) -> Result<(), Wrong> {
        match node {
            Node::List(list) => self.list(list),
            Node::Action(action) => match (self.pipe(&action.pipe), &mut self.passed) {
                (Err(wrong), Some(passed)) if action.pipe.decl.is_empty() => {
                    passed.push((action.pos.offset, wrong));
                    Ok(())
                }
                (checked, _) => checked,
            },
            Node::If(branch) | Node::With(branch) => self.branch(branch, 0),
            Node::Range(branch) => self.branch(branch, 1),
            Node::Template(template) => template.pipe.iter().try_for_each(|pipe| self.pipe(pipe)),
            Node::Break(pos) if self.ranges == 0 => wrong(*pos, "{{break}} outside of {{range}}".to_owned()),
            Node::Continue(pos) if self.ranges == 0 => wrong(*pos, "{{continue}} outside of {{range}}".to_owned()),
            Node::Text(_) | Node::Define(_) | Node::Break(_) | Node::Continue(_) => Ok(()),
        }
    }

    fn branch(&mut self, branch: &BranchNode, ranges: usize) -> Result<(), Wrong> {
        let outside = self.variables.len();
        self.pipe(&branch.pipe)?;
        self.ranges += ranges;
        self.list(&branch.body)?;
        self.ranges -= ranges;
        branch.else_body.iter().try_for_each(|list| self.list(list))?;
        self.variables.truncate(outside);
        Ok(())
    }

    fn pipe(&mut self, pipe: &PipeNode) -> Result<(), Wrong> {
        for (i, command) in pipe.commands.iter().enumerate().skip(1) {
            if let Some(value @ (Expr::Bool(..) | Expr::Dot(_) | Expr::Nil(_) | Expr::Number(..) | Expr::String(..))) =
                command.args.first()
            {
                return wrong(value.pos(), format!("non executable command in pipeline stage {}", i + 1));
            }
        }
        for expr in pipe.commands.iter().flat_map(|command| &command.args) {
            self.expr(expr)?;
        }
        for name in &pipe.decl {
            if pipe.is_assign {
                self.variable(pipe.pos, name)?;
            } else {
                self.variables.push(name.to_string());
            }
        }
        Ok(())
    }

    fn expr(&mut self, expr: &Expr) -> Result<(), Wrong> {
        match expr {
            Expr::Identifier(pos, name) if !self.known.contains(&name.as_str()) => {
                let near = self.known.iter().find(|known| strsim::damerau_levenshtein(known, name) <= 2);
                let near = near.map_or_else(|| remedy(name).to_owned(), |near| format!(" (did you mean {near}?)"));
                wrong(*pos, format!("function {:?} not defined{near}", name.as_str()))
            }
            Expr::Number(pos, Number::Float(float)) if float.is_infinite() => {
                wrong(*pos, "a number is too large".to_owned())
            }
            Expr::Variable(pos, name, _) => self.variable(*pos, name),
            Expr::Pipe(_, pipe) => self.pipe(pipe),
            Expr::Chain(_, inner, _) => self.expr(inner),
            _ => Ok(()),
        }
    }

    fn variable(&self, pos: Pos, name: &str) -> Result<(), Wrong> {
        match self.variables.iter().any(|variable| variable == name) {
            true => Ok(()),
            false => wrong(pos, format!("undefined variable {name:?}")),
        }
    }
}

fn wrong<T>(pos: Pos, message: String) -> Result<T, Wrong> {
    Err(Wrong { line: pos.line, message })
}
