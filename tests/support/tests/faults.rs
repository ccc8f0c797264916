//! Faults, and the log of calls.

use crate::sdk;
use crema::aws::fault::Fault as Seen;
use crema_testing::{Aws, BUCKET, Fault, When, aws::request::Service};
use std::time::{Duration, Instant};

/// What crema makes of a fault at registering, and how many revisions there are after it.
async fn registering(fault: Fault) -> (Seen, usize) {
    let aws = Aws::start().await;
    aws.break_calls("RegisterTaskDefinition", When::Nth(1), fault);
    let container = aws_sdk_ecs::types::ContainerDefinition::builder().name("app").image("busybox").memory(128);
    let call = sdk::ecs(&aws).register_task_definition().family("batch").container_definitions(container.build());
    let seen = Seen::of(&call.clone().send().await.unwrap_err());
    let revisions = aws.revisions("batch").len();
    assert!(call.send().await.is_ok(), "only the first call fails");
    (seen, revisions)
}

#[tokio::test]
async fn a_fault_comes_before_or_after_the_call_was_acted_on() {
    let refused = Fault::Refused { status: 400, code: "ClientException", message: "no" };
    for (fault, open, revisions) in [
        (Fault::Error, true, 0),
        (Fault::ErrorAfter, true, 1),
        (Fault::Unavailable, true, 0),
        (Fault::Reset, true, 0),
        (Fault::ResetAfter, true, 1),
        (Fault::Cut, true, 1),
        (Fault::Hang, true, 0),
        (Fault::HangAfter, true, 1),
        (Fault::Throttled, false, 0),
        (Fault::Denied, false, 0),
        (refused, false, 0),
    ] {
        let (seen, registered) = registering(fault.clone()).await;
        assert_eq!((matches!(seen, Seen::Open(_)), registered), (open, revisions), "{fault:?}: {seen:?}");
        match fault {
            Fault::Throttled => assert!(matches!(seen, Seen::Throttled(_)), "{seen:?}"),
            Fault::Denied => assert!(matches!(seen, Seen::Denied(_)), "{seen:?}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn every_service_throttles_and_denies_in_its_own_words() {
    let aws = Aws::start().await;
    aws.create_bucket(BUCKET);
    let config = sdk::config(&aws);
    for denied in [false, true] {
        for operation in ["ListObjectsV2", "BatchGetImage", "GetParameters", "DescribeSecret", "ListExports"] {
            let fault = if denied { Fault::Denied } else { Fault::Throttled };
            aws.break_calls(operation, When::Every, fault);
        }
        let seen = [
            Seen::of(&sdk::s3(&aws).list_objects_v2().bucket(BUCKET).send().await.unwrap_err()),
            Seen::of(
                &aws_sdk_ecr::Client::new(&config)
                    .batch_get_image()
                    .repository_name("a")
                    .set_image_ids(Some(vec![]))
                    .send()
                    .await
                    .unwrap_err(),
            ),
            Seen::of(&aws_sdk_ssm::Client::new(&config).get_parameters().names("a").send().await.unwrap_err()),
            Seen::of(
                &aws_sdk_secretsmanager::Client::new(&config)
                    .describe_secret()
                    .secret_id("a")
                    .send()
                    .await
                    .unwrap_err(),
            ),
            Seen::of(&aws_sdk_cloudformation::Client::new(&config).list_exports().send().await.unwrap_err()),
        ];
        for seen in seen {
            assert_eq!(denied, matches!(seen, Seen::Denied(_)), "{seen:?}");
            assert_eq!(!denied, matches!(seen, Seen::Throttled(_)), "{seen:?}");
        }
        aws.mend();
    }
}

#[tokio::test]
async fn the_fault_of_one_key_leaves_the_others_and_something_can_happen_in_between() {
    let aws = Aws::start().await;
    aws.put("a", "one");
    aws.put("b", "one");
    aws.break_calls_about("GetObject", "crema/a", When::First(2), Fault::Error);
    aws.before("GetObject", When::Nth(3), |state| {
        let now = state.now();
        state.s3.put(BUCKET, "crema/b", b"two", now);
    });
    let s3 = sdk::s3(&aws);
    let get = |key: &str| s3.get_object().bucket(BUCKET).key(key).send();
    assert!(get("crema/a").await.is_err() && get("crema/a").await.is_err());
    let b = get("crema/b").await.unwrap().body.collect().await.unwrap();
    assert_eq!(b.to_vec(), b"two");
    assert!(get("crema/a").await.is_ok());
}

#[tokio::test]
async fn the_log_tells_round_trips_and_what_ran_side_by_side() {
    let aws = Aws::start().await;
    aws.put("a", "one");
    aws.delay(Duration::from_millis(20));
    let s3 = sdk::s3(&aws);
    let get = || async { s3.get_object().bucket(BUCKET).key("crema/a").send().await.unwrap() };
    let begun = Instant::now();
    tokio::join!(get(), get(), get());
    get().await;
    assert!(begun.elapsed() >= Duration::from_millis(40));
    assert_eq!((aws.round_trips(), aws.most_at_once(Service::S3)), (2, 3));
    aws.until_done("GetObject", 4).await;
    aws.forget_calls();
    assert_eq!((aws.round_trips(), aws.calls().len(), aws.changes().len()), (0, 0, 0));
}
