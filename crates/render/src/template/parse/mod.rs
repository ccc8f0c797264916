//! Parses a template so that nothing of it is lost.
//!
//! gotmpl 0.6.1 drops the text after a stray `{{end}}`, accepts blocks that are never closed, and finds unknown
//! functions and variables only when they are reached, without a position. Go refuses all of them while parsing, with a
//! line. So the actions are read separately first, to find blocks that are opened or closed too often; the tree is
//! parsed with a mark at its end that must come out as its last node; and the tree is searched for unknown names.

mod blocks;
mod names;
mod rewrite;
mod wrong;

use crate::template::builtins::SHOW;
use blocks::Misplaced;
use gotmpl::{
    TemplateError,
    parse::{ActionNode, CommandNode, DefineNode, Expr, ListNode, Node, Number, Parser, PipeNode, Pos, TextNode},
};
pub use wrong::{Passed, Wrong};

/// Records which line is executed. No template can name it.
pub const AT: &str = "@at";
/// Ends the text while it is parsed.
const END: &str = "crema: the end of the template";

/// A template that can be executed: every list calls [`AT`] before each action, and everything is printed by [`SHOW`].
#[derive(Clone)]
pub struct Parsed {
    pub main: ListNode,
    pub defines: Vec<(String, ListNode)>,
}

impl Parsed {
    /// Replaces the action at this position by a text.
    pub fn write(&mut self, action: usize, text: &str) {
        let lists = std::iter::once(&mut self.main).chain(self.defines.iter_mut().map(|(_, body)| body));
        lists.for_each(|list| write(list, action, text));
    }
}

fn write(list: &mut ListNode, action: usize, text: &str) {
    for node in &mut list.nodes {
        match node {
            Node::Action(at) if at.pos.offset == action && !is_at(at) => {
                *node = Node::Text(TextNode { pos: at.pos, text: text.into() });
            }
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                write(&mut branch.body, action, text);
                branch.else_body.iter_mut().for_each(|list| write(list, action, text));
            }
            Node::List(list) => write(list, action, text),
            _ => {}
        }
    }
}

/// Parses `source`. `known` are the names of all functions. With `passed`, an action that only prints may call others.
///
/// # Errors
/// Everything that Go refuses while parsing.
pub fn parse(source: &str, known: &[&str], mut passed: Option<&mut Passed>) -> Result<Parsed, Wrong> {
    let source = &rewrite::as_go_reads(source);
    let (mut main, defines) = match blocks::check(source) {
        Ok(()) => tree(source)?,
        Err(Misplaced { from: 0, wrong }) => return Err(wrong),
        // Whichever comes first.
        Err(Misplaced { from, wrong }) => match tree(source) {
            Err(earlier) if earlier.line < from => return Err(earlier),
            _ => return Err(wrong),
        },
    };
    let (marked, _) = tree(&format!("{source}\n{{{{`{END}`}}}}"))?;
    let is_last = |node: &Node| matches!(node, Node::Action(action) if is_end(action));
    if !marked.nodes.last().is_some_and(is_last) {
        let message = "an {{end}} or {{else}} without its block, or a block without {{end}}".to_owned();
        return Err(Wrong { line: 0, message });
    }
    let mut defines = merged(defines)?;
    names::check(&main, known, passed.as_deref_mut())?;
    for (_, body) in &defines {
        names::check(body, known, passed.as_deref_mut())?;
    }
    mark(&mut main);
    defines.iter_mut().for_each(|(_, body)| mark(body));
    Ok(Parsed { main, defines })
}

fn tree(source: &str) -> Result<(ListNode, Vec<DefineNode>), Wrong> {
    Parser::new(source, "{{", "}}").and_then(Parser::parse).map_err(|e| match e {
        TemplateError::Parse { line, message, .. } | TemplateError::Lex { line, message, .. } => {
            Wrong { line, message }
        }
        other => Wrong { line: 0, message: other.to_string() },
    })
}

fn is_end(action: &ActionNode) -> bool {
    matches!(first(action), Some(Expr::String(_, text)) if **text == *END)
}

fn is_at(action: &ActionNode) -> bool {
    matches!(first(action), Some(Expr::Identifier(_, name)) if name.as_str() == AT)
}

fn first(action: &ActionNode) -> Option<&Expr> {
    action.pipe.commands.first().and_then(|command| command.args.first())
}

/// As in Go, two bodies of one name are an error, unless one is blank; a blank one never replaces another.
fn merged(defines: Vec<DefineNode>) -> Result<Vec<(String, ListNode)>, Wrong> {
    let mut kept: Vec<(String, ListNode)> = vec![];
    for define in defines {
        match kept.iter_mut().find(|(name, _)| *name == define.name) {
            None => kept.push((define.name.to_string(), define.body)),
            Some(_) if define.body.is_empty_tree() => {}
            Some((_, body)) if body.is_empty_tree() => *body = define.body,
            Some((name, _)) => {
                let message = format!("multiple definition of template {name:?}");
                return Err(Wrong { line: define.pos.line, message });
            }
        }
    }
    Ok(kept)
}

fn mark(list: &mut ListNode) {
    let mut nodes = Vec::with_capacity(2 * list.nodes.len());
    for mut node in std::mem::take(&mut list.nodes) {
        let place = match &mut node {
            Node::Action(action) => {
                let only_writes = action.pipe.decl.is_empty();
                let place = (action.pos, names::called(&action.pipe), only_writes);
                if only_writes {
                    action.pipe.commands.push(command(action.pos, vec![identifier(action.pos, SHOW)]));
                }
                Some(place)
            }
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                mark(&mut branch.body);
                branch.else_body.iter_mut().for_each(mark);
                Some((branch.pos, names::called(&branch.pipe), false))
            }
            Node::Template(template) => {
                let place = (template.pos, template.pipe.as_ref().map(names::called).unwrap_or_default(), false);
                // gotmpl hands the dot on where Go gives no data.
                template.pipe.get_or_insert_with(|| nothing(template.pos));
                Some(place)
            }
            Node::List(list) => {
                mark(list);
                None
            }
            _ => None,
        };
        nodes.extend(place.map(|(pos, called, only_writes)| at(pos, &called, only_writes)));
        nodes.push(node);
    }
    list.nodes = nodes;
}

/// The action that records a line, the functions that are called in it, and where one that only prints stands (else
/// -1).
fn at(pos: Pos, called: &str, only_writes: bool) -> Node {
    let int = |number: usize| Number::Int(i64::try_from(number).unwrap_or(-1));
    let action = if only_writes { int(pos.offset) } else { Number::Int(-1) };
    let places = [Expr::Number(pos, int(pos.line)), Expr::String(pos, called.into()), Expr::Number(pos, action)];
    let args = std::iter::once(identifier(pos, AT)).chain(places).collect();
    Node::Action(ActionNode { pos, pipe: pipe(pos, args) })
}

/// A pipeline that gives no value.
fn nothing(pos: Pos) -> PipeNode {
    pipe(pos, vec![identifier(pos, SHOW)])
}

fn pipe(pos: Pos, args: Vec<Expr>) -> PipeNode {
    PipeNode { pos, decl: vec![], commands: vec![command(pos, args)], is_assign: false }
}

fn command(pos: Pos, args: Vec<Expr>) -> CommandNode {
    CommandNode { pos, args }
}

fn identifier(pos: Pos, name: &str) -> Expr {
    Expr::Identifier(pos, name.into())
}
