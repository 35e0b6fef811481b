//! `ImagePull`: a check that changes something, as in kubeadm.

use crate::report::Report;
use kubewright_plugin::{Document, Result, container_runtime, progress, warn};

/// Pulls the images that are not there, by the node's policy.
pub fn pull(document: &Document, report: &mut Report) -> Result<()> {
    let registration = &document.init()?.node_registration;
    let (cluster, socket) = (document.cluster()?, &registration.cri_socket);
    let always = match registration.image_pull_policy.as_str() {
        "" | "IfNotPresent" => false,
        "Always" => true,
        "Never" => return Ok(()),
        other => {
            report.error(
                "ImagePull",
                &format!("unsupported pull policy {other:?}"),
                "set nodeRegistration.imagePullPolicy to Always, IfNotPresent or Never",
            );
            return Ok(());
        }
    };
    let images = match wanted(&cluster.control_plane_images(), always, socket) {
        Ok(images) => images,
        Err(error) => {
            report.error(
                "ImagePull",
                &format!("could not connect to the container runtime: {error}"),
                "see that the container runtime is running",
            );
            return Ok(());
        }
    };
    sandbox_image(&cluster.pause_image(), socket);
    if images.is_empty() {
        return Ok(());
    }
    progress!("Pulling images required for setting up a Kubernetes cluster");
    progress!(
        "This might take a minute or two, depending on the speed of your internet connection"
    );
    for (image, problem) in
        container_runtime::pull_images(socket, &images, registration.image_pull_parallel)?
    {
        report.error(
            "ImagePull",
            &format!("failed to pull image {image}: {problem}"),
            "see that the registry can be reached, or bring the image here; --image-repository names another registry",
        );
    }
    Ok(())
}

fn wanted(images: &[String], always: bool, socket: &str) -> Result<Vec<String>> {
    let mut wanted = Vec::new();
    for image in images {
        if always || !container_runtime::has_image(socket, image)? {
            wanted.push(image.clone());
        }
    }
    Ok(wanted)
}

/// Two images for the same purpose: one of them may be garbage collected.
fn sandbox_image(ours: &str, socket: &str) {
    if let Ok(state) = container_runtime::state(socket)
        && let Some(theirs) = state.sandbox_image
        && theirs != ours
    {
        warn!(
            "detected that the sandbox image {theirs:?} of the container runtime is inconsistent with that used by kubeadm. \
             It is recommended to use {ours:?} as the CRI sandbox image."
        );
    }
}
