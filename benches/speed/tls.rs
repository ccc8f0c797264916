//! The fake of AWS behind TLS.

use crema_testing::{Aws, aws::server};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// A certificate of 127.0.0.1 that signs itself, of the kind that AWS's endpoints have a chain of.
pub struct Certificate {
    pub path: PathBuf,
    key: PathBuf,
}

const CONFIG: &str = "[req]\ndistinguished_name=n\nx509_extensions=v\nprompt=no\n[n]\nCN=127.0.0.1\n[v]\n\
                      subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n";

impl Certificate {
    /// By the command `openssl`.
    pub fn make(folder: &Path) -> Certificate {
        std::fs::create_dir_all(folder).unwrap();
        let (path, key, config) = (folder.join("fake.crt"), folder.join("fake.key"), folder.join("fake.cnf"));
        std::fs::write(&config, CONFIG).unwrap();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-config"])
            .arg(&config)
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&path)
            .output();
        let made = made.expect("the command openssl is needed: it makes the certificate of the fake of AWS");
        assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        Certificate { path, key }
    }

    fn server(&self) -> ServerConfig {
        let chain = vec![CertificateDer::from_pem_file(&self.path).unwrap()];
        let key = PrivateKeyDer::from_pem_file(&self.key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        config.with_single_cert(chain, key).unwrap()
    }
}

/// Where the fake listens, and how often somebody connected.
#[derive(Clone)]
pub struct Endpoint {
    pub url: String,
    pub connections: Arc<AtomicUsize>,
}

impl Endpoint {
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// Serves the fake's state over TLS as well.
pub async fn start(aws: &Aws, certificate: &Certificate) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(certificate.server()));
    let state = aws.shared();
    let endpoint = Endpoint { url: format!("https://{address}"), connections: Arc::default() };
    let connections = endpoint.connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            connections.fetch_add(1, Ordering::Relaxed);
            let (acceptor, state) = (acceptor.clone(), state.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(move |request| {
                    let state = state.clone();
                    async move { server::serve(request, &state).await }
                });
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    endpoint
}
