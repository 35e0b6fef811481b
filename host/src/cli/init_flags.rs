//! kubeadm's flags of `init`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::configuration::flags::GivenFlags;
use crate::distribution::Scalar;

/// The flag that leaves out phases.
pub const SKIP_PHASES: &str = "skip-phases";

/// The flags of `kubeadm init` that make up a configuration.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Configuration (as kubeadm init)")]
pub struct InitArguments {
    /// Path to a kubeadm configuration file; `-` for standard input.
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub config: Option<String>,
    /// Refuse what `kubeadm init` only warns about and goes on without: unknown
    /// and repeated fields, and documents of kinds that it does not know. `config
    /// validate` always does. (Kinds that a distribution declares are always read
    /// so.)
    #[arg(long, requires = "config")]
    pub strict: bool,
    /// The IP address the API Server will advertise it's listening on. If not
    /// set the address of the default route's interface will be used.
    #[arg(long, value_name = "ADDRESS")]
    apiserver_advertise_address: Option<String>,
    /// Port for the API Server to bind to [default: 6443].
    #[arg(long, value_name = "PORT", value_parser = port)]
    apiserver_bind_port: Option<i32>,
    /// Extra Subject Alternative Names (SANs) for the API Server serving
    /// certificate: IP addresses and DNS names.
    #[arg(long, value_name = "SANS", value_delimiter = ',')]
    apiserver_cert_extra_sans: Vec<String>,
    /// The path where to save and store the certificates
    /// [default: /etc/kubernetes/pki].
    #[arg(long, value_name = "DIR")]
    cert_dir: Option<String>,
    /// Key used to encrypt the control-plane certificates in the kubeadm-certs
    /// Secret: an AES key of 32 bytes in hex. Others can read a command line;
    /// `certificateKey` in the file is the safer place.
    #[arg(long, value_name = "KEY")]
    certificate_key: Option<String>,
    /// A stable IP address or DNS name for the control plane.
    #[arg(long, value_name = "ENDPOINT")]
    control_plane_endpoint: Option<String>,
    /// Path to the CRI socket to connect.
    #[arg(long, value_name = "SOCKET")]
    cri_socket: Option<String>,
    /// A set of key=value pairs that describe feature gates.
    #[arg(long, value_name = "GATES")]
    feature_gates: Option<String>,
    /// A list of checks whose errors will be shown as warnings, or `all`.
    #[arg(long, value_name = "CHECKS", value_delimiter = ',')]
    ignore_preflight_errors: Vec<String>,
    /// A container registry to pull control plane images from
    /// [default: registry.k8s.io].
    #[arg(long, value_name = "REGISTRY")]
    image_repository: Option<String>,
    /// A specific Kubernetes version for the control plane. Labels such as
    /// `stable-1` mean the version of this program: nothing is looked up, and one
    /// of another minor release, or of CI, is an error.
    #[arg(long, value_name = "VERSION")]
    kubernetes_version: Option<String>,
    /// The node name, put into lower case as the kubelet does. (kubeadm keeps
    /// capitals that come by this flag; the node is then refused by its own
    /// cluster.)
    #[arg(long, value_name = "NAME")]
    node_name: Option<String>,
    /// A directory of files named "target[suffix][+patchtype].extension", as
    /// "kube-apiserver0+merge.yaml" or just "etcd.json".
    ///
    /// Targets are etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
    /// kubeletconfiguration and corednsdeployment, or those that the distribution
    /// names; patch types are strategic (the default), merge and json; the
    /// extension is yaml or json; the suffix orders the patches of one target.
    /// What comes out must still be of its kind: unlike kubeadm, an unknown field
    /// or a wrong type is an error.
    #[arg(long, value_name = "DIR")]
    patches: Option<String>,
    /// Range of IP addresses for the pod network.
    #[arg(long, value_name = "CIDR")]
    pod_network_cidr: Option<String>,
    /// Range of IP address for service VIPs [default: 10.96.0.0/12].
    #[arg(long, value_name = "CIDR")]
    service_cidr: Option<String>,
    /// Alternative domain for services [default: cluster.local].
    #[arg(long, value_name = "DOMAIN")]
    service_dns_domain: Option<String>,
    /// Don't print the key used to encrypt the control-plane certificates.
    #[arg(long)]
    skip_certificate_key_print: bool,
    /// List of phases to be skipped, as `certs/apiserver` or `addon`.
    #[arg(long, value_name = "PHASES", value_delimiter = ',')]
    skip_phases: Vec<String>,
    /// Skip printing of the bootstrap token.
    #[arg(long)]
    skip_token_print: bool,
    /// The token to use for establishing bidirectional trust between nodes and
    /// control-plane nodes: [a-z0-9]{6}.[a-z0-9]{16}. Others can read a command
    /// line; `bootstrapTokens` in the file is the safer place.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// The duration before the token is automatically deleted (e.g. 1s, 2m,
    /// 3h); `0` for never [default: 24h0m0s].
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    token_ttl: Option<String>,
    /// Upload control-plane certificates to the kubeadm-certs Secret. Without a
    /// certificate key of yours, every run makes a new one, shows it, and
    /// uploads everything anew: only with one can a second run change nothing.
    #[arg(long)]
    upload_certs: bool,
}

impl InitArguments {
    /// Those that were given.
    pub fn flags(&self) -> GivenFlags {
        let mut flags = GivenFlags::default();
        for (name, text) in [
            (
                "apiserver-advertise-address",
                &self.apiserver_advertise_address,
            ),
            ("cert-dir", &self.cert_dir),
            ("control-plane-endpoint", &self.control_plane_endpoint),
            ("cri-socket", &self.cri_socket),
            ("feature-gates", &self.feature_gates),
            ("image-repository", &self.image_repository),
            ("kubernetes-version", &self.kubernetes_version),
            ("node-name", &self.node_name),
            ("patches", &self.patches),
            ("pod-network-cidr", &self.pod_network_cidr),
            ("service-cidr", &self.service_cidr),
            ("service-dns-domain", &self.service_dns_domain),
            ("token-ttl", &self.token_ttl),
        ] {
            flags.value(name, text.clone());
        }
        flags.value("apiserver-bind-port", self.apiserver_bind_port);
        for (name, texts) in [
            ("apiserver-cert-extra-sans", &self.apiserver_cert_extra_sans),
            ("ignore-preflight-errors", &self.ignore_preflight_errors),
            (SKIP_PHASES, &self.skip_phases),
        ] {
            flags.texts(name, texts);
        }
        for (name, is_on) in [
            (
                "skip-certificate-key-print",
                self.skip_certificate_key_print,
            ),
            ("skip-token-print", self.skip_token_print),
            ("upload-certs", self.upload_certs),
        ] {
            flags.switch(name, is_on);
        }
        for (name, scalar, text) in [
            ("certificate-key", Scalar::HexKey, &self.certificate_key),
            ("token", Scalar::Token, &self.token),
        ] {
            flags.secret(name, scalar, text.as_deref());
        }
        flags
    }
}

fn port(text: &str) -> Result<i32, String> {
    let number: Option<u16> = text.parse().ok();
    number
        .map(i32::from)
        .ok_or_else(|| "a port is a whole number from 1 to 65535".to_owned())
}
