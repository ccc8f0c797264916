use super::{
    ask::judged_role,
    named::{Candidate, Requirement, all},
    sights::{Sight, Sights},
};
use crate::{aws::fault::Fault, config::apps::UnknownKeys, definition::Definition, error::ErrorKind};
use crema_base::secrecy::plain;
use serde_json::{Value, json};

const REGION: &str = "ap-northeast-1";

fn named(document: Value, is_pinned: bool) -> Vec<String> {
    let (definition, _) = Definition::new(document, UnknownKeys::Error, "a.json").unwrap();
    let found = all(&Candidate { definition: &definition, region: REGION, place: "a.json", is_pinned });
    let shown = |(named, path): (Requirement, String)| match named {
        Requirement::Role { name, arn, .. } => format!("{path}: role {name} {}", arn.unwrap_or_default()),
        Requirement::Secret { id, region } => format!("{path}: secret {id} in {region}"),
        Requirement::Parameter { name, is_ours, region } => format!("{path}: parameter {name} in {region} {is_ours}"),
        Requirement::LogGroup { name, region } => format!("{path}: log group {name} in {region}"),
        Requirement::FileSystem { id, .. } => format!("{path}: {id}"),
        Requirement::AccessPoint { id, file_system, .. } => format!("{path}: {id} of {file_system}"),
        Requirement::Image(parts) => format!("{path}: {}", parts.join(" ")),
    };
    found.into_iter().map(shown).collect()
}

