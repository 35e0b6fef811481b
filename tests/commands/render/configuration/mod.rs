//! Bad configuration files: one error, with line and field, and nothing is
//! written.

mod fields;
mod files;
mod instead;

use crate::support::program::{CONFIG, Place};

/// What is wrong with the file, the file, and what the error must say.
struct Case {
    name: &'static str,
    text: String,
    says: &'static [&'static str],
}

/// The sound configuration with these lines in its ClusterConfiguration, which
/// then begin on line 10.
fn cluster(name: &'static str, lines: &str, says: &'static [&'static str]) -> Case {
    Case {
        name,
        text: format!("{CONFIG}{lines}\n"),
        says,
    }
}

/// An InitConfiguration with these lines, which begin on line 3.
fn init(name: &'static str, lines: &str, says: &'static [&'static str]) -> Case {
    Case {
        name,
        text: format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n{lines}\n---\n\
             apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
        ),
        says,
    }
}

fn whole(name: &'static str, text: impl Into<String>, says: &'static [&'static str]) -> Case {
    Case {
        name,
        text: text.into(),
        says,
    }
}

fn refused(cases: &[Case]) {
    crate::support::at_once(cases, |case| {
        println!("{}", case.name);
        let place = Place::new();
        place.write("config.yaml", &case.text);
        for arguments in [
            &[
                "render",
                "--strict",
                "--config",
                "config.yaml",
                "--out",
                "out",
            ][..],
            &["config", "validate", "--config", "config.yaml"],
        ] {
            place.refused(1, arguments, &[&["config.yaml"], case.says].concat());
        }
    });
}
