//! Mounts in the kubelet's folder.

use kubewright_leaving::{Folders, KUBELET, Settings, Teller};
use kubewright_plugin::types::ErrorCode;
use kubewright_plugin::{Context, Result, mounts};

/// Unmounts what the kubelet mounted. What cannot be unmounted is not entered
/// later on. The kubelet mounts its own folder on itself where the mounts of
/// the root are not shared, as they are not without systemd.
pub fn unmount(settings: &Settings, folders: &mut Folders<'_>, teller: Teller) -> Result<()> {
    let points = match mounts::in_folder(KUBELET) {
        Ok(points) => points,
        Err(why) if why.code == ErrorCode::Conflict => {
            folders.leave(KUBELET, &why);
            return Ok(());
        }
        Err(error) => return Err(error).context("looking for mounts of the kubelet"),
    };
    for point in &points {
        match mounts::unmount(KUBELET, point, &settings.unmount_flags) {
            Ok(_) => teller.step("unmounted", point, ""),
            Err(error) => teller.warning(&format!(
                "{}: it is left as it is, and nothing in it is removed",
                error.message
            )),
        }
    }
    Ok(())
}