#[test]
fn all_that_a_definition_names_is_found_once_each() {
    let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";
    let digest = format!("sha256:{}", "a".repeat(64));
    let log = |create: &str| {
        json!({"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/a", "awslogs-region": "us-east-1",
        "awslogs-create-group": create}})
    };
    let document = json!({"family": "a", "executionRoleArn": "execution",
        "taskRoleArn": "arn:aws:iam::123456789012:role/team/task",
        "containerDefinitions": [
            {"name": "a", "image": format!("123456789012.dkr.ecr.eu-west-1.amazonaws.com/a@{digest}"), "logConfiguration": log("false"),
                "repositoryCredentials": {"credentialsParameter": secret},
                "secrets": [{"name": "A", "valueFrom": format!("{secret}:key::")}, {"name": "B", "valueFrom": secret},
                    {"name": "C", "valueFrom": "/a/b:3"}, {"name": "D", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/a/b"},
                    {"name": "E", "valueFrom": "arn:aws:ssm:us-east-1:210987654321:parameter/a/c"},
                    {"name": "F", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/d"}]},
            {"name": "b", "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/b:1", "logConfiguration": log("true")},
        ],
        "volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "authorizationConfig": {"accessPointId": "fsap-1"}}},
            {"name": "w"}]});
    let mut expected = vec![
        "executionRoleArn: role execution ".to_owned(),
        "taskRoleArn: role task arn:aws:iam::123456789012:role/team/task".to_owned(),
        format!("containerDefinitions[0].secrets[0].valueFrom: secret {secret} in eu-west-1"),
        "containerDefinitions[0].secrets[2].valueFrom: parameter /a/b in ap-northeast-1 true".to_owned(),
        "containerDefinitions[0].secrets[3].valueFrom: parameter /a/b in us-east-1 true".to_owned(),
        "containerDefinitions[0].secrets[4].valueFrom: parameter /a/c in us-east-1 false".to_owned(),
        "containerDefinitions[0].secrets[5].valueFrom: parameter /d in us-east-1 false".to_owned(),
        "containerDefinitions[0].logConfiguration.options.awslogs-group: log group /ecs/a in us-east-1".to_owned(),
        "volumes[0].efsVolumeConfiguration.fileSystemId: fs-1".to_owned(),
        "volumes[0].efsVolumeConfiguration.authorizationConfig.accessPointId: fsap-1 of fs-1".to_owned(),
    ];
    assert_eq!(named(document.clone(), true), expected);
    expected.push(format!("containerDefinitions[].image: 123456789012 eu-west-1 a {digest}"));
    assert_eq!(named(document, false), expected);
    assert!(
        named(
            json!({"family": "a", "executionRoleArn": "", "containerDefinitions": [{"name": "a", "image": "b"}]}),
            false
        )
        .is_empty()
    );
}

#[test]
fn a_role_that_tasks_cannot_assume_is_told_and_what_cannot_be_known_is_not() {
    let arn = "arn:aws:iam::123456789012:role/a";
    let judged = |statement: Value, asked: &str| {
        let policy = json!({"Statement": statement}).to_string();
        let policy = percent_encoding::utf8_percent_encode(&policy, percent_encoding::NON_ALPHANUMERIC);
        let xml = format!("<Arn>{arn}</Arn><AssumeRolePolicyDocument>{policy}</AssumeRolePolicyDocument>");
        judged_role(&xml, asked, Some(asked).filter(|asked| asked.starts_with("arn:")))
    };
    let tasks =
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}});
    assert_eq!(judged(tasks.clone(), arn), Sight::Good);
    assert_eq!(judged(json!([tasks]), "a"), Sight::Good);
    let several = json!({"Effect": "Allow", "Action": ["sts:Assume*"], "Principal": {"Service": ["a", "ecs-tasks.amazonaws.com"]}});
    assert_eq!(judged(several, arn), Sight::Good);
    assert_eq!(judged(json!({"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "Action": "*"}), arn), Sight::Good);
    for wrong in [
        json!([]),
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}),
        json!({"Effect": "Allow", "Action": "sts:TagSession", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}),
        json!({"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*"}),
    ] {
        assert!(matches!(judged(wrong, arn), Sight::Missing(text) if text.contains("ecs-tasks.amazonaws.com")));
    }
    let path = judged(tasks.clone(), "arn:aws:iam::123456789012:role/team/a");
    assert!(matches!(path, Sight::Missing(text) if text.contains("correct the path")));
    assert!(matches!(judged(tasks, "arn:aws:iam::210987654321:role/a"), Sight::Unseen(_)));
    assert!(matches!(judged_role("<Role/>", "a", None), Sight::Unseen(_)));
}

#[test]
fn what_could_not_be_asked_never_refuses() {
    let of = |fault: Fault| Sight::of(&fault, |fault| fault.text().to_owned());
    assert!(matches!(of(Fault::Denied("x".into())), Sight::Unseen(_)));
    assert!(matches!(of(Fault::Open("the connection failed (dns error)".into())), Sight::Unseen(_)));
    assert!(matches!(
        of(Fault::Refused { code: "UnknownOperationException".into(), text: String::new() }),
        Sight::Unseen(_)
    ));
    assert!(matches!(of(Fault::Throttled("x".into())), Sight::Later(_)));
    assert!(matches!(of(Fault::Open("no answer in time".into())), Sight::Later(_)));

    let verdict = |answers: &[Sight]| Sights::of(answers.iter().map(|answer| ("p: ".to_owned(), answer.clone())));
    let (unseen, later, missing) = (Sight::Unseen("u".into()), Sight::Later("l".into()), Sight::Missing("m".into()));
    assert_eq!(verdict(&[Sight::Good]).weighed(true, "f").unwrap(), Vec::<String>::new());
    assert_eq!(
        verdict(&[unseen.clone(), unseen.clone()]).weighed(true, "f").unwrap(),
        ["f: not looked at: p: u; p: u"]
    );
    let passing = verdict(&[unseen.clone(), later.clone()]).weighed(true, "f").unwrap_err();
    assert_eq!((passing.kind, passing.transient), (ErrorKind::AwsError, true));
    let failed = verdict(&[missing.clone(), later.clone(), missing.clone()]).weighed(true, "f").unwrap_err();
    assert_eq!((failed.kind, failed.transient), (ErrorKind::PreflightFailed, false));
    assert_eq!(plain(&failed.to_string()), "f: 2 things are missing:\n- p: m\n- p: m");
    assert_eq!(verdict(&[missing, later]).weighed(false, "f").unwrap(), ["f: p: m", "f: not looked at: p: l"]);
}
