//! Extended attributes of files (xattr(7)).

use rustix::fs::{OFlags, XattrFlags};

use super::MachineFiles;
use crate::world::MachinePath;

impl MachineFiles {
    /// An extended attribute of a file; none where there is no such.
    pub fn attribute(&self, path: &MachinePath, name: &str) -> Option<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = self.open_at(path, flags, "open").ok()?;
        let mut value = [0_u8; 256];
        let length = rustix::fs::fgetxattr(&file, name, &mut value).ok()?;
        value.get(..length).map(<[u8]>::to_vec)
    }

    /// Gives a file an extended attribute.
    pub fn set_attribute(
        &self,
        path: &MachinePath,
        name: &str,
        value: &[u8],
    ) -> std::io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = self.open_at(path, flags, "open");
        let file = file.map_err(std::io::Error::other)?;
        Ok(rustix::fs::fsetxattr(
            &file,
            name,
            value,
            XattrFlags::empty(),
        )?)
    }
}
