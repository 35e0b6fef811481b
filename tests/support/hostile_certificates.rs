//! What a server shows that means no good.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use kubewright::pki::{self, Algorithm, ExtendedKeyUsage, KeyPair, Profile};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Where it listens.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// How it shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Nothing: plain HTTP.
    Plain,
    /// A certificate of the CA that clients trust, for its address.
    Sound,
    OtherCa,
    OtherName,
    Expired,
    /// One of the right CA with thousands of names, none of which is its own.
    ManyNames,
    /// It takes a connection and never says a word of TLS.
    Silent,
}

/// The CA that clients trust, and what the server shows.
pub fn certificates(shows: Shows) -> (String, Option<Arc<rustls::ServerConfig>>) {
    let key = || KeyPair::generate(Algorithm::EcdsaP256).expect("a key");
    let now = std::time::SystemTime::now();
    let authority = |name: &str, at| {
        let key = key();
        let made = pki::self_sign(&Profile::authority(name), &key, at).expect("a CA");
        (made, key)
    };
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    let (trusted, trusted_key) = authority("trusted", now - 3 * YEAR);
    if shows == Shows::Plain {
        return (trusted.pem(), None);
    }
    let (other, other_key) = authority("trusted", now);
    let mut profile = Profile::leaf("kube-apiserver");
    profile.extended_key_usages = vec![ExtendedKeyUsage::ServerAuth];
    profile.ip_addresses = vec![LOOPBACK];
    match shows {
        Shows::OtherName => profile.ip_addresses = vec![IpAddr::from([192, 0, 2, 1])],
        Shows::ManyNames => {
            profile.ip_addresses.clear();
            profile.dns_names = (0..900)
                .map(|at| format!("server-{at}.example.com"))
                .collect();
        }
        _ => {}
    }
    let (ca, ca_key) = match shows {
        Shows::OtherCa => (&other, &other_key),
        _ => (&trusted, &trusted_key),
    };
    let at = match shows {
        Shows::Expired => now - 2 * YEAR,
        _ => now,
    };
    let own = key();
    let made = pki::sign(&profile, own.public_key(), ca, ca_key, at).expect("a certificate");
    let chain = vec![CertificateDer::from(made.der().to_vec())];
    let private = PrivateKeyDer::from_pem_slice(own.private_pem().reveal()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .expect("key and certificate belong together");
    (trusted.pem(), Some(Arc::new(tls)))
}
