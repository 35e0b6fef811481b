//! The door to what can be looked at before anything is changed.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;
use zeroize::Zeroizing;

use super::{Door, MachinePath, NodeError};

/// The machine as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemState {
    /// Of the effective user; 0 is root.
    pub user_id: u32,
    pub cpus: u32,
    pub memory_bytes: u64,
    /// As `uname -s`.
    pub operating_system: String,
    /// As `uname -r`.
    pub kernel_release: String,
    /// Whether the kernel swaps to anything.
    pub swap: bool,
    pub cgroups: Cgroups,
}

/// Control groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cgroups {
    /// 1 or 2; 0 where none are mounted.
    pub version: u8,
    pub controllers: Vec<String>,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occupancy {
    Nothing,
    File,
    EmptyDirectory,
    FilledDirectory,
}

/// How a service stands with the service manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceState {
    pub exists: bool,
    /// Whether it starts when the machine boots.
    pub enabled: bool,
    pub active: bool,
    /// What an operator types to have it start at boot.
    pub enable_command: String,
}

/// A GET over HTTP.
pub struct Question {
    /// `https://10.0.0.9:2379/version`
    pub url: String,
    /// CAs that the server is trusted by, as PEM; none for those that the
    /// machine trusts.
    pub ca: Option<Vec<u8>>,
    /// The client's certificate and its key, as PEM.
    pub identity: Option<(Vec<u8>, Zeroizing<Vec<u8>>)>,
}

/// An answer to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Looking, without changing anything.
pub trait Checks: Send + Sync {
    fn system(&self) -> Result<SystemState, NodeError>;
    /// The kernel's build options among `names` (without `CONFIG_`): `y`, `m`
    /// or another value; none where the configuration is nowhere to be read.
    fn kernel_options(&self, names: &[String]) -> Option<BTreeMap<String, String>>;
    /// The value of a kernel parameter, as `net.ipv4.ip_forward`.
    fn kernel_parameter(&self, name: &str) -> Option<String>;
    /// Whether nothing listens on a TCP port, on any address.
    fn port_is_free(&self, port: u16) -> bool;
    fn occupancy(&self, path: &MachinePath) -> Result<Occupancy, NodeError>;
    /// Where a program is, by the PATH.
    fn find_program(&self, name: &str) -> Option<String>;
    /// What `NAME --version` says.
    fn program_version<'a>(&'a self, name: &'a str) -> Door<'a, Result<String, NodeError>>;
    /// The addresses of a name; none where it cannot be resolved.
    fn resolve<'a>(&'a self, name: &'a str) -> Door<'a, Vec<IpAddr>>;
    fn service_state<'a>(&'a self, name: &'a str) -> Door<'a, Result<ServiceState, NodeError>>;
    /// Whether there is a machine that others could be asked from.
    fn can_ask(&self) -> bool {
        true
    }
    /// Asks a server elsewhere; none where that cannot be.
    fn ask<'a>(&'a self, question: &'a Question) -> Door<'a, Result<Option<Answer>, NodeError>>;
}

/// A machine on which everything is as it should be: that of a sandbox.
pub struct IdealChecks;

impl Checks for IdealChecks {
    fn system(&self) -> Result<SystemState, NodeError> {
        let controllers = [
            "cpu", "cpuset", "devices", "freezer", "hugetlb", "io", "memory", "pids",
        ];
        Ok(SystemState {
            user_id: 0,
            cpus: 2,
            memory_bytes: 4 << 30,
            operating_system: "Linux".to_owned(),
            kernel_release: "6.12.0".to_owned(),
            swap: false,
            cgroups: Cgroups {
                version: 2,
                controllers: controllers.map(str::to_owned).to_vec(),
            },
        })
    }

    fn kernel_options(&self, names: &[String]) -> Option<BTreeMap<String, String>> {
        Some(
            names
                .iter()
                .map(|name| (name.clone(), "y".to_owned()))
                .collect(),
        )
    }

    fn kernel_parameter(&self, name: &str) -> Option<String> {
        super::machine::is_setting(name).then(|| "1".to_owned())
    }

    fn port_is_free(&self, _port: u16) -> bool {
        true
    }

    fn occupancy(&self, _path: &MachinePath) -> Result<Occupancy, NodeError> {
        Ok(Occupancy::Nothing)
    }

    fn find_program(&self, name: &str) -> Option<String> {
        Some(format!("/usr/bin/{name}"))
    }

    fn program_version<'a>(&'a self, _name: &'a str) -> Door<'a, Result<String, NodeError>> {
        // A sandbox has no programs: whoever asks takes that for "unknown".
        Box::pin(std::future::ready(Ok(String::new())))
    }

    fn resolve<'a>(&'a self, _name: &'a str) -> Door<'a, Vec<IpAddr>> {
        Box::pin(std::future::ready(vec![IpAddr::from([127, 0, 0, 1])]))
    }

    fn service_state<'a>(&'a self, _name: &'a str) -> Door<'a, Result<ServiceState, NodeError>> {
        Box::pin(std::future::ready(Ok(ServiceState {
            exists: true,
            enabled: true,
            active: false,
            enable_command: String::new(),
        })))
    }

    fn can_ask(&self) -> bool {
        false
    }

    fn ask<'a>(&'a self, _question: &'a Question) -> Door<'a, Result<Option<Answer>, NodeError>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
