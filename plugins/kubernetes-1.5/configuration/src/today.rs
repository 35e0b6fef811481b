//! Today's kinds and flags, as far as December 2016 knew what they say.

use crate::environment::{self, Environment};
use crate::given::{Given, Named, texts};
use kubewright_configuration::{Findings, Input, Value};
use std::net::IpAddr;

const NO_COUNTERPART: &str = "kubeadm of December 2016 has no counterpart for it; leave it out";

/// Reads the documents InitConfiguration and ClusterConfiguration, and flags.
pub fn read(input: &Input, environment: &mut Environment, findings: &mut Findings) -> Given {
    let mut reader = Reader {
        given: Given {
            addresses: named("--apiserver-advertise-address"),
            api_port: named("--apiserver-bind-port"),
            service_subnet: named("--service-cidr"),
            pod_subnet: named("--pod-network-cidr"),
            version: named("--kubernetes-version"),
            dns_domain: named("--service-dns-domain"),
            ..Given::default()
        },
        environment,
        findings,
        input,
    };
    for (kind, value) in input
        .documents()
        .filter_map(|one| Some((one["kind"].as_str()?, one)))
    {
        reader.object(kind, value);
    }
    for (name, value) in input.flags() {
        reader.flag(name, value);
    }
    reader.given
}

fn named<T: Default>(path: &str) -> Named<T> {
    Named::new(T::default(), path)
}

struct Reader<'a> {
    given: Given,
    environment: &'a mut Environment,
    findings: &'a mut Findings,
    input: &'a Input,
}

impl Reader<'_> {
    /// Walks down to the fields.
    fn object(&mut self, path: &str, value: &Value) {
        for (name, value) in value.as_object().into_iter().flatten() {
            if matches!(name.as_str(), "apiVersion" | "kind") && !path.contains('.') {
                continue;
            }
            self.field(&format!("{path}.{name}"), value);
        }
    }

    fn field(&mut self, path: &str, value: &Value) {
        let text = || Named::new(value.as_str().unwrap_or_default().to_owned(), path);
        let list = || Named::new(texts(value), path);
        let given = &mut self.given;
        match path {
            "InitConfiguration.localAPIEndpoint"
            | "ClusterConfiguration.networking"
            | "ClusterConfiguration.apiServer"
            | "ClusterConfiguration.etcd"
            | "ClusterConfiguration.etcd.local"
            | "ClusterConfiguration.etcd.external" => self.object(path, value),
            "InitConfiguration.bootstrapTokens" => self.tokens(path, value),
            "InitConfiguration.localAPIEndpoint.advertiseAddress" => {
                given.addresses = Named::new(vec![text().value], path);
            }
            "InitConfiguration.localAPIEndpoint.bindPort" => {
                given.api_port = Named::new(value.as_i64().unwrap_or_default(), path);
            }
            // The program itself leaves out phases that are skipped by flag.
            "ClusterConfiguration.kubernetesVersion" => given.version = text(),
            "ClusterConfiguration.networking.serviceSubnet" => given.service_subnet = text(),
            "ClusterConfiguration.networking.podSubnet" => given.pod_subnet = text(),
            "ClusterConfiguration.networking.dnsDomain" => given.dns_domain = text(),
            "ClusterConfiguration.apiServer.certSANs" => self.names(&list()),
            "ClusterConfiguration.etcd.external.endpoints" => given.etcd_endpoints = list(),
            "ClusterConfiguration.etcd.external.caFile" => given.etcd_ca_file = text(),
            "ClusterConfiguration.etcd.external.certFile" => given.etcd_cert_file = text(),
            "ClusterConfiguration.etcd.external.keyFile" => given.etcd_key_file = text(),
            "ClusterConfiguration.etcd.local.dataDir" => {
                self.environment.etcd = self.folder(&text());
            }
            "ClusterConfiguration.certificatesDir" => self.environment.pki = self.folder(&text()),
            "ClusterConfiguration.imageRepository" => self.environment.repository = text().value,
            // What it was then cannot be changed, but may be said.
            "ClusterConfiguration.clusterName" if value == "kubernetes" => {}
            "ClusterConfiguration.encryptionAlgorithm" if value == "RSA-2048" => {}
            _ => self.findings.add(path, NO_COUNTERPART),
        }
    }

    fn flag(&mut self, name: &str, value: &Value) {
        let path = format!("--{name}");
        let text = || Named::new(value.as_str().unwrap_or_default().to_owned(), &*path);
        let given = &mut self.given;
        match name {
            "apiserver-advertise-address" => given.addresses.value = vec![text().value],
            "apiserver-bind-port" => given.api_port.value = value.as_i64().unwrap_or_default(),
            "apiserver-cert-extra-sans" => self.names(&Named::new(texts(value), &*path)),
            "cert-dir" => self.environment.pki = self.folder(&text()),
            "image-repository" => self.environment.repository = text().value,
            "kubernetes-version" => given.version = text(),
            "pod-network-cidr" => given.pod_subnet = text(),
            "service-cidr" => given.service_subnet = text(),
            "service-dns-domain" => given.dns_domain = text(),
            "token" => {
                given.token = text().value;
                given.token_pointer = Some("/flags/token".to_owned());
            }
            // The host does what they say.
            "dry-run" | "ignore-preflight-errors" | "skip-phases" => {}
            _ => self.findings.add(path, NO_COUNTERPART),
        }
    }

    /// Names for the API server's certificate. Addresses are not among them:
    /// those it is advertised at are in it, and no others.
    fn names(&mut self, names: &Named<Vec<String>>) {
        for (at, name) in names.value.iter().enumerate() {
            if name.parse::<IpAddr>().is_ok() {
                self.findings.add(
                    format!("{}[{at}]", names.path),
                    format!(
                        "kubeadm of December 2016 takes no further addresses, only DNS names; leave {name} out, or give it in MasterConfiguration.api.advertiseAddresses"
                    ),
                );
            }
        }
        self.given.dns_names = Named::new(
            names
                .value
                .iter()
                .filter(|name| name.parse::<IpAddr>().is_err())
                .cloned()
                .collect(),
            &*names.path,
        );
    }

    fn folder(&mut self, folder: &Named<String>) -> String {
        let path = folder.value.trim_end_matches('/').to_owned();
        if let Err(problem) = environment::usable(&path) {
            let message = format!("{:?} {problem}", folder.value);
            self.findings.add(&folder.path, message);
        }
        path
    }

    /// One token, and nothing of it but the token.
    fn tokens(&mut self, path: &str, value: &Value) {
        for (at, one) in value.as_array().into_iter().flatten().enumerate() {
            let path = format!("{path}[{at}]");
            if at > 0 {
                self.findings.add(
                    &path,
                    "kubeadm of December 2016 knows one token; leave it out",
                );
                continue;
            }
            for (name, value) in one.as_object().into_iter().flatten() {
                match (name.as_str(), value.as_str()) {
                    ("token", Some("")) => {}
                    ("token", Some(token)) => {
                        self.given.token = token.to_owned();
                        let document = self.input.pointer_of("InitConfiguration");
                        self.given.token_pointer = document
                            .map(|document| format!("{document}/bootstrapTokens/{at}/token"));
                    }
                    _ => self.findings.add(format!("{path}.{name}"), NO_COUNTERPART),
                }
            }
        }
    }
}
