//! The phase `show-join-command` (kubeadm
//! `app/cmd/phases/init/showjoincommand.go`, `app/cmd/util/join.go`).

use kubewright_plugin::tokens::{self, Alphabet};
use kubewright_plugin::{
    Content, Context, Document, Error, Result, Sealed, kubeconfigs, pki, terminal,
};

const WITHHELD: &str = "<value withheld>";

kubewright_plugin::phases! {
    summary: "How to use the cluster, and how further nodes join it",
    "show-join-command": "Show the join command for control-plane and worker node" => run,
}

fn run(document: &Document) -> Result<()> {
    let (init, cluster, options) = (document.init()?, document.cluster()?, document.options());
    let path = document.kubeconfig("admin.conf");
    let admin = kubeconfigs::inspect(&path)
        .with_context(|| format!("failed to load kubeconfig {path}"))?
        .ok_or_else(|| Error::new(format!("failed to load kubeconfig: there is no {path}")))?;
    let ca = pki::load_certificate("ca", &cluster.certificate_path("ca.crt"), None)
        .context("loading the CA certificate")?;
    let instructions = Instructions {
        kubeconfig: &path,
        server: admin.server.trim_start_matches("https://"),
        pin: &ca.public_key_hash(),
        control_planes: !cluster.control_plane_endpoint.is_empty(),
        uploaded: options.upload_certs,
        // Asking for the key where none is in use would make one.
        has_key: options.upload_certs || !init.certificate_key.is_empty(),
    };
    for at in 0..init.bootstrap_tokens.len() {
        let token = || token(at, options.skip_token_print);
        let key = || certificate_key(options.skip_certificate_key_print);
        let content = instructions.content(token, key)?;
        terminal::show(&content.pieces()).context("failed to print join command")?;
    }
    Ok(())
}

/// The token, or none where it is not to be shown.
fn token(at: usize, withheld: bool) -> Result<Option<Sealed>> {
    if withheld {
        return Ok(None);
    }
    let pointer = format!("/InitConfiguration/bootstrapTokens/{at}/token");
    let token = tokens::bootstrap(&pointer, Alphabet::Alphanumeric).context("getting the token")?;
    Ok(Some(token.full()))
}

/// The key of the uploaded certificates, or none where it is not to be shown.
fn certificate_key(withheld: bool) -> Result<Option<Sealed>> {
    if withheld {
        return Ok(None);
    }
    let key = tokens::certificate_key("/InitConfiguration/certificateKey");
    Ok(Some(key.context("getting the certificate key")?))
}

/// What the operator is told, besides secrets.
struct Instructions<'a> {
    kubeconfig: &'a str,
    /// `api.example:6443`
    server: &'a str,
    /// `sha256:HEX` of the CA's public key.
    pin: &'a str,
    /// Whether further control planes may join.
    control_planes: bool,
    uploaded: bool,
    has_key: bool,
}

type Secret = Result<Option<Sealed>>;

impl Instructions<'_> {
    fn content(&self, token: impl Fn() -> Secret, key: impl Fn() -> Secret) -> Result<Content> {
        let mut content = Content::new().text(introduction(self.kubeconfig));
        if self.control_planes {
            content = content.text(before_control_plane(self.uploaded)).text("  ");
            content = self
                .command(content, token()?)
                .text("\\\n\t--control-plane ");
            if self.has_key {
                content = or_withheld(content.text("--certificate-key "), key()?);
            }
            content = content.text(after_control_plane(self.uploaded));
        }
        Ok(self
            .command(content.text(BEFORE_WORKER), token()?)
            .text("\n"))
    }

    /// The command for workers; `\` and more make it one for control planes.
    fn command(&self, content: Content, token: Option<Sealed>) -> Content {
        let content = content.text(format!("kubeadm join {} --token ", self.server));
        or_withheld(content, token).text(format!(
            " \\\n\t--discovery-token-ca-cert-hash {} ",
            self.pin
        ))
    }
}

fn or_withheld(content: Content, secret: Option<Sealed>) -> Content {
    match secret {
        Some(secret) => content.secret(secret),
        None => content.text(WITHHELD),
    }
}

fn introduction(kubeconfig: &str) -> String {
    format!(
        "
Your Kubernetes control-plane has initialized successfully!

To start using your cluster, you need to run the following as a regular user:

  mkdir -p $HOME/.kube
  sudo cp -i {kubeconfig} $HOME/.kube/config
  sudo chown $(id -u):$(id -g) $HOME/.kube/config

Alternatively, if you are the root user, you can run:

  export KUBECONFIG=/etc/kubernetes/admin.conf

You should now deploy a pod network to the cluster.
Run \"kubectl apply -f [podnetwork].yaml\" with one of the options listed at:
  https://kubernetes.io/docs/concepts/cluster-administration/addons/

"
    )
}

fn before_control_plane(uploaded: bool) -> &'static str {
    if uploaded {
        "You can now join any number of control-plane nodes running the following command on each as root:\n\n"
    } else {
        "You can now join any number of control-plane nodes by copying certificate authorities\n\
         and service account keys on each node and then running the following as root:\n\n"
    }
}

fn after_control_plane(uploaded: bool) -> &'static str {
    if uploaded {
        "\n\nPlease note that the certificate-key gives access to cluster sensitive data, keep it secret!\n\
         As a safeguard, uploaded-certs will be deleted in two hours; If necessary, you can use\n\
         \"kubeadm init phase upload-certs --upload-certs\" to reload certs afterward.\n\n"
    } else {
        "\n\n"
    }
}

const BEFORE_WORKER: &str =
    "Then you can join any number of worker nodes by running the following on each as root:\n\n";

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_plugin::sealed::Piece;

    fn text(control_planes: bool, uploaded: bool) -> String {
        let instructions = Instructions {
            kubeconfig: "/etc/kubernetes/admin.conf",
            server: "api.example:6443",
            pin: "sha256:00",
            control_planes,
            uploaded,
            has_key: uploaded,
        };
        let content = instructions.content(|| Ok(None), || Ok(None)).unwrap();
        let text = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => text.clone(),
            _ => panic!("a secret was asked for"),
        };
        content.pieces().iter().map(text).collect()
    }

    const COMMAND: &str = "kubeadm join api.example:6443 --token <value withheld> \\\n\t--discovery-token-ca-cert-hash sha256:00 ";

    #[test]
    fn a_single_control_plane_tells_of_workers_only() {
        let text = text(false, false);
        let (introduction, commands) = text.split_once("/addons/\n\n").unwrap();
        assert!(
            introduction
                .starts_with("\nYour Kubernetes control-plane has initialized successfully!\n\n")
        );
        assert!(
            introduction.contains("  sudo cp -i /etc/kubernetes/admin.conf $HOME/.kube/config\n")
        );
        assert_eq!(commands, format!("{BEFORE_WORKER}{COMMAND}\n"));
    }

    #[test]
    fn control_planes_join_with_or_without_uploaded_certificates() {
        let control_plane = format!("  {COMMAND}\\\n\t--control-plane ");
        let without = text(true, false);
        assert!(
            without.contains(&format!("as root:\n\n{control_plane}\n\nThen you can")),
            "{without}"
        );
        let with = text(true, true);
        let key = "--certificate-key <value withheld>\n\nPlease note that the certificate-key";
        assert!(
            with.contains(&format!("as root:\n\n{control_plane}{key}")),
            "{with}"
        );
        assert!(
            with.contains("certs afterward.\n\nThen you can join any number of worker nodes"),
            "{with}"
        );
    }
}
