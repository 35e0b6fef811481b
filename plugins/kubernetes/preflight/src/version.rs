//! Versions that go together.

use crate::report::Report;
use kubewright_plugin::{Document, Result, checks};

/// The newest minor release that this distribution deploys.
const MINOR: u32 = 36;

/// The oldest kubelet that goes with it (kubeadm `MinimumKubeletVersion`).
const MINIMUM_KUBELET: u32 = MINOR - 3;

/// `v1.36.2`, as far as skew depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    /// The first version in a text: `v1.36.2`, `Kubernetes v1.36.2-rc.0+x`.
    pub fn find(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| {
            let word = word.strip_prefix('v').unwrap_or(word);
            let core = word.split(['-', '+']).next()?;
            let mut numbers = core.split('.').map(|part| part.parse::<u32>().ok());
            let version = Self {
                major: numbers.next()??,
                minor: numbers.next()??,
                patch: numbers.next()??,
            };
            numbers.next().is_none().then_some(version)
        })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// `KubernetesVersion`
pub fn kubernetes(document: &Document, report: &mut Report) -> Result<()> {
    let text = &document.cluster()?.kubernetes_version;
    if let Some(version) = Version::find(text)
        && (version.major, version.minor) > (1, MINOR)
    {
        report.warning(
            "KubernetesVersion",
            &format!(
                "Kubernetes version is greater than this program's. Please consider to upgrade it. Kubernetes version: {version}. This program deploys: 1.{MINOR}.x"
            ),
        );
    }
    Ok(())
}

/// `KubeletVersion`; gives the kubelet's version where it is known.
pub fn kubelet(document: &Document, report: &mut Report) -> Result<Option<Version>> {
    const CHECK: &str = "KubeletVersion";
    let said = match checks::program_version("kubelet") {
        Ok(said) => said,
        Err(error) => {
            report.error(
                CHECK,
                &format!("couldn't get kubelet version: {}", error.message),
                "install the kubelet's package of your distribution, or put the kubelet into a folder of the PATH",
            );
            return Ok(None);
        }
    };
    if said.is_empty() {
        return Ok(None);
    }
    let Some(version) = Version::find(&said) else {
        report.error(
            CHECK,
            &format!("couldn't get kubelet version: couldn't parse {said:?}"),
            "make sure that the kubelet in the PATH is that of Kubernetes",
        );
        return Ok(None);
    };
    if let Some((message, remedy)) = skew(
        version,
        Version::find(&document.cluster()?.kubernetes_version),
    ) {
        report.error(CHECK, &message, &remedy);
    }
    Ok(Some(version))
}

fn skew(kubelet: Version, control_plane: Option<Version>) -> Option<(String, String)> {
    if (kubelet.major, kubelet.minor) < (1, MINIMUM_KUBELET) {
        return Some((
            format!(
                "Kubelet version {:?} is lower than kubeadm can support. Please upgrade kubelet",
                kubelet.to_string()
            ),
            format!("upgrade the kubelet to 1.{MINIMUM_KUBELET} or newer"),
        ));
    }
    let control_plane = control_plane?;
    if (kubelet.major, kubelet.minor) > (control_plane.major, control_plane.minor) {
        return Some((
            format!(
                "the kubelet version is higher than the control plane version. This is not a supported version skew and may lead to a malfunctional cluster. Kubelet version: {:?} Control plane version: {:?}",
                kubelet.to_string(),
                control_plane.to_string()
            ),
            format!(
                "install a kubelet of 1.{}, or set ClusterConfiguration.kubernetesVersion (--kubernetes-version) to v{kubelet}",
                control_plane.minor
            ),
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_and_compared() {
        let version = |minor, patch| Version {
            major: 1,
            minor,
            patch,
        };
        for (text, wanted) in [
            ("Kubernetes v1.36.2", Some(version(36, 2))),
            ("v1.36.0-rc.1+build", Some(version(36, 0))),
            ("1.2", None),
            ("v1.2.3.4", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(Version::find(text), wanted, "{text}");
        }
        for (kubelet, control_plane, wanted) in [
            (version(36, 2), version(36, 2), None),
            (version(36, 9), version(36, 2), None),
            (version(33, 0), version(36, 2), None),
            (version(32, 9), version(36, 2), Some("lower than")),
            (
                version(37, 0),
                version(36, 2),
                Some("higher than the control plane"),
            ),
        ] {
            let found = skew(kubelet, Some(control_plane)).map(|(message, _)| message);
            match wanted {
                None => assert_eq!(found, None, "{kubelet}"),
                Some(words) => assert!(found.unwrap().contains(words), "{kubelet}"),
            }
        }
    }
}
