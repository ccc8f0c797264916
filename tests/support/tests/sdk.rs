//! AWS's own clients on the fake, with one attempt a call.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_ecs::config::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use crema_testing::{Aws, REGION};
use std::time::Duration;

/// The clients' configuration, with one attempt a call.
pub fn config(aws: &Aws) -> SdkConfig {
    let credentials = Credentials::new("AKIDFORTESTSONLY", "secret", None, None, "test");
    let client = aws_smithy_http_client::Builder::new().build_http();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(aws.url())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(client)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(500)).build())
        .sleep_impl(SharedAsyncSleep::new(Sleep))
        .build()
}

#[derive(Debug)]
struct Sleep;

impl AsyncSleep for Sleep {
    fn sleep(&self, duration: Duration) -> aws_sdk_ecs::config::Sleep {
        aws_sdk_ecs::config::Sleep::new(tokio::time::sleep(duration))
    }
}

pub fn ecs(aws: &Aws) -> aws_sdk_ecs::Client {
    aws_sdk_ecs::Client::new(&config(aws))
}

pub fn s3(aws: &Aws) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&config(aws)).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}
