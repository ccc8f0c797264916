//! Connections that are opened before they are needed, because the TLS handshake takes time.
//!
//! `GET /ping` without a signature: it needs no permission, costs nothing, and leaves no trace in CloudTrail. Whatever
//! the answer is, an error included, the connection stays open.

use super::Clients;
use aws_sdk_ecs::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextMut},
    error::BoxError,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig};
use futures_util::future::join_all;

/// Connections to ECS: a first push reads the latest, ACTIVE and INACTIVE revisions of a family at once.
const TO_ECS: usize = 3;

impl Clients {
    /// Opens connections to S3 (for this bucket), ECS and ECR in the function's own region. If one cannot be opened,
    /// the first call that needs it reports that.
    pub async fn open(&self, bucket: &str) {
        let s3 = async {
            let once = aws_sdk_s3::config::Config::builder().retry_config(RetryConfig::disabled());
            let call = self.s3(&self.region).list_objects_v2().bucket(bucket).customize();
            let _ = call.interceptor(Ping).config_override(once).send().await;
        };
        let ecs = async || {
            let once = aws_sdk_ecs::config::Config::builder().retry_config(RetryConfig::disabled());
            let call = self.ecs(&self.region).list_task_definitions().customize();
            let _ = call.interceptor(Ping).config_override(once).send().await;
        };
        let ecr = async {
            let once = aws_sdk_ecr::config::Config::builder().retry_config(RetryConfig::disabled());
            let call = self.ecr(&self.region).batch_get_image().repository_name("-").customize();
            let _ = call.interceptor(Ping).config_override(once).send().await;
        };
        tokio::join!(s3, join_all((0..TO_ECS).map(|_| ecs())), ecr);
    }
}

/// Turns any call into the ping of its endpoint.
#[derive(Debug)]
struct Ping;

impl Intercept for Ping {
    fn name(&self) -> &'static str {
        "crema-ping"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let scheme = request.uri().find("://").map_or(0, |at| at + 3);
        let end = request.uri()[scheme..].find(['/', '?']).map_or(request.uri().len(), |at| scheme + at);
        let ping = format!("{}/ping", &request.uri()[..end]);
        request.set_uri(ping)?;
        request.set_method("GET")?;
        let names: Vec<String> = request.headers().iter().map(|(name, _)| name.to_owned()).collect();
        for name in names.iter().filter(|name| *name != "user-agent") {
            request.headers_mut().remove(name);
        }
        *request.body_mut() = SdkBody::empty();
        Ok(())
    }
}
