//! How many requests are sent: every attempt of every call, whatever its service.

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connector_metadata::ConnectorMetadata,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::HttpRequest,
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// The requests since the count was last read.
#[derive(Clone, Debug, Default)]
pub struct Sent(Arc<AtomicU32>);

impl Sent {
    /// Returns the count and resets it to zero.
    pub fn take(&self) -> u32 {
        self.0.swap(0, Ordering::Relaxed)
    }

    /// The same client, whose requests are counted here.
    pub fn counting(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Counting { inner: client, sent: self.clone() })
    }
}

/// A client or connector whose requests are counted.
#[derive(Debug)]
struct Counting<T> {
    inner: T,
    sent: Sent,
}

impl HttpClient for Counting<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Counting { inner, sent: self.sent.clone() })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.inner, components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.inner, components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

impl HttpConnector for Counting<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.sent.0.fetch_add(1, Ordering::Relaxed);
        self.inner.call(request)
    }
}
