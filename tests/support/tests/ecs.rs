//! Task definitions.

use crate::sdk;
use aws_sdk_ecs::types::{SortOrder, TaskDefinitionField, TaskDefinitionStatus};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use crema_testing::{ACCOUNT, Aws, REGION, aws::ecs_register, world};
use serde_json::{Value, json};
use std::time::Duration;

fn batch() -> Value {
    world::definition("batch", "busybox")
}

async fn listed(ecs: &aws_sdk_ecs::Client, status: TaskDefinitionStatus, sort: SortOrder, page: i32) -> Vec<String> {
    let (mut found, mut token) = (vec![], None);
    loop {
        let call = ecs.list_task_definitions().family_prefix("batch").status(status.clone()).sort(sort.clone());
        let answer = call.max_results(page).set_next_token(token).send().await.unwrap();
        let revisions = answer.task_definition_arns().iter().map(|arn| arn.rsplit_once('/').unwrap().1.to_owned());
        found.extend(revisions);
        token = answer.next_token().map(str::to_owned);
        if token.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn ecs_describes_the_latest_active_by_family_and_any_by_number_or_arn() {
    let aws = Aws::start().await;
    let ecs = sdk::ecs(&aws);
    for _ in 0..3 {
        aws.register_by_hand(&batch());
    }
    aws.deregister_by_hand("batch", 3);
    let latest = ecs.describe_task_definition().task_definition("batch").send().await.unwrap();
    assert_eq!(latest.task_definition().unwrap().revision(), 2);
    let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/batch:3");
    for reference in ["batch:3", &arn] {
        let third = ecs.describe_task_definition().task_definition(reference).send().await.unwrap();
        let third = third.task_definition().unwrap();
        assert_eq!(third.status(), Some(&TaskDefinitionStatus::Inactive));
        assert_eq!(third.task_definition_arn(), Some(arn.as_str()));
        assert!(third.deregistered_at().unwrap() >= third.registered_at().unwrap());
    }
    for revision in [1, 2] {
        aws.deregister_by_hand("batch", revision);
    }
    for reference in ["batch", "batch:4", "other"] {
        let none = ecs.describe_task_definition().task_definition(reference).send().await.unwrap_err();
        assert_eq!(none.code(), Some("ClientException"));
        assert_eq!(none.message(), Some("Unable to describe task definition."));
    }
    assert_eq!(aws.register_by_hand(&batch()), 4, "numbers are never reused");
}

#[tokio::test]
async fn ecs_lists_exactly_one_family_by_number_and_in_pages() {
    let aws = Aws::start().await;
    for _ in 0..12 {
        aws.register_by_hand(&batch());
    }
    aws.register_by_hand(&world::definition("batch-2", "busybox"));
    for revision in [2, 10] {
        aws.deregister_by_hand("batch", revision);
    }
    let ecs = sdk::ecs(&aws);
    let names = |numbers: &[u32]| numbers.iter().map(|n| format!("batch:{n}")).collect::<Vec<_>>();
    let newest_first = listed(&ecs, TaskDefinitionStatus::Active, SortOrder::Desc, 3).await;
    assert_eq!(newest_first, names(&[12, 11, 9, 8, 7, 6, 5, 4, 3, 1]));
    assert_eq!(aws.tally(), "ListTaskDefinitions 4");
    let inactive = listed(&ecs, TaskDefinitionStatus::Inactive, SortOrder::Asc, 100).await;
    assert_eq!(inactive, names(&[2, 10]));
    let too_many = ecs.list_task_definitions().max_results(101).send().await.unwrap_err();
    assert_eq!(too_many.code(), Some("InvalidParameterException"));
}

#[tokio::test]
async fn ecs_gives_tags_where_asked_and_beside_the_definition() {
    let aws = Aws::start().await;
    let ecs = sdk::ecs(&aws);
    let tag = aws_sdk_ecs::types::Tag::builder().key("team").value("reporting").build();
    let container = aws_sdk_ecs::types::ContainerDefinition::builder().name("app").image("busybox").memory(128);
    let container = container.build();
    let call = ecs.register_task_definition().family("batch").container_definitions(container).tags(tag.clone());
    let registered = call.send().await.unwrap();
    assert_eq!(registered.tags(), std::slice::from_ref(&tag));
    let definition = registered.task_definition().unwrap();
    assert!(definition.registered_by().is_some() && !definition.requires_attributes().is_empty());
    assert_eq!(definition.container_definitions()[0].essential(), Some(true));
    let describe = || ecs.describe_task_definition().task_definition("batch");
    assert!(describe().send().await.unwrap().tags().is_empty());
    let with_tags = describe().include(TaskDefinitionField::Tags).send().await.unwrap();
    assert_eq!(with_tags.tags(), [tag]);
    let ended = ecs.deregister_task_definition().task_definition("batch:1").send().await.unwrap();
    assert_eq!(ended.task_definition().unwrap().status(), Some(&TaskDefinitionStatus::Inactive));
    assert!(ecs.deregister_task_definition().task_definition("batch:1").send().await.is_ok());
    aws.refuse_to_deregister_inactive();
    let again = ecs.deregister_task_definition().task_definition("batch:1").send().await.unwrap_err();
    assert_eq!(again.code(), Some("ClientException"));
    assert_eq!(aws.changes().len(), 4);
}

#[tokio::test]
async fn ecs_refuses_what_is_wrong_at_first_sight() {
    let many: Vec<Value> = (0..51).map(|n| json!({"key": n.to_string(), "value": ""})).collect();
    let tagged =
        |tags: Value| json!({"family": "f", "tags": tags, "containerDefinitions": batch()["containerDefinitions"]});
    for (body, code) in [
        (world::definition("a.b", "busybox"), "ClientException"),
        (world::definition("", "busybox"), "ClientException"),
        (world::definition("a", ""), "ClientException"),
        (json!({"family": "a"}), "SerializationException"),
        (json!({"family": "a", "containerDefinitions": []}), "ClientException"),
        (json!({"family": "a", "containerDefinitions": [{"name": "a", "image": "b"}]}), "ClientException"),
        (world::definition("a", &"x".repeat(66_000)), "ClientException"),
        (tagged(json!(many)), "InvalidParameterException"),
        (tagged(json!([{"key": "a", "value": "b\"c"}])), "InvalidParameterException"),
    ] {
        let refused = ecs_register::accept(&body).unwrap_err();
        assert_eq!(refused.code, code, "{}", refused.message);
    }
}

#[tokio::test]
async fn ecs_reads_may_be_stale() {
    let aws = Aws::start().await;
    aws.register_by_hand(&batch());
    tokio::time::sleep(Duration::from_millis(60)).await;
    aws.stale_reads(Duration::from_millis(50));
    aws.register_by_hand(&batch());
    let ecs = sdk::ecs(&aws);
    let latest = async || {
        let answer = ecs.describe_task_definition().task_definition("batch").send().await.unwrap();
        answer.task_definition().unwrap().revision()
    };
    assert_eq!(latest().await, 1);
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(latest().await, 2);
}

#[tokio::test]
async fn ecs_like_an_emulator_differs_as_they_do() {
    let aws = Aws::start().await;
    aws.like_an_emulator();
    for family in ["batch", "batch", "batch-2"] {
        aws.register_by_hand(&world::definition(family, "busybox"));
    }
    aws.deregister_by_hand("batch", 2);
    let ecs = sdk::ecs(&aws);
    let newest = ecs.describe_task_definition().task_definition("batch").send().await.unwrap();
    let newest = newest.task_definition().unwrap();
    assert_eq!((newest.revision(), newest.registered_at()), (2, None));
    let found = listed(&ecs, TaskDefinitionStatus::Active, SortOrder::Desc, 1).await;
    assert_eq!(found, ["batch:1", "batch-2:1"]);
}

#[tokio::test]
async fn ecs_merges_tags_into_those_of_a_revision_and_takes_fifty() {
    let aws = Aws::start().await;
    let ecs = sdk::ecs(&aws);
    aws.register_by_hand(&batch());
    let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/batch:1");
    let tag = |key: &str| {
        let tag = aws_sdk_ecs::types::Tag::builder().key(key).value("v").build();
        ecs.tag_resource().resource_arn(&arn).tags(tag).send()
    };
    for n in 0..50 {
        tag(&format!("k{n}")).await.unwrap();
    }
    assert_eq!(aws.revision("batch", 1).tags.len(), 50);
    assert_eq!(tag("one-more").await.unwrap_err().code(), Some("LimitExceededException"));
    let gone = ecs.tag_resource().resource_arn(format!("{arn}2")).send().await.unwrap_err();
    assert!(gone.code().is_some(), "{gone:?}");
}
