//! Which images are pinned, which stay as they are written, and which are refused.

use crema_testing::{
    ACCOUNT, Fault, REGION, When, World,
    aws::ecr::digest,
    world::{assert_failure, definition, failure, image, outcome},
};
use serde_json::{Value, json};

/// Hosts of private registries in every partition, of either stack, with and without FIPS; and their regions.
const HOSTS: [(&str, &str); 12] = [
    ("dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"),
    ("dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1"),
    ("dkr.ecr.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
    ("dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ("dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
    ("dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
    ("dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
    ("dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
    ("dkr.ecr.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"),
    ("dkr-ecr.ap-northeast-1.on.aws", "ap-northeast-1"),
    ("dkr-ecr-fips.us-west-2.on.aws", "us-west-2"),
    ("dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn", "cn-northwest-1"),
];

fn image_of(w: &World, family: &str) -> Value {
    w.aws.revision(family, 1).definition["containerDefinitions"][0]["image"].clone()
}

#[tokio::test]
async fn images_of_every_partitions_registries_are_pinned() {
    let w = World::empty(&[]).await;
    for (i, (host, region)) in HOSTS.into_iter().enumerate() {
        w.aws.push_image_to(ACCOUNT, region, "team/batch", "release", region);
        w.app(&format!("a{i}"), &definition(&format!("a{i}"), &format!("{ACCOUNT}.{host}/team/batch:release")));
    }
    let answer = w.sweep().await.unwrap();
    assert_eq!(answer["counts"], json!({"registered": HOSTS.len()}), "{answer:#}");
    for (i, (host, region)) in HOSTS.into_iter().enumerate() {
        let expected = format!("{ACCOUNT}.{host}/team/batch@{}", digest(region));
        assert_eq!(image_of(&w, &format!("a{i}")), json!(expected));
    }
}

#[tokio::test]
async fn what_is_meant_to_be_a_private_registrys_image_and_is_none_is_refused_with_a_remedy() {
    let w = World::empty(&[]).await;
    w.aws.push_image("batch", "release", "v1");
    let right = image("batch:release");
    let sha = digest("v1");
    for (reference, says) in [
        (right.replace(ACCOUNT, "12345678901"), "has 11 digits; expected 12"),
        (right.replace(ACCOUNT, "undefined"), "was not set"),
        (format!("https://{right}"), "begins with a scheme"),
        (right.replace(".com/", ".com:443/"), "without one"),
        (format!(" {right}"), "take it out"),
        (format!("{right}\n"), "take it out"),
        (right.replace("/batch", "/Batch"), "lower case"),
        (right.replace(".dkr.", ".DKR."), "lower case"),
        (right.replace(REGION, "ap-northeast-1a"), "leave its last letter out"),
        (format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/batch"), "write 123456789012.dkr.ecr."),
        (image(&format!("batch@{}", &sha[..70])), "has 63 hexadecimal digits"),
        (image(&format!("batch@{sha}0")), "has 65 hexadecimal digits"),
        (image(&format!("batch@sha512:{}", &sha[7..])), "ECR has no other"),
        (image("batch:"), "name a tag"),
        (image("batch:a:b"), "leave one of them"),
    ] {
        w.app("a", &definition("a", &reference));
        let failure = failure(w.register("a").await);
        assert_eq!(failure.error_type, "InvalidDefinition", "{reference}: {}", failure.error_message);
        let quoted = format!("{reference:?}");
        for text in ["a/ecs-task-def.json", "containerDefinitions[0].image", "container \"app\"", &quoted, says] {
            assert!(failure.error_message.contains(text), "{text} is not in: {}", failure.error_message);
        }
    }
    assert!(w.aws.families().is_empty() && w.aws.calls_of("BatchGetImage").is_empty());
}

#[tokio::test]
async fn images_of_other_registries_stay_as_they_are_written() {
    let w = World::empty(&[]).await;
    let images = [
        "busybox",
        "docker.io/library/nginx:1.27",
        "public.ecr.aws/docker/library/busybox:1",
        "ecr-public.aws.com/docker/library/busybox:1",
        "ghcr.io/acme/batch@sha256:ab",
        "localhost:5000/batch",
        "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com.example.org/batch:1",
        "registry-1234567890.us-east-1.elb.amazonaws.com:5000/batch:1",
    ];
    for (i, image) in images.iter().enumerate() {
        w.app(&format!("a{i}"), &definition(&format!("a{i}"), image));
    }
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"registered": images.len()}));
    for (i, image) in images.iter().enumerate() {
        assert_eq!(image_of(&w, &format!("a{i}")), json!(image));
    }
    assert!(w.aws.calls_of("BatchGetImage").is_empty());
}

#[tokio::test]
async fn a_digest_is_looked_for_and_stays_as_it_is_written() {
    let w = World::empty(&[]).await;
    let there = w.aws.push_image("batch", "release", "v1");
    for (app, reference) in [
        ("alone", format!("batch@{there}")),
        ("beside", format!("batch:old@{there}")),
        ("gone", format!("batch@{}", digest("v0"))),
        ("nowhere", format!("none@{there}")),
    ] {
        w.app(app, &definition(app, &image(&reference)));
    }
    let gone = digest("v0");
    assert_failure(
        w.register("gone").await,
        "ImageNotFound",
        &["gone/ecs-task-def.json", "container app", &gone, "batch"],
    );
    assert_failure(w.register("nowhere").await, "ImageNotFound", &["container app", "no repository none", &there]);
    for (app, reference) in [("alone", format!("batch@{there}")), ("beside", format!("batch:old@{there}"))] {
        w.register(app).await.unwrap();
        assert_eq!(image_of(&w, app), json!(image(&reference)));
    }
    assert_eq!(w.aws.families(), ["alone", "beside"]);
}

#[tokio::test]
async fn tags_and_digests_of_one_repository_are_asked_for_in_one_call() {
    let w = World::empty(&[]).await;
    let v1 = w.aws.push_image("batch", "release", "v1");
    let v0 = w.aws.push_image("batch", "old", "v0");
    let mut both = definition("a", &image("batch:release"));
    for (name, reference) in [("pinned", format!("batch@{v0}")), ("same", format!("batch@{v1}"))] {
        both["containerDefinitions"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": name, "image": image(&reference), "memory": 64, "essential": false}));
    }
    w.app("a", &both);
    w.app("b", &definition("b", &image(&format!("batch@{v1}"))));
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"registered": 2}));
    let calls = w.aws.calls_of("BatchGetImage");
    assert_eq!(calls.len(), 1, "{}", w.aws.tally());
    assert_eq!(calls[0].input["imageIds"].as_array().unwrap().len(), 3, "{:#}", calls[0].input);
    assert_eq!(image_of(&w, "a"), json!(image(&format!("batch@{v1}"))));
}

#[tokio::test]
async fn a_digest_that_may_not_be_looked_at_is_used_with_a_warning_and_a_broken_call_is_an_error() {
    let w = World::empty(&[]).await;
    let there = w.aws.push_image("batch", "release", "v1");
    w.app("a", &definition("a", &image(&format!("batch@{there}"))));
    w.aws.break_calls("BatchGetImage", When::Every, Fault::Error);
    assert_failure(w.register("a").await, "AwsError", &["container app", "ecr:BatchGetImage"]);
    w.aws.mend();
    w.aws.break_calls("BatchGetImage", When::Every, Fault::Denied);
    let answer = w.register("a").await.unwrap();
    assert_eq!(outcome(&answer)["decision"], "registered");
    let told = answer["warnings"].to_string();
    assert!(told.contains("container app") && told.contains("needs `ecr:BatchGetImage`"), "{answer:#}");
}

#[tokio::test]
async fn images_that_are_not_pinned_are_not_looked_for() {
    let w = World::empty(&[]).await;
    for (app, reference) in [("a", "batch:nope".to_owned()), ("b", format!("batch@{}", digest("v0")))] {
        w.app(app, &definition(app, &image(&reference)));
        w.aws.put(&format!("{app}/crema.json"), r#"{"pin_images": false}"#);
    }
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"registered": 2}));
    assert!(w.aws.calls_of("BatchGetImage").is_empty());
}

