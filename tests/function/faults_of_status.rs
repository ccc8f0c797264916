//! Faults of the calls of a `status`: it rides out what passes, and says what it could not read.

use crema_testing::{
    ACCOUNT, Fault, REGION, When, World, side_by_side, tried,
    world::{definition, failure, image},
};
use serde_json::{Value, json};

const APPS: [&str; 3] = ["a", "b", "c"];
/// Operation, and what a message names.
const CALLS: [(&str, &str); 9] = [
    ("ListObjectsV2", "s3:ListBucket"),
    ("GetObject", "s3:GetObject"),
    ("BatchGetImage", "ecr:BatchGetImage"),
    ("DescribeTaskDefinition", "ecs:DescribeTaskDefinition"),
    ("ListTaskDefinitions", "ecs:ListTaskDefinitions"),
    ("ListRules", "events:ListRules"),
    ("ListTargetsByRule", "events:ListTargetsByRule"),
    ("ListSchedules", "scheduler:ListSchedules"),
    ("GetSchedule", "scheduler:GetSchedule"),
];

/// Three families, each with a rule and a schedule; rules, schedules and objects come two a page.
async fn world() -> World {
    let w = World::empty(&[]).await;
    for app in APPS {
        w.app(app, &definition(app, &image(&format!("{app}:release"))));
        w.aws.push_image(app, "release", "v1");
        let family = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{app}");
        w.aws.put_rule(app, &family);
        w.aws.create_schedule("default", app, &family);
    }
    w.aws.page_rules(2);
    w.aws.page_schedules(2);
    w.aws.page_objects(2);
    w
}

async fn status(w: &World) -> crema_testing::Invocation {
    w.invoke(json!({"action": "status"})).await
}

#[tokio::test]
async fn a_passing_fault_of_any_call_at_any_position_changes_nothing_of_the_answer() {
    let faults = [Fault::Throttled, Fault::Error, Fault::Unavailable, Fault::Reset, Fault::Cut, Fault::Hang];
    let told = |mut answer: Value| {
        answer["trigger"] = Value::Null;
        answer
    };
    let w = world().await;
    let expected = &told(status(&w).await.unwrap());
    assert_eq!((&expected["counts"], &expected["warnings"]), (&json!({"behind": 3}), &json!([])), "{expected:#}");
    let mut runs = vec![];
    for (operation, _) in CALLS {
        let positions = w.aws.positions_of(operation);
        assert!(positions.len() > 1, "{operation}: {positions:?}");
        runs.extend(positions.into_iter().flat_map(|n| faults.iter().map(move |fault| (operation, n, fault))));
    }
    let runs = runs.into_iter().map(|(operation, position, fault)| async move {
        let w = world().await;
        w.aws.break_calls(operation, When::Nth(position), fault.clone());
        let mut done = status(&w).await;
        // The body of an object streams past the SDK's retry.
        if let (Err(failure), "GetObject", Fault::Cut) = (&done, operation, fault) {
            assert_eq!(failure.error_type, "AwsError", "{failure:?}");
            assert!(failure.error_message.contains("s3:GetObject"), "{failure:?}");
            done = status(&w).await;
        }
        let done = done.unwrap_or_else(|e| panic!("{operation} {position} {fault:?}: {e:?}"));
        assert_eq!(&told(done), expected, "{operation} {position} {fault:?}");
        assert!(w.aws.changes().is_empty());
    });
    tried(side_by_side(runs).await, "faults: a call of a status, its position, how it fails");
}

#[tokio::test]
async fn what_fails_for_good_is_said_with_the_call_and_the_rest_is_told() {
    let faults = [Fault::Throttled, Fault::Error, Fault::Unavailable, Fault::Reset, Fault::Denied];
    let w = world().await;
    status(&w).await.unwrap();
    let mut runs = vec![];
    for (operation, named) in CALLS {
        // Of one call alone only a denial is for good.
        let single =
            w.aws.positions_of(operation).into_iter().map(|n| (operation, named, When::Nth(n), &Fault::Denied));
        runs.extend(single.chain(faults.iter().map(|fault| (operation, named, When::Every, fault))));
    }
    let runs = runs.into_iter().map(|(operation, named, when, fault)| async move {
        let about = format!("{operation} {when:?} {fault:?}");
        let w = world().await;
        w.aws.break_calls(operation, when, fault.clone());
        let done = status(&w).await;
        if named.starts_with("s3:") {
            let failure = failure(done);
            assert_eq!(failure.error_type, "AwsError", "{about}: {failure:?}");
            assert!(failure.error_message.contains(named), "{about}: {failure:?}");
        } else {
            let answer = done.unwrap_or_else(|e| panic!("{about}: {e:?}"));
            assert!(answer.to_string().contains(named), "{about}: {answer:#}");
            let families = answer["families"].as_array().unwrap();
            assert_eq!(families.len(), 3, "{about}: {answer:#}");
            let failed = families.iter().filter(|family| family["state"] == "failed").count();
            let expected = match (operation, when) {
                ("BatchGetImage" | "DescribeTaskDefinition" | "ListTaskDefinitions", When::Every) => 3,
                ("BatchGetImage" | "DescribeTaskDefinition" | "ListTaskDefinitions", _) => 1,
                _ => 0,
            };
            assert_eq!(failed, expected, "{about}: {answer:#}");
        }
        assert!(w.aws.changes().is_empty());
    });
    tried(side_by_side(runs).await, "faults that last, or deny one call");
}
