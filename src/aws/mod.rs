//! The SDK's clients: made once for each region, without I/O, with the function's own credentials from its environment.

pub mod calls;
mod count;
mod denial;
pub mod fault;
pub mod pace;
mod ping;
pub mod raw;

use aws_config::{BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use count::Sent;
use pace::{Pace, Rate};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// Maximum attempts of a read.
const READ_ATTEMPTS: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum time of one attempt of a read, answer included.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Clients of all services, one for each region that was asked for.
pub struct Clients {
    base: SdkConfig,
    region: String,
    path_style: bool,
    /// A bucket, and the account that must own it.
    owned: Option<(String, String)>,
    ecs: PerRegion<aws_sdk_ecs::Client>,
    ecr: PerRegion<aws_sdk_ecr::Client>,
    s3: PerRegion<aws_sdk_s3::Client>,
    ssm: PerRegion<aws_sdk_ssm::Client>,
    secrets: PerRegion<aws_sdk_secretsmanager::Client>,
    cloudformation: PerRegion<aws_sdk_cloudformation::Client>,
    events: PerRegion<aws_sdk_eventbridge::Client>,
    scheduler: PerRegion<aws_sdk_scheduler::Client>,
    sent: Sent,
}

/// How many calls to one service may be under way at a time.
pub struct CallLimits {
    pub ecs: EcsLimits,
    /// Of work that yields to everything else: half of that.
    pub yielding: EcsLimits,
    pub ecr: Semaphore,
    pub s3: Semaphore,
    pub lookups: Semaphore,
    /// EventBridge and its Scheduler.
    pub schedules: Semaphore,
}

impl CallLimits {
    /// `concurrency` calls to each service, and of those to ECS so many reads and changes a second.
    pub fn new(concurrency: usize, reads: Rate, changes: Rate) -> CallLimits {
        let make = || Semaphore::new(concurrency);
        let limits = |reads, changes| EcsLimits { calls: make(), reads, changes, paces: PerRegion::default() };
        let (ecs, yielding) = (limits(reads, changes), limits(reads.yielding(), changes.yielding()));
        CallLimits { ecs, yielding, ecr: make(), s3: make(), lookups: make(), schedules: make() }
    }
}

/// How many calls to ECS may be under way, and how fast they may follow each other: the limits of ECS are an account's and a
/// Region's.
pub struct EcsLimits {
    pub calls: Semaphore,
    reads: Rate,
    changes: Rate,
    paces: PerRegion<Paces>,
}

/// Describing and listing share a bucket, and so do registering and deregistering.
#[derive(Clone)]
pub struct Paces {
    pub reads: Arc<Pace>,
    pub changes: Arc<Pace>,
}

impl EcsLimits {
    /// Those of a Region.
    pub fn paces(&self, region: &str) -> Paces {
        let pace = |rate| Arc::new(Pace::new(rate));
        per_region(&self.paces, region, || Paces { reads: pace(self.reads), changes: pace(self.changes) })
    }
}

type PerRegion<C> = Mutex<HashMap<String, C>>;

fn per_region<C: Clone>(map: &PerRegion<C>, region: &str, make: impl FnOnce() -> C) -> C {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    map.entry(region.to_owned()).or_insert_with(make).clone()
}

impl Clients {
    /// Reads credentials, endpoints (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3` and so on, `AWS_USE_FIPS_ENDPOINT`,
    /// `AWS_USE_DUALSTACK_ENDPOINT`) and certificates (`AWS_CA_BUNDLE`) from the environment, and nothing from files:
    /// the loader of `aws-config` would bring its chain of other sources along. `region` is the function's own, `owned` a
    /// bucket with the account that it has to be of.
    pub fn from_env(region: &str, owned: Option<(String, String)>) -> Clients {
        let on = |name: &str| std::env::var(name).ok().map(|value| value.eq_ignore_ascii_case("true"));
        let credentials = EnvironmentVariableCredentialsProvider::new();
        let mut base = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client());
        base.set_use_fips(on("AWS_USE_FIPS_ENDPOINT"));
        base.set_use_dual_stack(on("AWS_USE_DUALSTACK_ENDPOINT"));
        Clients::of(&base.build(), region, owned)
    }

    /// Clients with this configuration: its credentials, endpoints and HTTP client. Endpoints of the environment come
    /// first.
    pub fn of(base: &SdkConfig, region: &str, owned: Option<(String, String)>) -> Clients {
        let sent = Sent::default();
        let mut configured =
            base.to_builder().retry_config(RetryConfig::standard().with_max_attempts(READ_ATTEMPTS)).timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .build(),
            );
        configured.set_http_client(base.http_client().map(|client| sent.counting(client)));
        Clients {
            // An endpoint of one's own (an emulator) seldom resolves bucket names as hosts.
            path_style: endpoint("S3").is_some() || base.endpoint_url().is_some(),
            base: configured.build(),
            region: region.to_owned(),
            owned,
            ecs: PerRegion::default(),
            ecr: PerRegion::default(),
            s3: PerRegion::default(),
            ssm: PerRegion::default(),
            secrets: PerRegion::default(),
            cloudformation: PerRegion::default(),
            events: PerRegion::default(),
            scheduler: PerRegion::default(),
            sent,
        }
    }

    /// How many requests were sent since this was asked last, each attempt counted.
    pub fn requests_sent(&self) -> u32 {
        self.sent.take()
    }

    /// The function's own region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account that a bucket has to be of, where that is known: S3 answers nobody else's. A bucket that is gone may be
    /// created anew by anybody.
    pub fn owner_of(&self, bucket: &str) -> Option<String> {
        self.owned.as_ref().filter(|(name, _)| name == bucket).map(|(_, owner)| owner.clone())
    }

    fn config(&self, region: &str, service: &str) -> SdkConfig {
        let mut config = self.base.to_builder().region(Region::new(region.to_owned()));
        config.set_endpoint_url(self.endpoint(service));
        config.build()
    }

    /// An endpoint of one's own for a service.
    fn endpoint(&self, service: &str) -> Option<String> {
        endpoint(service).or_else(|| self.base.endpoint_url().map(str::to_owned))
    }

    pub fn ecs(&self, region: &str) -> aws_sdk_ecs::Client {
        per_region(&self.ecs, region, || aws_sdk_ecs::Client::new(&self.config(region, "ECS")))
    }

    pub fn ecr(&self, region: &str) -> aws_sdk_ecr::Client {
        per_region(&self.ecr, region, || aws_sdk_ecr::Client::new(&self.config(region, "ECR")))
    }

    pub fn ssm(&self, region: &str) -> aws_sdk_ssm::Client {
        per_region(&self.ssm, region, || aws_sdk_ssm::Client::new(&self.config(region, "SSM")))
    }

    pub fn secrets(&self, region: &str) -> aws_sdk_secretsmanager::Client {
        per_region(&self.secrets, region, || {
            aws_sdk_secretsmanager::Client::new(&self.config(region, "SECRETS_MANAGER"))
        })
    }

    pub fn cloudformation(&self, region: &str) -> aws_sdk_cloudformation::Client {
        per_region(&self.cloudformation, region, || {
            aws_sdk_cloudformation::Client::new(&self.config(region, "CLOUDFORMATION"))
        })
    }

    pub fn events(&self, region: &str) -> aws_sdk_eventbridge::Client {
        per_region(&self.events, region, || aws_sdk_eventbridge::Client::new(&self.config(region, "EVENTBRIDGE")))
    }

    pub fn scheduler(&self, region: &str) -> aws_sdk_scheduler::Client {
        per_region(&self.scheduler, region, || aws_sdk_scheduler::Client::new(&self.config(region, "SCHEDULER")))
    }

    pub fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        per_region(&self.s3, region, || {
            let config =
                aws_sdk_s3::config::Builder::from(&self.config(region, "S3")).force_path_style(self.path_style);
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }
}

/// The endpoint that the environment names for a service.
fn endpoint(service: &str) -> Option<String> {
    let names = [format!("AWS_ENDPOINT_URL_{service}"), "AWS_ENDPOINT_URL".to_owned()];
    names.iter().find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()))
}

/// ring instead of aws-lc, whose CPU-jitter entropy costs tens of milliseconds at the first handshake. Certificates of one's
/// own (`AWS_CA_BUNDLE`) are trusted instead of the system's, as by AWS's other tools.
pub fn http_client() -> SharedHttpClient {
    let certificates = std::env::var_os("AWS_CA_BUNDLE").and_then(|path| std::fs::read(path).ok());
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let Some(pem) = certificates else { return builder.build_https() };
    match TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(pem)).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}
