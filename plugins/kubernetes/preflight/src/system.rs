//! `SystemVerification`: kernel and control groups
//! (`k8s.io/system-validators/validators/types_unix.go`).

use crate::report::Report;
use crate::version::Version;
use kubewright_plugin::{Result, Value, checks};

const CHECK: &str = "SystemVerification";

/// Kernel build options: one of each list must be set.
const REQUIRED: [&[&str]; 13] = [
    &["NAMESPACES"],
    &["NET_NS"],
    &["PID_NS"],
    &["IPC_NS"],
    &["UTS_NS"],
    &["CPUSETS"],
    &["MEMCG"],
    &["INET"],
    &["EXT4_FS"],
    &["PROC_FS"],
    &["NETFILTER_XT_TARGET_REDIRECT", "IP_NF_TARGET_REDIRECT"],
    &["NETFILTER_XT_MATCH_COMMENT"],
    &["FAIR_GROUP_SCHED"],
];
const REQUIRED_V1: [&[&str]; 6] = [
    &["CGROUPS"],
    &["CGROUP_CPUACCT"],
    &["CGROUP_DEVICE"],
    &["CGROUP_FREEZER"],
    &["CGROUP_PIDS"],
    &["CGROUP_SCHED"],
];
const REQUIRED_V2: [&[&str]; 4] = [
    &["CGROUPS"],
    &["CGROUP_BPF"],
    &["CGROUP_PIDS"],
    &["CGROUP_SCHED"],
];

const CONTROLLERS_V1: [&str; 7] = [
    "cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids",
];
const OPTIONAL_V1: [&str; 2] = ["hugetlb", "blkio"];
const CONTROLLERS_V2: [&str; 6] = ["cpu", "cpuset", "devices", "freezer", "memory", "pids"];
const OPTIONAL_V2: [&str; 2] = ["hugetlb", "io"];

/// The first kubelet that refuses control groups of version 1 by itself.
const WITHOUT_V1: (u32, u32) = (1, 35);

/// Kernel, then control groups.
pub fn verify(system: &Value, kubelet: Option<Version>, report: &mut Report) -> Result<()> {
    let release = system["kernelRelease"].as_str().unwrap_or_default();
    if system["operatingSystem"] != "Linux" {
        report.error(
            CHECK,
            &format!(
                "unsupported operating system: {}",
                system["operatingSystem"]
            ),
            "a control plane runs on Linux",
        );
    }
    if !supported_kernel(release) {
        report.warning(
            CHECK,
            &format!(
                "kernel release {release} is unsupported. Supported LTS versions from the 5.x series are 5.4, 5.10 and 5.15. Any 6.x version is also supported. For cgroups v2 support, the recommended version is 5.10 or newer"
            ),
        );
    }
    let version = system["cgroups"]["version"].as_u64().unwrap_or(0);
    kernel_options(version, report)?;
    control_groups(version, system, kubelet, report);
    Ok(())
}

fn supported_kernel(release: &str) -> bool {
    let mut parts = release.split(['.', '-']);
    let mut number = || parts.next().and_then(|part| part.parse::<u32>().ok());
    match (number(), number()) {
        (Some(5), Some(minor)) => matches!(minor, 4 | 10 | 15),
        (Some(major), Some(_)) => major >= 6,
        _ => false,
    }
}

fn kernel_options(version: u64, report: &mut Report) -> Result<()> {
    let of_version: &[&[&str]] = match version {
        1 => &REQUIRED_V1,
        _ => &REQUIRED_V2,
    };
    let required: Vec<&[&str]> = REQUIRED.iter().chain(of_version).copied().collect();
    let names: Vec<String> = required
        .concat()
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let Some(found) = checks::kernel_options(&names)? else {
        report.error(
            CHECK,
            "failed to parse kernel config: it is in none of the usual places (/proc/config.gz, /boot/config-RELEASE ...)",
            "'modprobe configs' brings /proc/config.gz, where the kernel has it as a module",
        );
        return Ok(());
    };
    let missing = missing_options(&required, &found);
    if !missing.is_empty() {
        report.error(
            CHECK,
            &format!("unexpected kernel config: {}", missing.join(" ")),
            "boot a kernel that was built with these options",
        );
    }
    Ok(())
}

fn missing_options(required: &[&[&str]], found: &[(String, String)]) -> Vec<String> {
    let set = |wanted: &&str| {
        found
            .iter()
            .any(|(name, value)| name == wanted && (value == "y" || value == "m"))
    };
    required
        .iter()
        .filter(|names| !names.iter().any(set))
        .filter_map(|names| Some(format!("CONFIG_{}", names.first()?)))
        .collect()
}

fn control_groups(version: u64, system: &Value, kubelet: Option<Version>, report: &mut Report) {
    let (required, optional): (&[&str], &[&str]) = match version {
        0 => {
            report.error(
                CHECK,
                "cannot get a cgroup mount point: no control groups are mounted",
                "mount them, as systemd does: mount -t cgroup2 none /sys/fs/cgroup",
            );
            return;
        }
        1 => {
            let message = "cgroups v1 support is deprecated and will be removed in a future release. Please migrate to cgroups v2. \
                           To explicitly enable cgroups v1 support for kubelet v1.35 or newer, you must set the kubelet configuration option \
                           'FailCgroupV1' to 'false'. You must also explicitly skip this validation. For more information, see \
                           https://git.k8s.io/enhancements/keps/sig-node/5573-remove-cgroup-v1";
            match kubelet {
                Some(kubelet) if (kubelet.major, kubelet.minor) >= WITHOUT_V1 => report.error(
                    CHECK,
                    message,
                    "boot with systemd.unified_cgroup_hierarchy=1",
                ),
                _ => report.warning(CHECK, message),
            }
            (&CONTROLLERS_V1, &OPTIONAL_V1)
        }
        _ => (&CONTROLLERS_V2, &OPTIONAL_V2),
    };
    let there = system["cgroups"]["controllers"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let missing = |wanted: &[&str]| {
        let missing: Vec<&str> = wanted
            .iter()
            .copied()
            .filter(|name| !there.iter().any(|one| one == name))
            .collect();
        missing.join(" ")
    };
    let (lacking, optional) = (missing(required), missing(optional));
    if !lacking.is_empty() {
        report.error(
            CHECK,
            &format!("missing required cgroups: {lacking}"),
            "enable these controllers on the kernel's command line (cgroup_enable=memory, for one)",
        );
    }
    if !optional.is_empty() {
        report.warning(CHECK, &format!("missing optional cgroups: {optional}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_and_options() {
        for (release, wanted) in [
            ("6.1.0-13-amd64", true),
            ("5.15.0", true),
            ("5.14.0", false),
            ("5.4.1", true),
            ("4.19.0", false),
            ("12.0.1", true),
            ("odd", false),
        ] {
            assert_eq!(supported_kernel(release), wanted, "{release}");
        }
        let found = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let required: [&[&str]; 2] = [&["A", "OLD_A"], &["B"]];
        for (options, wanted) in [
            (found(&[("A", "y"), ("B", "m")]), vec![]),
            (found(&[("OLD_A", "m"), ("B", "n")]), vec!["CONFIG_B"]),
            (found(&[]), vec!["CONFIG_A", "CONFIG_B"]),
        ] {
            assert_eq!(missing_options(&required, &options), wanted);
        }
    }
}
