//! What of a machine's root is no file: the sockets below it, and whether what
//! runs here is what runs on it.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, OFlags};
use tokio::net::UnixStream;

use super::MachineFiles;
use crate::world::sandbox::SandboxFiles;
use crate::world::{FileError, MachinePath};

/// Why there is no connection to a socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{0} is not a socket")]
    NoSocket(MachinePath),
    #[error("nothing answers at {path}")]
    Connect {
        path: MachinePath,
        #[source]
        source: std::io::Error,
    },
}

/// The root of a machine.
pub trait Root: Send + Sync {
    /// A socket as it lies below the root: links on the way and at the end
    /// lead to what they would lead to if the root were `/`. Nothing has
    /// connected to it yet.
    fn socket(&self, path: &MachinePath) -> Result<OwnedFd, SocketError>;

    /// Whether it is `/`: whether the services and programs that run here are
    /// those of that machine.
    fn is_this_machine(&self) -> bool;
}

impl Root for MachineFiles {
    fn socket(&self, path: &MachinePath) -> Result<OwnedFd, SocketError> {
        let found = self.open_at(path, OFlags::PATH, "connect to")?;
        let kind = rustix::fs::fstat(&found).map(|stat| FileType::from_raw_mode(stat.st_mode));
        match kind {
            Ok(FileType::Socket) => Ok(found),
            _ => Err(SocketError::NoSocket(path.clone())),
        }
    }

    fn is_this_machine(&self) -> bool {
        std::fs::canonicalize(self.root()).is_ok_and(|root| root == Path::new("/"))
    }
}

/// Memory has no sockets.
impl Root for SandboxFiles {
    fn socket(&self, path: &MachinePath) -> Result<OwnedFd, SocketError> {
        Err(FileError::NotFound(path.clone()).into())
    }

    fn is_this_machine(&self) -> bool {
        false
    }
}

/// Connects to a socket below a root: to the one that was looked at, whatever
/// is at its path by now.
pub async fn connect(root: &dyn Root, path: &MachinePath) -> Result<UnixStream, SocketError> {
    let socket = root.socket(path)?;
    let by_handle = format!("/proc/self/fd/{}", socket.as_raw_fd());
    let connected = UnixStream::connect(by_handle).await;
    connected.map_err(|source| SocketError::Connect {
        path: path.clone(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::causes::chain;

    #[tokio::test]
    async fn sockets_are_those_of_the_root() {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("root");
        std::fs::create_dir_all(root.join("run")).unwrap();
        let _listening = UnixListener::bind(root.join("run/real.sock")).unwrap();
        let _escaped = UnixListener::bind(outside.path().join("host.sock")).unwrap();
        drop(UnixListener::bind(root.join("run/left.sock")).unwrap());
        std::fs::write(root.join("run/file.sock"), "").unwrap();
        for (to, name) in [
            ("real.sock", "link.sock"),
            ("/run/real.sock", "absolute.sock"),
            ("../../host.sock", "escaping.sock"),
            ("loop.sock", "loop.sock"),
        ] {
            symlink(to, root.join("run").join(name)).unwrap();
        }
        let host = outside.path().join("host.sock").display().to_string();
        symlink(&host, root.join("run/host.sock")).unwrap();
        let files = MachineFiles::open(&root).unwrap();
        // A process that another test starts has what was open here until it
        // runs its program.
        let left = MachinePath::parse("/run/left.sock").unwrap();
        for _ in 0..1000 {
            if connect(&files, &left).await.is_err() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        for (name, path, wanted) in [
            ("a socket", "/run/real.sock", Ok(())),
            ("a link", "/run/link.sock", Ok(())),
            ("a link from the root", "/run/absolute.sock", Ok(())),
            ("upwards", "/../../run/real.sock", Ok(())),
            (
                "a link upwards out of the root",
                "/run/escaping.sock",
                Err("is not there"),
            ),
            (
                "a link to the host's",
                "/run/host.sock",
                Err("is not there"),
            ),
            ("the host's", host.as_str(), Err("is not there")),
            ("a link to itself", "/run/loop.sock", Err("link")),
            ("a file", "/run/file.sock", Err("is not a socket")),
            ("a folder", "/run", Err("is not a socket")),
            ("nobody listens", "/run/left.sock", Err("refused")),
            ("not there", "/run/x.sock", Err("is not there")),
        ] {
            let connected = connect(&files, &MachinePath::parse(path).unwrap()).await;
            match (connected, wanted) {
                (Ok(_), Ok(())) => {}
                (Err(error), Err(wanted)) => {
                    let error = chain(&error);
                    assert!(error.contains(wanted), "{name}: {error}");
                }
                (Ok(_), Err(_)) => panic!("{name}: connected"),
                (Err(error), Ok(())) => panic!("{name}: {}", chain(&error)),
            }
        }
    }

    #[test]
    fn a_folder_is_not_this_machine() {
        let folder = tempfile::tempdir().unwrap();
        for (path, wanted) in [(folder.path(), false), (Path::new("/"), true)] {
            let files = MachineFiles::open(path).unwrap();
            assert_eq!(files.is_this_machine(), wanted, "{}", path.display());
        }
    }
}
