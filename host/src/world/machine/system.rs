//! The machine as a whole: kernel, memory, control groups
//! (`k8s.io/system-validators`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use crate::world::{Cgroups, NodeError, SystemState};

/// A kernel configuration has some 300 KiB.
const CONFIGURATION_LIMIT: u64 = 8 << 20;

/// Longer values are none of settings.
const PARAMETER_LIMIT: u64 = 4096;

/// Parameters that say how the kernel is set up for containers and networks.
/// Not the rest: what is below `kernel.random` is another each time, and
/// others tell of this one machine, as `kernel.hostname` does.
const PARAMETERS: [&str; 6] = [
    "fs.",
    "net.bridge.",
    "net.ipv4.",
    "net.ipv6.",
    "net.netfilter.",
    "vm.",
];
const KERNEL_PARAMETERS: [&str; 9] = [
    "kernel.keys.root_maxbytes",
    "kernel.keys.root_maxkeys",
    "kernel.panic",
    "kernel.panic_on_oops",
    "kernel.pid_max",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.threads-max",
    "kernel.unprivileged_userns_clone",
];

/// Whether a kernel parameter is of those that are settings, by its name.
pub fn is_setting(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let is_known = PARAMETERS.iter().any(|prefix| name.starts_with(prefix))
        || KERNEL_PARAMETERS.contains(&name);
    is_known && name.chars().all(plain) && !name.split('.').any(str::is_empty)
}

/// The value of a kernel parameter that is a setting: one that everybody may
/// read and root may change. Counters, which change by themselves, can be read
/// only; secrets, as keys of TCP Fast Open, by root only. `root` is
/// `/proc/sys`.
pub fn kernel_parameter(root: &Path, name: &str) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    const READABLE: u32 = 0o444;
    const CHANGEABLE: u32 = 0o200;
    if !is_setting(name) {
        return None;
    }
    let path = root.join(name.replace('.', "/"));
    // Below /proc/sys are no links; elsewhere one is not followed.
    let found = std::fs::symlink_metadata(&path).ok()?;
    let mode = found.permissions().mode();
    if !found.is_file() || mode & READABLE != READABLE || mode & CHANGEABLE == 0 {
        return None;
    }
    let mut text = String::new();
    let file = std::fs::File::open(&path).ok()?;
    file.take(PARAMETER_LIMIT).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}

