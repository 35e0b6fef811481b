//! Which folders and files a value of the configuration may name in a grant.
//!
//! A distribution grants what lies in `${ClusterConfiguration.certificatesDir}`;
//! what the value of that is decides how much it is. It is a place of its own,
//! never the system or somebody's home.

use crate::world::MachinePath;

/// Folders that hold the system, and those that hold such folders: no value
/// stands for one of them. What lies in them may be a place of its own.
const SHARED: [&str; 34] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/lost+found",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/local",
    "/usr/share",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/lock",
    "/var/log",
    "/var/mail",
    "/var/opt",
    "/var/run",
    "/var/spool",
    "/var/tmp",
];

/// Folders in which no value names anything either: programs, devices, what
/// decides who may log in, and this program's own.
const CLOSED: [&str; 37] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc/cron.d",
    "/etc/cron.daily",
    "/etc/cron.hourly",
    "/etc/cron.monthly",
    "/etc/cron.weekly",
    "/etc/group",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/ld.so.conf.d",
    "/etc/pam.d",
    "/etc/passwd",
    "/etc/passwd-",
    "/etc/profile.d",
    "/etc/security",
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/ssh",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/systemd",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/lost+found",
    "/proc",
    "/sbin",
    "/sys",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/sbin",
    "/var/lib/kubewright",
];

/// What is wrong with a value that stands for a path; none where it may.
pub(super) fn problem(value: &str) -> Option<&'static str> {
    if value.chars().any(char::is_control) {
        return Some("it has control characters");
    }
    if value.split('/').any(|part| part == "..") {
        return Some("it has \"..\" in it");
    }
    let Ok(path) = MachinePath::parse(value) else {
        return Some("it is no absolute path, as /etc/kubernetes/pki");
    };
    let path = path.as_str();
    if SHARED.contains(&path) || is_home(path) {
        return Some("it is a folder of the system, or a home: a folder in it is wanted");
    }
    if CLOSED.iter().any(|closed| lies_in(path, closed)) {
        return Some("it lies where the system has its programs, devices or users");
    }
    if is_hidden_in_home(path) {
        return Some("it is hidden in a home: that is its user's");
    }
    None
}

/// Whether a path is a folder or lies in it.
pub(super) fn lies_in(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `/home/NAME`
fn is_home(path: &str) -> bool {
    path.strip_prefix("/home/")
        .is_some_and(|rest| !rest.contains('/'))
}

/// `/root/.ssh`, `/home/NAME/.kube/config`
fn is_hidden_in_home(path: &str) -> bool {
    let below = ["/root/", "/home/"]
        .iter()
        .find_map(|home| path.strip_prefix(home));
    below.is_some_and(|below| below.split('/').any(|part| part.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_names_a_place_of_its_own() {
        for (value, is_fine) in [
            ("/etc/kubernetes/pki", true),
            ("/etc/kubernetes/pki/", true),
            ("/etc/ssl/certs/etcd-ca.pem", true),
            ("/usr/local/share/ca-certificates/ca.crt", true),
            ("/srv/mini/etcd", true),
            ("/tmp/x", true),
            ("/var/lib/etcd", true),
            ("/home/me/cluster/pki", true),
            ("/root/cluster", true),
            ("/data", true),
            ("/usrlocal", true),
            ("", false),
            ("/", false),
            ("//", false),
            ("/./", false),
            ("/etc", false),
            ("/etc/", false),
            ("/etc/kubernetes/../..", false),
            ("/..", false),
            ("/var//lib/", false),
            ("/home/me", false),
            ("/root/.ssh", false),
            ("/home/me/.kube/config", false),
            ("/root", false),
            ("/etc/shadow", false),
            ("/etc/ssh/ssh_host_rsa_key", false),
            ("/usr/bin/kubelet", false),
            ("/usr/lib/systemd", false),
            ("/proc/1", false),
            ("/var/lib/kubewright", false),
            ("/var/lib/kubewright/unfinished", false),
            ("etc/kubernetes", false),
            ("/etc/ku\nbe", false),
            ("/etc/\u{1b}[2J", false),
        ] {
            assert_eq!(problem(value).is_none(), is_fine, "{value:?}");
        }
        assert!(problem(&format!("/{}", "x".repeat(5000))).is_some());
    }
}
