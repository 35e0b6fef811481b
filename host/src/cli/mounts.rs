//! What is mounted below a root.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::world::MachinePath;

/// The mount points below a root, as paths of the machine it is the root of.
pub struct Mounts {
    root: PathBuf,
    points: Vec<MachinePath>,
}

impl Mounts {
    /// Of this process' mount namespace (proc(5), `mountinfo`).
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let root = std::fs::canonicalize(root)
            .with_context(|| format!("cannot resolve {}", root.display()))?;
        let text = std::fs::read_to_string("/proc/self/mountinfo")
            .context("cannot read /proc/self/mountinfo")?;
        let points = parse(&text)
            .filter_map(|point| {
                let below = Path::new(&point)
                    .strip_prefix(&root)
                    .ok()?
                    .to_str()?
                    .to_owned();
                MachinePath::parse(&format!("/{below}")).ok()
            })
            .collect();
        Ok(Self { root, points })
    }

    pub fn is_mount(&self, path: &MachinePath) -> bool {
        self.points.contains(path)
    }

    /// Those below a folder and not the folder itself, the innermost and last
    /// mounted first.
    pub fn below(&self, folder: &MachinePath) -> Vec<MachinePath> {
        let mut found: Vec<MachinePath> = self
            .points
            .iter()
            .filter(|point| *point != folder && point.is_within(folder))
            .cloned()
            .collect();
        found.reverse();
        found.sort_by_key(|point| std::cmp::Reverse(point.as_str().matches('/').count()));
        found
    }

    /// Unmounts one, following no link.
    pub fn unmount(&self, path: &MachinePath) -> anyhow::Result<()> {
        let target = self.root.join(path.below_root());
        let done = std::process::Command::new("umount")
            .arg("--no-canonicalize")
            .arg("--")
            .arg(&target)
            .output()
            .context("cannot run umount")?;
        ensure!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr).trim()
        );
        Ok(())
    }
}

/// The fifth field of each line, octal escapes resolved.
fn parse(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(|field| {
            let mut point = Vec::new();
            let mut rest = field.as_bytes();
            while let Some((&first, after)) = rest.split_first() {
                let escaped = after
                    .get(..3)
                    .filter(|_| first == b'\\')
                    .and_then(|digits| std::str::from_utf8(digits).ok())
                    .and_then(|digits| u8::from_str_radix(digits, 8).ok());
                match escaped {
                    Some(byte) => {
                        point.push(byte);
                        rest = &after[3..];
                    }
                    None => {
                        point.push(first);
                        rest = after;
                    }
                }
            }
            String::from_utf8_lossy(&point).into_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_read_with_their_escapes() {
        let text = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                    30 22 0:5 / /var/lib/kubelet/pods/a\\040b rw - tmpfs tmpfs rw\nshort\n";
        let points: Vec<String> = parse(text).collect();
        assert_eq!(points, ["/", "/var/lib/kubelet/pods/a b"]);
    }

    #[test]
    fn the_innermost_comes_first() {
        let points = ["/a", "/a/b", "/a/b/c", "/ab"]
            .map(|text| MachinePath::parse(text).unwrap())
            .to_vec();
        let mounts = Mounts {
            root: PathBuf::from("/"),
            points,
        };
        let below = mounts.below(&MachinePath::parse("/a").unwrap());
        let texts: Vec<&str> = below.iter().map(MachinePath::as_str).collect();
        assert_eq!(texts, ["/a/b/c", "/a/b"]);
    }
}