/// Reads the state of this machine.
pub fn state() -> Result<SystemState, NodeError> {
    let uname = rustix::system::uname();
    let memory = rustix::system::sysinfo();
    let cpus = std::thread::available_parallelism().map_err(|source| NodeError::Look {
        what: "the number of processors".to_owned(),
        source,
    })?;
    Ok(SystemState {
        user_id: rustix::process::geteuid().as_raw(),
        cpus: u32::try_from(cpus.get()).unwrap_or(u32::MAX),
        memory_bytes: memory.totalram * u64::from(memory.mem_unit.max(1)),
        operating_system: uname.sysname().to_string_lossy().into_owned(),
        kernel_release: uname.release().to_string_lossy().into_owned(),
        // A heading, then a line for each area.
        swap: read("/proc/swaps").lines().count() > 1,
        cgroups: cgroups(),
    })
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn cgroups() -> Cgroups {
    match cgroup_mount(&read("/proc/mounts"), |path| Path::new(path).is_dir()) {
        None => Cgroups {
            version: 0,
            controllers: Vec::new(),
        },
        Some((_, false)) => Cgroups {
            version: 1,
            controllers: version_1_controllers(&read("/proc/cgroups")),
        },
        Some((folder, true)) => {
            let listed = read(&format!("{folder}/cgroup.controllers"));
            // Built in, and listed nowhere: devices (an eBPF program since
            // Linux 4.15) and freezer (since 5.2).
            let mut controllers = vec!["devices".to_owned()];
            if has_freezer(Path::new(&folder)) {
                controllers.push("freezer".to_owned());
            }
            controllers.extend(listed.split_whitespace().map(str::to_owned));
            Cgroups {
                version: 2,
                controllers,
            }
        }
    }
}

/// Whether groups can be frozen: every group but the first has a file for that.
/// Where there is no other, one is made for the question, as
/// `k8s.io/system-validators` does, and removed.
fn has_freezer(folder: &Path) -> bool {
    const FILE: &str = "cgroup.freeze";
    let groups: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    if !groups.is_empty() {
        return groups.iter().any(|group| group.join(FILE).exists());
    }
    let group = folder.join(format!("kubewright-freezer-{}", std::process::id()));
    if std::fs::create_dir(&group).is_err() {
        return false;
    }
    let found = group.join(FILE).exists();
    // What is left of it is an empty group, which costs nothing.
    let _ = std::fs::remove_dir(&group);
    found
}

/// Where control groups are mounted, and whether it is version 2.
fn cgroup_mount(mounts: &str, is_directory: impl Fn(&str) -> bool) -> Option<(String, bool)> {
    const DEFAULT: &str = "/sys/fs/cgroup";
    let mut version_1 = None;
    for line in mounts.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, folder, kind, ..] = fields[..] else {
            continue;
        };
        match (folder, kind) {
            // A tmpfs holds one hierarchy a controller in version 1.
            (DEFAULT, "tmpfs") => {
                return Some((DEFAULT.to_owned(), !is_directory("/sys/fs/cgroup/memory")));
            }
            (_, "cgroup2") => return Some((folder.to_owned(), true)),
            (_, "cgroup") => {
                version_1.get_or_insert_with(|| folder.to_owned());
            }
            _ => {}
        }
    }
    version_1.map(|folder| (folder, false))
}

/// Of `/proc/cgroups`: name, hierarchy, number, enabled.
fn version_1_controllers(table: &str) -> Vec<String> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            (fields.len() >= 4 && fields[3] != "0").then(|| fields[0].to_owned())
        })
        .collect()
}

/// The build options of the running kernel, from where distributions put them.
pub fn kernel_options(names: &[String]) -> Option<BTreeMap<String, String>> {
    let release = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    let places = [
        "/proc/config.gz".to_owned(),
        format!("/boot/config-{release}"),
        format!("/usr/src/linux-{release}/.config"),
        "/usr/src/linux/.config".to_owned(),
        format!("/usr/lib/modules/{release}/config"),
        format!("/usr/lib/ostree-boot/config-{release}"),
        format!("/usr/lib/kernel/config-{release}"),
        format!("/usr/src/linux-headers-{release}/.config"),
        format!("/lib/modules/{release}/build/.config"),
    ];
    let look = || {
        places
            .iter()
            .find_map(|path| configuration(Path::new(path)))
    };
    let text = look().or_else(|| with_module("configs", look))?;
    Some(options(&text, names))
}