#[tokio::test]
async fn what_ecr_answers_as_a_digest_and_is_none_is_not_used() {
    let w = World::empty(&[]).await;
    w.aws.push_image("batch", "release", "v1");
    w.app("a", &definition("a", &image("batch:release")));
    let long = digest("v1");
    for odd in ["", "sha256:", "latest", "sha512:ab", &long[..70], &long.to_uppercase(), &format!("{long}\n")] {
        w.aws.tag_as("batch", "release", odd);
        assert_failure(w.register("a").await, "AwsError", &["container app", "answered the digest", "64 hexadecimal"]);
    }
    assert!(w.aws.families().is_empty());
}

#[tokio::test]
async fn every_image_that_is_not_there_is_told_with_its_containers_and_file() {
    let w = World::empty(&[]).await;
    w.aws.push_image("batch", "release", "v1");
    let container = |name: &str, of: &str| json!({"name": name, "image": image(of), "memory": 64});
    let containers = [container("one", "batch:nope"), container("two", "batch:nope"), container("three", "none:x")];
    w.app("team/a", &json!({"family": "a", "containerDefinitions": containers}));
    let says = [
        "team/a/ecs-task-def.json: containers one, two: ",
        "has no tag \"nope\": push the image, or correct the tag",
        "team/a/ecs-task-def.json: container three: there is no repository none",
    ];
    assert_failure(w.register("team/a").await, "ImageNotFound", &says);
}

#[tokio::test]
async fn an_image_of_a_pull_through_cache_that_nobody_pulled_yet_is_told_with_what_to_do() {
    let w = World::empty(&[]).await;
    for cache in ["docker-hub", "ecr-public", "ghcr", "quay", "k8s"] {
        let name = format!("{cache}/library/ruby");
        let pull = format!("pull it once: docker pull {}", image(&format!("{name}:3.4")));
        w.app("a", &definition("a", &image(&format!("{name}:3.4"))));
        assert_failure(w.register("a").await, "ImageNotFound", &["no repository", "create it", &pull]);
        w.aws.push_image(&name, "3.3", "old");
        assert_failure(w.register("a").await, "ImageNotFound", &["has no tag \"3.4\"", "push the image", &pull]);
        w.aws.push_image(&name, "3.4", "new");
        w.register("a").await.unwrap();
    }
    w.aws.push_image("batch", "release", "v1");
    w.app("b", &definition("b", &image("batch:nope")));
    assert!(!failure(w.register("b").await).error_message.contains("docker pull"), "no cache has that name");
}
