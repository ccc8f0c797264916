//! S3, ECR, and the services of lookups.

use crate::sdk;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use crema_testing::{ACCOUNT, Aws, BUCKET, REGION};

#[tokio::test]
async fn s3_lists_in_pages_and_encodes_keys() {
    let aws = Aws::start().await;
    for key in ["a/x y+z.json", "a/あ.json", "a/<&>.json", "b"] {
        aws.put(key, "content");
    }
    aws.put_object(BUCKET, "elsewhere", "");
    aws.page_objects(2);
    let (mut keys, mut token) = (vec![], None);
    loop {
        let call = sdk::s3(&aws).list_objects_v2().bucket(BUCKET).prefix("crema/").set_continuation_token(token);
        let page = call.encoding_type(aws_sdk_s3::types::EncodingType::Url).send().await.unwrap();
        assert!(page.contents().len() <= 2);
        assert!(page.contents().iter().all(|o| o.size() == Some(7) && o.last_modified().is_some()));
        keys.extend(page.contents().iter().map(|o| o.key().unwrap().to_owned()));
        token = page.next_continuation_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    let encoded = ["crema/a/%3C%26%3E.json", "crema/a/x+y%2Bz.json", "crema/a/%E3%81%82.json", "crema/b"];
    assert_eq!(keys, encoded);
    assert_eq!(aws.tally(), "ListObjectsV2 2");
}

#[tokio::test]
async fn s3_gets_an_object_only_as_long_as_it_matches() {
    let aws = Aws::start().await;
    aws.put("a b", "one");
    let s3 = sdk::s3(&aws);
    let get = |key: &str, etag: Option<String>| s3.get_object().bucket(BUCKET).key(key).set_if_match(etag).send();
    let first = get("crema/a b", None).await.unwrap();
    let etag = first.e_tag().map(str::to_owned);
    assert_eq!(first.body.collect().await.unwrap().to_vec(), b"one");
    assert!(get("crema/a b", etag.clone()).await.is_ok());
    aws.put("a b", "two");
    let changed = get("crema/a b", etag).await.unwrap_err();
    assert_eq!(changed.raw_response().unwrap().status().as_u16(), 412);
    assert_eq!(get("crema/none", None).await.unwrap_err().code(), Some("NoSuchKey"));
    aws.delete("a b");
    assert_eq!(get("crema/a b", None).await.unwrap_err().code(), Some("NoSuchKey"));
    let gone = s3.list_objects_v2().bucket("no-such-bucket").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchBucket"));
}

#[tokio::test]
async fn ecr_answers_in_part() {
    let aws = Aws::start().await;
    let digest = aws.push_image("batch", "release", "v1");
    let ecr = aws_sdk_ecr::Client::new(&sdk::config(&aws));
    let id = |tag: &str| aws_sdk_ecr::types::ImageIdentifier::builder().image_tag(tag).build();
    let get = |repository: &str| {
        ecr.batch_get_image().repository_name(repository).image_ids(id("release")).image_ids(id("none")).send()
    };
    let answer = get("batch").await.unwrap();
    assert_eq!(answer.images()[0].image_id().unwrap().image_digest(), Some(digest.as_str()));
    assert_eq!(answer.failures()[0].failure_code().unwrap().as_str(), "ImageNotFound");
    assert_eq!(get("other").await.unwrap_err().code(), Some("RepositoryNotFoundException"));
    aws.untag("batch", "release");
    assert_eq!(get("batch").await.unwrap().failures().len(), 2);
    let by_digest = aws_sdk_ecr::types::ImageIdentifier::builder().image_digest(&digest).build();
    let held = async || {
        let call = ecr.batch_get_image().repository_name("batch").image_ids(by_digest.clone());
        call.send().await.unwrap().images().len()
    };
    assert_eq!(held().await, 1);
    aws.expire_image("batch", &digest);
    assert_eq!(held().await, 0);
}

#[tokio::test]
async fn parameters_are_found_by_name_version_and_arn() {
    let aws = Aws::start().await;
    aws.put_parameter("/a", "String", "old");
    aws.put_parameter("/a", "SecureString", "new");
    aws.put_parameter("b", "StringList", "x,y");
    let ssm = aws_sdk_ssm::Client::new(&sdk::config(&aws));
    let arn = format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/b");
    let names = ["/a", "/a:1", "b", &arn, "none"].map(str::to_owned).to_vec();
    let answer = ssm.get_parameters().set_names(Some(names)).with_decryption(true).send().await.unwrap();
    assert_eq!(answer.invalid_parameters(), ["none"]);
    let values: Vec<_> = answer.parameters().iter().filter_map(|p| p.value()).collect();
    assert_eq!(values.len(), 4, "{values:?}");
    assert_eq!(answer.parameters()[1].selector(), Some(":1"));
    assert_eq!(ssm.get_parameter().name("none").send().await.unwrap_err().code(), Some("ParameterNotFound"));
}

#[tokio::test]
async fn secrets_stacks_and_exports_are_found() {
    let aws = Aws::start().await;
    let arn = aws.create_secret("db");
    aws.put_output("network", "Subnet", "subnet-1 & more");
    for n in 0..5 {
        aws.put_export(&format!("export-{n}"), "value");
    }
    aws.page_exports(2);
    let secrets = aws_sdk_secretsmanager::Client::new(&sdk::config(&aws));
    assert_eq!(secrets.describe_secret().secret_id("db").send().await.unwrap().arn(), Some(arn.as_str()));
    let none = secrets.describe_secret().secret_id("none").send().await.unwrap_err();
    assert_eq!(none.code(), Some("ResourceNotFoundException"));
    let stacks = aws_sdk_cloudformation::Client::new(&sdk::config(&aws));
    let network = stacks.describe_stacks().stack_name("network").send().await.unwrap();
    assert_eq!(network.stacks()[0].outputs()[0].output_value(), Some("subnet-1 & more"));
    let none = stacks.describe_stacks().stack_name("none").send().await.unwrap_err();
    assert_eq!((none.code(), none.message()), (Some("ValidationError"), Some("Stack with id none does not exist")));
    let page = stacks.list_exports().send().await.unwrap();
    assert_eq!((page.exports().len(), page.next_token().is_some()), (2, true));
}