/// Looks while a kernel module is loaded, as that which brings
/// `/proc/config.gz`. It is unloaded again: looking changes nothing.
fn with_module<T>(name: &str, look: impl FnOnce() -> Option<T>) -> Option<T> {
    let modprobe = |arguments: &[&str]| {
        std::process::Command::new("modprobe")
            .args(arguments)
            .stdin(std::process::Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !modprobe(&[name]) {
        return None;
    }
    let found = look();
    modprobe(&["-r", name]);
    found
}

fn configuration(path: &Path) -> Option<String> {
    let file = std::fs::File::open(path).ok()?;
    let mut text = String::new();
    let read = match path.extension().is_some_and(|one| one == "gz") {
        true => flate2::read::GzDecoder::new(file)
            .take(CONFIGURATION_LIMIT)
            .read_to_string(&mut text),
        false => file.take(CONFIGURATION_LIMIT).read_to_string(&mut text),
    };
    read.is_ok().then_some(text)
}

fn options(text: &str, names: &[String]) -> BTreeMap<String, String> {
    let wanted: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("CONFIG_")?.split_once('='))
        .filter(|(name, _)| wanted.contains(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_groups_are_found_by_their_mounts() {
        let cases = [
            (
                "version 2",
                "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
                Some(true),
            ),
            (
                "version 1",
                "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n",
                Some(false),
            ),
            (
                "hybrid elsewhere",
                "cgroup /cg/cpu cgroup rw 0 0\ncgroup2 /cg/unified cgroup2 rw 0 0\n",
                Some(true),
            ),
            ("none", "proc /proc proc rw 0 0\nshort\n", None),
        ];
        for (name, mounts, wanted) in cases {
            let found = cgroup_mount(mounts, |_| true);
            assert_eq!(found.map(|(_, second)| second), wanted, "{name}");
        }
    }

    #[test]
    fn groups_that_can_be_frozen_have_a_file_for_it() {
        let folder = tempfile::tempdir().unwrap();
        // No control group, so that one made for the question has no such file.
        assert!(!has_freezer(folder.path()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        std::fs::create_dir_all(folder.path().join("system.slice")).unwrap();
        assert!(!has_freezer(folder.path()));
        std::fs::write(folder.path().join("system.slice/cgroup.freeze"), "0").unwrap();
        assert!(has_freezer(folder.path()));
        assert!(!has_freezer(Path::new("/no/such/folder")));
    }

    #[test]
    fn tables_are_read() {
        let table =
            "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t1\t1\nhugetlb\t2\t1\t0\nodd\n";
        assert_eq!(version_1_controllers(table), ["cpu"]);
        let names = ["INET".to_owned(), "MEMCG".to_owned(), "AUFS_FS".to_owned()];
        let found = options(
            "CONFIG_INET=y\n# CONFIG_AUFS_FS is not set\nCONFIG_MEMCG=m\nCONFIG_X=y\n",
            &names,
        );
        let found: Vec<_> = found
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(found, [("INET", "y"), ("MEMCG", "m")]);
        assert_eq!(state().unwrap().operating_system, "Linux");
    }

    #[test]
    fn settings_of_the_kernel_are_told_and_nothing_else() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        for (file, mode) in [
            ("net/ipv4/ip_forward", 0o644),
            ("net/ipv4/tcp_fastopen_key", 0o600),
            ("net/ipv4/route/flush", 0o200),
            ("net/netfilter/nf_conntrack_count", 0o444),
            ("kernel/panic", 0o644),
            ("kernel/core_pattern", 0o644),
            ("kernel/random/uuid", 0o444),
            ("kernel/random/poolsize", 0o644),
            ("vm/overcommit_memory", 0o644),
        ] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "1\n").unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        for (name, is_told) in [
            ("net.ipv4.ip_forward", true),
            ("kernel.panic", true),
            ("vm.overcommit_memory", true),
            ("vm.no_such", false),
            ("net.ipv4", false),
            ("net.ipv4.", false),
            ("net.ipv4.tcp_fastopen_key", false),
            ("net.ipv4.route.flush", false),
            ("net.netfilter.nf_conntrack_count", false),
            ("net.ipv4...kernel.panic", false),
            ("net.ipv4./ip_forward", false),
            ("net.ipv4.../../../etc/hostname", false),
            ("kernel.core_pattern", false),
            ("kernel.random.uuid", false),
            ("kernel.random.poolsize", false),
            ("", false),
            ("..", false),
        ] {
            let found = kernel_parameter(root.path(), name);
            assert_eq!(found.as_deref(), is_told.then_some("1"), "{name}");
        }
    }

    #[test]
    fn the_kernel_of_this_machine_tells_no_number_that_changes() {
        let proc = Path::new("/proc/sys");
        assert!(kernel_parameter(proc, "net.ipv4.ip_forward").is_some());
        for name in [
            "kernel.random.uuid",
            "kernel.random.boot_id",
            "fs.file-nr",
            "fs.inode-nr",
        ] {
            assert!(proc.join(name.replace('.', "/")).exists(), "{name}");
            assert_eq!(kernel_parameter(proc, name), None, "{name}");
        }
    }
}
