//! Which certificates and keys control planes share.

use kubewright_plugin::configuration::{ClusterConfiguration, ExternalEtcd};
use kubewright_plugin::{Content, Context, Error, Result, Sealed, files, pki};

/// An entry of the Secret.
pub struct Item {
    pub name: String,
    /// None where there is no such file.
    pub content: Option<Sealed>,
}

/// All of them: three CAs with their keys, and the key of service accounts.
pub fn collect(cluster: &ClusterConfiguration) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    authority(&mut items, cluster, "ca")?;
    authority(&mut items, cluster, "front-proxy-ca")?;
    let service_account = pki::load_key_pair("sa", &cluster.certificate_path("sa.key"))
        .context("loading the service account key")?;
    public(&mut items, "sa.pub", &service_account.public_key_pem())?;
    items.push(Item {
        name: "sa.key".into(),
        content: Some(service_account.private_key_pem()?),
    });
    match &cluster.etcd.external {
        Some(etcd) => external(&mut items, etcd)?,
        None => authority(&mut items, cluster, "etcd/ca")?,
    }
    Ok(items)
}

/// Sharing a CA needs its key.
pub fn refuse_external_ca(cluster: &ClusterConfiguration) -> Result<()> {
    for base in ["ca", "front-proxy-ca"] {
        if !files::exists(&cluster.certificate_path(&format!("{base}.key")))? {
            return Err(Error::new(
                "can't use upload-certs with an external CA or an external front-proxy CA",
            )
            .hint(format!(
                "{base}.key is not in {}; leave --upload-certs away",
                cluster.certificates_dir
            )));
        }
    }
    Ok(())
}

fn authority(items: &mut Vec<Item>, cluster: &ClusterConfiguration, base: &str) -> Result<()> {
    let (certificate, key) = (format!("{base}.crt"), format!("{base}.key"));
    let ca = pki::load_certificate(
        base,
        &cluster.certificate_path(&certificate),
        Some(&cluster.certificate_path(&key)),
    )
    .with_context(|| format!("loading the {base} certificate authority"))?;
    public(items, &certificate, &ca.pem())?;
    let content = if ca.has_key() {
        Some(ca.private_key_pem()?)
    } else {
        None
    };
    items.push(Item {
        name: key.replace('/', "-"),
        content,
    });
    Ok(())
}

fn external(items: &mut Vec<Item>, etcd: &ExternalEtcd) -> Result<()> {
    for (name, path) in [
        ("external-etcd-ca.crt", &etcd.ca_file),
        ("external-etcd.crt", &etcd.cert_file),
    ] {
        if path.is_empty() || !files::exists(path)? {
            items.push(Item {
                name: name.into(),
                content: None,
            });
        } else {
            public(items, name, &files::read_text(path)?)?;
        }
    }
    let content = if etcd.key_file.is_empty() || !files::exists(&etcd.key_file)? {
        None
    } else {
        let key = pki::load_key_pair("external-etcd", &etcd.key_file)
            .with_context(|| format!("loading {}", etcd.key_file))?;
        Some(key.private_key_pem()?)
    };
    items.push(Item {
        name: "external-etcd.key".into(),
        content,
    });
    Ok(())
}

fn public(items: &mut Vec<Item>, name: &str, pem: &str) -> Result<()> {
    items.push(Item {
        name: name.replace('/', "-"),
        content: Some(Content::from(pem).seal()?),
    });
    Ok(())
}
