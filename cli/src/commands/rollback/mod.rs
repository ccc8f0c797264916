//! `crema rollback`: what would be taken back, the question, and the call; one request, whatever happens in between.

mod interrupt;
mod question;

use super::answer::{self, decision};
use crate::{
    args::{
        global::Global,
        rollback::{Revision, RollbackArgs},
    },
    aws::{self, deployed::Deployed},
    output::{Out, width},
    stop::{Code, Stop},
};
use crema::moment::shown;
use interrupt::{Interrupts, Phase};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub async fn run(args: &RollbackArgs, global: &Global, out: &Out) -> Result<Code, Stop> {
    if !args.yes && !question::may_be_asked() {
        return Err(Stop::usage(
            "`rollback` asks before it takes anything back, and there is no terminal to ask on: give `--yes` to do it \
             without a question",
        ));
    }
    let interrupts = Interrupts::catch(out)?;
    let account = aws::account(&global.deployed).await?;
    let deployed = Deployed::of(&global.deployed);
    let payload = payload(args);
    if !args.yes {
        let mut dry = payload.clone();
        dry["dry_run"] = json!(true);
        let progress = out.progress("asking what would be taken back");
        let answered = deployed.invoke(&account, &dry).await;
        drop(progress);
        let answer = answered?;
        if decision(&answer) != "would_roll_back" {
            return end(&answer, out);
        }
        let report = answer::report(&answer, width());
        out.tell(&report.text);
        out.notes(&report.notes);
        interrupts.enter(Phase::Asking);
        if !question::is_agreed(&format!("Take it back in {}?", account.region), out)? {
            return Err(Stop { kind: "NotConfirmed".to_owned(), ..Stop::failed("nothing was taken back") });
        }
    }
    interrupts.enter(Phase::Calling);
    let progress = out.progress("taking it back");
    let answered = deployed.invoke(&account, &payload).await;
    drop(progress);
    end(&answered?, out)
}

/// The request. With its own id and time it is the same one, however often it is sent; and what was registered after it
/// was shown stays.
fn payload(args: &RollbackArgs) -> Value {
    let time = shown(OffsetDateTime::now_utc());
    let id = format!("crema-{:032x}", fastrand::u128(..));
    let mut payload = json!({"action": "rollback", "family": args.family, "id": id, "time": time});
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            payload[name] = value;
        }
    };
    set(
        "revision",
        args.revision.map(|revision| match revision {
            Revision::Latest => json!("latest"),
            Revision::Number(number) => json!(number),
        }),
    );
    set("to", args.to.map(Value::from));
    set("again", args.again.then_some(json!(true)));
    set("allow_last", args.allow_last.then_some(json!(true)));
    set("allow_missing_image", args.allow_missing_image.then_some(json!(true)));
    set("reason", args.reason.clone().map(Value::from));
    set("region", args.family_region.clone().map(Value::from));
    payload
}

fn end(answer: &Value, out: &Out) -> Result<Code, Stop> {
    out.report(&answer::report(answer, width()))?;
    Ok(if matches!(decision(answer), "rolled_back" | "already_rolled_back") { Code::Done } else { Code::Wrong })
}
