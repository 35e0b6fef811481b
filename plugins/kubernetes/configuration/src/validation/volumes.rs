//! Host volumes of the control plane's Pods. kubeadm leaves what is wrong with them to the kubelet,
//! which does not start the Pod then.

use std::collections::BTreeMap;

use super::Report;
use crate::documents::HostPathMount;
use crate::names;
use kubewright_values::meant::did_you_mean;

const PATH_TYPES: [&str; 7] = [
    "DirectoryOrCreate",
    "Directory",
    "FileOrCreate",
    "File",
    "Socket",
    "CharDevice",
    "BlockDevice",
];

pub fn volumes(volumes: &[HostPathMount], path: &str, report: &mut Report) {
    let mut seen = BTreeMap::new();
    for (index, volume) in volumes.iter().enumerate() {
        let at = |field: &str| format!("{path}[{index}].{field}");
        let name = &volume.name;
        if !names::is_dns_label(name) {
            let message = "the name of a volume has lower case letters, digits and \"-\", 63 of them \
                           at most, and neither begins nor ends with \"-\"";
            report.invalid(at("name"), name, message);
        }
        // The later one would take the place of the earlier one.
        if let Some(first) = seen.insert(name, index) {
            let message = format!(
                "the name is that of {path}[{first}], too, and one of the two would be lost; give \
                 each its own"
            );
            report.invalid(at("name"), name, message);
        }
        for (field, value) in [
            ("hostPath", &volume.host_path),
            ("mountPath", &volume.mount_path),
        ] {
            if value.is_empty() {
                report.required(at(field), "a volume has a hostPath and a mountPath");
            }
        }
        let of = &volume.path_type;
        if !of.is_empty() && !PATH_TYPES.contains(&of.as_str()) {
            let meant = did_you_mean(of, PATH_TYPES);
            let message = format!("the types are {}, or none{meant}", PATH_TYPES.join(", "));
            report.invalid(at("pathType"), of, message);
        }
    }
}
