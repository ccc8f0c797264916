//! Faults of the calls that look things up: SSM, Secrets Manager, CloudFormation, a Terraform state in S3.

use crema_testing::{
    Fault, When, World, side_by_side, tried,
    world::{decisions, failure},
};

const APPS: [&str; 3] = ["a", "b", "c"];
/// Operation, what its call is about, and what a message names.
const CALLS: [(&str, &str, &str); 6] = [
    ("GetParameters", "", "ssm:GetParameters"),
    ("GetParameter", "", "ssm:GetParameter"),
    ("DescribeSecret", "", "secretsmanager:DescribeSecret"),
    ("DescribeStacks", "", "cloudformation:DescribeStacks"),
    ("ListExports", "", "cloudformation:ListExports"),
    ("GetObject", "states", "s3:GetObject"),
];

/// Three apps that look up all there is: 31 parameters (three calls for ten each, one for the last), three secrets, outputs
/// of three stacks, an export, three states.
async fn world() -> World {
    let w = World::empty(&[]).await;
    w.aws.put_export("vpc", "vpc-1");
    let state = r#"{"version": 4, "outputs": {"subnet": {"value": "subnet-9", "type": "string"}}, "resources": []}"#;
    for (i, app) in APPS.into_iter().enumerate() {
        let parameters = i * 11..(i * 11 + 11).min(31);
        for n in parameters.clone() {
            w.aws.put_parameter(&format!("/p/{n:02}"), "String", "value");
        }
        w.aws.create_secret(app);
        w.aws.put_output(app, "Key", "output");
        w.aws.put_object("states", app, state);
        let looked_up = parameters.map(|n| format!("std.native('ssm')('/p/{n:02}')")).collect::<Vec<_>>().join(", ");
        w.jsonnet_app(
            app,
            &format!(
                "{{ family: '{app}', containerDefinitions: [{{ name: 'app', image: 'busybox', memory: 128, command: [
                    std.native('secretsmanager_arn')('{app}'), std.native('cfn_output')('{app}', 'Key'),
                    std.native('cfn_export')('vpc'), std.native('tfstate')('output.subnet'), {looked_up}] }}] }}"
            ),
        );
        let plugins = format!("[{{name: cloudformation}}, {{name: tfstate, config: {{url: 's3://states/{app}'}}}}]");
        w.aws.put(
            &format!("{app}/ecspresso.yml"),
            format!("task_definition: ecs-task-def.jsonnet\nplugins: {plugins}\n"),
        );
    }
    w
}

fn all_are_registered(w: &World, about: &str) {
    for app in APPS {
        assert_eq!(w.aws.active(app), [1], "{about}");
    }
}

#[tokio::test]
async fn a_lookup_that_fails_once_is_tried_again_at_any_position() {
    let faults = [Fault::Throttled, Fault::Error, Fault::Unavailable, Fault::Reset, Fault::Cut, Fault::Hang];
    let w = world().await;
    w.sweep().await.unwrap();
    all_are_registered(&w, "without a fault");
    let mut runs = vec![];
    for (operation, about, _) in CALLS {
        let calls = w.aws.calls_of(operation).into_iter().filter(|call| call.input.to_string().contains(about)).count();
        assert_eq!(calls, if matches!(operation, "GetParameter" | "ListExports") { 1 } else { 3 }, "{operation}");
        runs.extend((1..=calls).flat_map(|n| faults.iter().map(move |fault| (operation, about, n, fault))));
    }
    let runs = runs.into_iter().map(|(operation, about, position, fault)| async move {
        let w = world().await;
        w.aws.break_calls_about(operation, about, When::Nth(position), fault.clone());
        let mut done = w.sweep().await;
        // The body of an object streams past the SDK's retry: then the event's own is it.
        if let (Err(failure), "GetObject", Fault::Cut) = (&done, operation, fault) {
            assert_eq!(failure.error_type, "LookupError", "{failure:?}");
            done = w.sweep().await;
        }
        assert!(done.is_ok(), "{operation} {position} {fault:?}: {done:?}");
        all_are_registered(&w, &format!("{operation} {position} {fault:?}"));
    });
    let count = side_by_side(runs).await;
    tried(count, "faults: a call of a lookup, its position, how it fails");
}

#[tokio::test]
async fn a_lookup_that_fails_always_names_the_call_and_is_done_by_the_retry() {
    let faults = [Fault::Throttled, Fault::Error, Fault::Unavailable, Fault::Reset, Fault::Denied];
    let runs = CALLS.iter().flat_map(|call| faults.iter().map(move |fault| (*call, fault)));
    // Where ten at once are denied, each is asked for by itself.
    let runs = runs.filter(|((operation, ..), f)| *operation != "GetParameters" || !matches!(f, Fault::Denied));
    let runs = runs.map(|((operation, about, named), fault)| async move {
        let w = world().await;
        w.aws.break_calls_about(operation, about, When::Every, fault.clone());
        let failure = failure(w.sweep().await);
        assert_eq!(failure.error_type, "LookupError", "{operation} {fault:?}: {failure:?}");
        assert!(failure.error_message.contains(named), "{operation} {fault:?}: {failure:?}");
        w.aws.mend();
        w.sweep().await.unwrap();
        all_are_registered(&w, operation);
    });
    let count = side_by_side(runs).await;
    tried(count, "faults that last until the next event");
}

#[tokio::test]
async fn a_denied_lookup_at_any_position_fails_its_own_app_alone() {
    let mut count = 0;
    for (operation, about) in [("DescribeSecret", ""), ("DescribeStacks", ""), ("GetObject", "states")] {
        for position in 1..=3 {
            let w = world().await;
            w.aws.break_calls_about(operation, about, When::Nth(position), Fault::Denied);
            let failure = failure(w.sweep().await);
            assert_eq!(failure.error_type, "LookupError", "{operation} {position}: {failure:?}");
            assert_eq!(w.aws.families().len(), 2, "{operation} {position}: {failure:?}");
            count += 1;
        }
    }
    tried(count, "denied calls");
}

#[tokio::test]
async fn parameters_that_are_denied_ten_at_once_are_asked_for_one_by_one() {
    let w = world().await;
    w.aws.break_calls("GetParameters", When::Every, Fault::Denied);
    let done = decisions(&w.sweep().await.unwrap());
    assert!(done.values().all(|decision| decision == "registered"), "{done:?}");
    assert_eq!(w.aws.calls_of("GetParameter").len(), 31);
}
