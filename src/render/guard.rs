//! Parsing a template so that nothing of it is lost.
//!
//! gotmpl 0.6.1 drops the text after a stray `{{end}}`, accepts blocks that are never closed, and finds unknown functions
//! and variables only where they are reached, without a position. Go refuses all of them while parsing, with a line.
//! Here the actions are read once for themselves, to say where a block is open or closed too often; the tree is parsed
//! behind a mark that must come out as its last node; and the tree is walked for names that are not there.

mod blocks;
mod names;
mod rewrite;

use crate::render::builtins::SHOW;
use blocks::Misplaced;
use gotmpl::{
    TemplateError,
    parse::{ActionNode, CommandNode, DefineNode, Expr, ListNode, Node, Number, Parser, PipeNode, Pos},
};

/// Records which line is executed. No template can name it.
pub const AT: &str = "@at";
/// Stands at the end of the text while it is parsed.
const END: &str = "crema: the end of the template";

/// What is wrong with a template, and in which line (0: unknown).
pub struct Wrong {
    pub line: usize,
    pub message: String,
}

/// A template that can be executed: all lists call [`AT`] before each action, all printing goes through [`SHOW`].
pub struct Parsed {
    pub main: ListNode,
    pub defines: Vec<(String, ListNode)>,
}

/// Parses `source`. `known` are the names of all functions.
///
/// # Errors
/// Whatever Go refuses while parsing.
pub fn parse(source: &str, known: &[&str]) -> Result<Parsed, Wrong> {
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
    names::check(&main, known)?;
    for (_, body) in &defines {
        names::check(body, known)?;
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
    let first = action.pipe.commands.first().and_then(|command| command.args.first());
    matches!(first, Some(Expr::String(_, text)) if **text == *END)
}

/// As Go: two bodies of one name are an error, unless one is blank; a blank one never replaces another.
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
                let place = (action.pos, names::called(&action.pipe));
                if action.pipe.decl.is_empty() {
                    action.pipe.commands.push(command(action.pos, vec![identifier(action.pos, SHOW)]));
                }
                Some(place)
            }
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                mark(&mut branch.body);
                branch.else_body.iter_mut().for_each(mark);
                Some((branch.pos, names::called(&branch.pipe)))
            }
            Node::Template(template) => {
                let place = (template.pos, template.pipe.as_ref().map(names::called).unwrap_or_default());
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
        nodes.extend(place.map(|(pos, called)| at(pos, &called)));
        nodes.push(node);
    }
    list.nodes = nodes;
}

/// The action that records a line, and the functions that are called in it.
fn at(pos: Pos, called: &str) -> Node {
    let line = Number::Int(i64::try_from(pos.line).unwrap_or_default());
    let args = vec![identifier(pos, AT), Expr::Number(pos, line), Expr::String(pos, called.into())];
    Node::Action(ActionNode { pos, pipe: pipe(pos, args) })
}

/// The pipeline that gives no value.
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
