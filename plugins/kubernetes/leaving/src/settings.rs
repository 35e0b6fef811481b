//! What a reset is asked for.

use kubewright_plugin::{Document, Duration, Result, Value};

use crate::CERTIFICATES_DIR;

/// What a reset is asked for.
pub struct Settings {
    /// Where the certificates are.
    pub certificates: String,
    /// Whether the operator said so.
    pub names_certificates: bool,
    /// The container runtime's socket; empty where nothing can listen.
    pub socket: String,
    pub cleanup_tmp_dir: bool,
    pub unmount_flags: Vec<String>,
    /// How long etcd is asked.
    pub etcd_seconds: u32,
    /// The kubeconfig to use when talking to the cluster.
    pub kubeconfig: String,
    /// Whether nothing is changed.
    pub is_planned: bool,
    /// Whether it is a machine on which programs run.
    pub is_live: bool,
    /// The phases that run.
    phases: Vec<String>,
}

impl Settings {
    /// From the ResetConfiguration and the options.
    pub fn read(document: &Document) -> Result<Self> {
        let reset = document.configuration("ResetConfiguration")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let texts = |value: &Value| -> Vec<String> {
            let items = value.as_array().map_or(&[][..], Vec::as_slice);
            items.iter().map(text).collect()
        };
        let flag = |value: &Value| value.as_bool().unwrap_or(false);
        let given = texts(document.option("given"));
        let certificates = text(&reset["certificatesDir"]);
        let timeout = reset["timeouts"]["etcdAPICall"].as_str();
        let timeout = timeout.map(Duration::parse).transpose()?;
        Ok(Self {
            certificates: match certificates.is_empty() {
                true => CERTIFICATES_DIR.to_owned(),
                false => certificates,
            },
            names_certificates: given.iter().any(|name| name == "certificatesDir"),
            socket: match flag(document.option("runtimeListens")) {
                true => text(&reset["criSocket"]),
                false => String::new(),
            },
            cleanup_tmp_dir: flag(&reset["cleanupTmpDir"]),
            unmount_flags: texts(&reset["unmountFlags"]),
            etcd_seconds: timeout.map_or(0, Duration::seconds_u32),
            kubeconfig: text(&document.configuration("ResetOptions")?["kubeconfig"]),
            is_planned: flag(document.option("dryRun")),
            is_live: flag(document.option("live")),
            phases: texts(document.option("phases")),
        })
    }

    /// Whether a phase runs.
    pub fn runs(&self, phase: &str) -> bool {
        self.phases.iter().any(|one| one == phase)
    }
}
