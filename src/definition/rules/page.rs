//! `docs/RULES.md`, made from the table.

use super::{
    rule::{Rule, Verdict},
    table::rules,
    task::Tasks,
};

const HEAD: &str = "# Rules

What crema knows of a definition before it runs, beside its shape. This page is made from the table in `src/definition/rules` by
`make rules`, and a test holds it.

A **refused** rule is one that ECS enforces whatever the account: where a definition that breaks it would be registered, nothing
is, and the outcome is `failed` with `InvalidDefinition`. A definition that the newest revision carries already was taken by ECS
once: it stays `unchanged`, with a warning. A **told** rule is a warning alone: tasks may fail of it, or it is not certain that
ECS refuses it. `plan` and `status` tell both.

A rule that is wrong for an app is left out by `crema.json`: `{\"skip_rules\": [\"memory-above-task\"]}`. A name that is no rule's
is a warning.

Messages begin with the file and the path in the document. An empty text counts as absent. Sources in quotes are ECS's own errors,
as people have met them; `API_…` are pages of the Amazon ECS API Reference.

| for | means |
|---|---|
| any | every definition |
| usual | Linux on EC2 or FARGATE. Windows, EXTERNAL and MANAGED_INSTANCES have rules of their own, of which nothing is said |
| FARGATE | usual, with FARGATE in `requiresCompatibilities`, alone or beside EC2 |
| EC2 | usual, without FARGATE, also where nothing is named |
";

/// The whole page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for (verdict, title) in [(Verdict::Refuse, "Refused"), (Verdict::Warn, "Told")] {
        page.push_str(&format!(
            "\n## {title}\n\n| rule | for | where | broken when | message | source |\n|---|---|---|---|---|---|\n"
        ));
        page.extend(rules().filter(|rule| rule.verdict == verdict).map(row));
    }
    page
}

fn row(rule: &Rule) -> String {
    let tasks = match rule.tasks {
        Tasks::Any => "any",
        Tasks::Usual => "usual",
        Tasks::Fargate => "FARGATE",
        Tasks::WithoutFargate => "EC2",
    };
    let Rule { name, path, condition, message, remedy, source, .. } = rule;
    let words = ["{0}", "{1}", "{2}"].iter().fold(format!("{message}; {remedy}"), |text, word| text.replace(word, "…"));
    format!("| `{name}` | {tasks} | `{path}` | {condition} | {words} | {source} |\n")
}
