//! etcd, through its API v3 (gRPC).

mod door;
mod leave;
mod messages;

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use super::grpc;
use super::tls::{self, TlsError};
use crate::kube::answer::cut;
use crate::world::endpoint::{Host, Origin, Scheme, is_own_address};
use crate::world::{MachinePath, PemFile};
pub use door::MachineEtcd;
pub use leave::EtcdCluster;
pub use messages::Member;

/// For one question (kubeadm `app/util/etcd/etcd.go` takes 2 s; a machine
/// that comes down has other things to do).
const TIMEOUT: Duration = Duration::from_secs(5);

/// In characters: what is repeated of a URL.
const SHOWN: usize = 200;

/// How many addresses of a name are tried.
const MOST_ADDRESSES: usize = 8;

const CLUSTER: &str = "/etcdserverpb.Cluster/";

/// Why etcd did not do it.
#[derive(Debug, thiserror::Error)]
pub enum EtcdError {
    #[error("{url:?} is not where etcd listens: wanted https://ADDRESS:PORT")]
    Url { url: String },
    #[error(
        "etcd at {url} would be asked in plain text, which is for this machine only: wanted https://"
    )]
    Plain { url: String },
    #[error("no endpoint of etcd is known")]
    NoEndpoint,
    #[error("cannot connect to etcd at {url}")]
    Unreachable {
        url: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("etcd at {url} refuses {method}: {}", source.message())]
    Call {
        url: String,
        method: &'static str,
        #[source]
        source: Box<tonic::Status>,
    },
    #[error("there is no etcd here that could be asked")]
    NotHere,
    #[error("cannot use {path} to connect to etcd")]
    Tls {
        path: MachinePath,
        #[source]
        source: TlsError,
    },
}

/// A connection to one member.
pub struct Etcd {
    url: String,
    channel: Channel,
}

impl Etcd {
    /// The client's side of TLS from files: the CA, and a certificate with its
    /// key that etcd accepts of clients.
    pub fn tls(
        ca: &PemFile,
        certificate: &PemFile,
        key: &PemFile,
    ) -> Result<Arc<ClientConfig>, EtcdError> {
        let wrong = |file: &PemFile| {
            let path = file.path.clone();
            move |source| EtcdError::Tls { path, source }
        };
        let roots = tls::roots(&ca.content).map_err(wrong(ca))?;
        let identity = tls::Identity::from_pem(&certificate.content, &key.content)
            .map_err(wrong(certificate))?;
        let mut config = tls::client(Some(roots), Some(identity)).map_err(wrong(certificate))?;
        // etcd has gRPC and HTTP/1 on one port.
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Arc::new(config))
    }

    /// Connects to `https://10.0.0.11:2379`; plain where it is `http://` and
    /// an address of this machine.
    pub async fn connect(url: &str, tls: &Arc<ClientConfig>) -> Result<Self, EtcdError> {
        // What a cluster tells of its members can be of any length.
        let shown = cut(url, SHOWN);
        let wrong = || EtcdError::Url { url: shown.clone() };
        let origin = Origin::of(url).map_err(|_| wrong())?;
        let uri: http::Uri = url.parse().map_err(|_| wrong())?;
        let host = match &origin.host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        };
        let port = uri.port_u16().unwrap_or(2379);
        let connector = match origin.scheme {
            Scheme::Https => Some(TlsConnector::from(Arc::clone(tls))),
            Scheme::Http => None,
        };
        let server = ServerName::try_from(host.clone()).map_err(|_| wrong())?;
        let unreachable =
            |source: Box<dyn std::error::Error + Send + Sync>| EtcdError::Unreachable {
                url: url.to_owned(),
                source,
            };
        // Connected here, for errors in the words of whoever refuses.
        let connecting = async {
            let found = tokio::net::lookup_host((host.as_str(), port)).await?;
            let addresses: Vec<_> = found.take(MOST_ADDRESSES).collect();
            let is_own = || addresses.iter().all(|one| is_own_address(one.ip()));
            match connector.is_some() || is_own() {
                true => TcpStream::connect(&addresses[..]).await.map(Some),
                false => Ok(None),
            }
        };
        let stream = tokio::time::timeout(TIMEOUT, connecting)
            .await
            .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
            .map_err(|error| unreachable(Box::new(error)))?
            .ok_or(EtcdError::Plain { url: shown.clone() })?;
        // gRPC looks at the authority alone; what encrypts is the stream.
        let endpoint = Endpoint::from_shared(format!(
            "http://{}",
            uri.authority().ok_or_else(wrong)?.as_str()
        ))
        .map_err(|_| wrong())?
        .connect_timeout(TIMEOUT)
        .http2_max_header_list_size(grpc::HEADER_LIMIT);
        let channel = match connector {
            None => over(endpoint, stream).await,
            Some(connector) => {
                let stream = tokio::time::timeout(TIMEOUT, connector.connect(server, stream))
                    .await
                    .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
                    .map_err(|error| unreachable(Box::new(error)))?;
                over(endpoint, stream).await
            }
        };
        Ok(Self {
            url: url.to_owned(),
            channel: channel.map_err(|error| unreachable(Box::new(error)))?,
        })
    }

    async fn call<Q, A>(&self, method: &'static str, question: Q) -> Result<A, EtcdError>
    where
        Q: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        grpc::unary(
            &self.channel,
            format!("{CLUSTER}{method}"),
            Some(TIMEOUT),
            question,
        )
        .await
        .map_err(|source| EtcdError::Call {
            url: self.url.clone(),
            method,
            source,
        })
    }

    /// The members of its cluster, as the leader knows them.
    pub async fn members(&self) -> Result<Vec<Member>, EtcdError> {
        let question = messages::MemberListRequest { linearizable: true };
        let answer: messages::MembersResponse = self.call("MemberList", question).await?;
        Ok(answer.members)
    }

    /// Takes a member out of the cluster.
    pub async fn remove(&self, id: u64) -> Result<Vec<Member>, EtcdError> {
        let question = messages::MemberRemoveRequest { id };
        let answer: messages::MembersResponse = self.call("MemberRemove", question).await?;
        Ok(answer.members)
    }
}

/// A channel over one connection that is there; when it breaks, it is over.
async fn over<S>(endpoint: Endpoint, stream: S) -> Result<Channel, tonic::transport::Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let mut stream = Some(stream);
    let connector = tower::service_fn(move |_: http::Uri| {
        let stream = stream.take().map(TokioIo::new);
        std::future::ready(stream.ok_or(std::io::Error::from(std::io::ErrorKind::NotConnected)))
    });
    endpoint.connect_with_connector(connector).await
}

#[cfg(test)]
mod tests;
