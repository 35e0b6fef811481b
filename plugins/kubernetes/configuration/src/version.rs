//! Kubernetes versions and version labels (kubeadm `app/util/version.go`).

use semver::Version;

use super::constants;

/// Why a `kubernetesVersion` can not be used.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// Not `[release/|ci/]<version or label>`.
    #[error("invalid version {0:?}")]
    Malformed(String),
    /// Neither a version nor a label.
    #[error(
        "version {0:?} doesn't match patterns for neither semantic version nor labels \
         (stable, latest, ...); write it like \"{release}\"",
        release = constants::KUBERNETES_RELEASE
    )]
    Unknown(String),
    /// It looks like a version, but is none.
    #[error("couldn't parse Kubernetes version {version:?}")]
    NotSemantic {
        /// The version as given.
        version: String,
        /// What is wrong with it.
        #[source]
        source: semver::Error,
    },
    /// A label of a minor release that this program was not made for.
    #[error(
        "the label {label:?} is of another release than {release}, which labels stand for here: \
         nothing is looked up on the internet; {name}",
        release = constants::KUBERNETES_RELEASE, name = name_a_version()
    )]
    OtherMinor {
        /// The label as given.
        label: String,
    },
    /// A label of CI builds.
    #[error(
        "the label {label:?} stands for another build from hour to hour, and nothing is looked up on \
         the internet; name the build, like \"ci/v1.36.3-rc.0.5+0123456789abcd\""
    )]
    CiLabel {
        /// The label as given.
        label: String,
    },
    /// Too old.
    #[error(
        "this version of kubewright only supports deploying clusters with the control plane \
         version >= {minimum}. Current version: {version}",
        minimum = constants::MINIMUM_CONTROL_PLANE_VERSION
    )]
    TooOld {
        /// The version asked for.
        version: String,
    },
}

/// Which minor releases there are to choose from.
fn name_a_version() -> String {
    let oldest = &constants::MINIMUM_CONTROL_PLANE_VERSION;
    let newest = constants::FIRST_UNSUPPORTED_VERSION.minor.saturating_sub(1);
    let minors: Vec<_> = (oldest.minor..=newest)
        .map(|minor| format!("{}.{minor}", oldest.major))
        .collect();
    format!(
        "name a version of {}, like \"v{oldest}\"",
        minors.join(" or ")
    )
}

/// A version that can be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// With a leading `v`.
    pub version: String,
    /// Whether it is a CI build, whose core images are in another repository.
    pub is_ci: bool,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Turns what the user wrote (`v1.36.2`, `1.36.2`, `stable-1`, `ci/latest`) into a version.
/// A label stands for the release this program was made for: nothing is asked of the network.
pub fn resolve(text: &str) -> Result<Resolved, VersionError> {
    let mut warnings = Vec::new();
    let (bucket, rest) = match ["release/", "ci/"]
        .iter()
        .find_map(|p| Some((*p, text.strip_prefix(p)?)))
    {
        Some((bucket, rest)) => (bucket, rest),
        None => ("", text),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    if rest.is_empty() || !rest.chars().all(plain) {
        return Err(VersionError::Malformed(text.to_owned()));
    }
    let version = if looks_like_version(rest) {
        format!("v{}", rest.strip_prefix('v').unwrap_or(rest))
    } else if is_label(rest) {
        let label = text.to_owned();
        if bucket == "ci/" {
            return Err(VersionError::CiLabel { label });
        }
        if !is_of_this_release(rest) {
            return Err(VersionError::OtherMinor { label });
        }
        warnings.push(format!(
            "the version label {text:?} is not looked up on the internet; using {}",
            constants::KUBERNETES_RELEASE
        ));
        constants::KUBERNETES_RELEASE.to_owned()
    } else {
        return Err(VersionError::Unknown(text.to_owned()));
    };
    let semantic = parse(&version)?;
    if semantic
        .cmp_precedence(&constants::MINIMUM_CONTROL_PLANE_VERSION)
        .is_lt()
    {
        return Err(VersionError::TooOld { version });
    }
    let unsupported = &constants::FIRST_UNSUPPORTED_VERSION;
    if (semantic.major, semantic.minor) >= (unsupported.major, unsupported.minor) {
        warnings.push(format!(
            "Kubernetes version is greater than kubewright version. Please consider to upgrade \
             kubewright. Kubernetes version: {semantic}. Kubewright version: {}.{}.x",
            unsupported.major,
            unsupported.minor.saturating_sub(1)
        ));
    }
    Ok(Resolved {
        version,
        is_ci: bucket == "ci/",
        warnings,
    })
}

/// Reads a version with or without a leading `v`.
pub fn parse(version: &str) -> Result<Version, VersionError> {
    let bare = version.strip_prefix('v').unwrap_or(version);
    Version::parse(bare).map_err(|source| VersionError::NotSemantic {
        version: version.to_owned(),
        source,
    })
}

/// Three numbers without leading zeros, then anything a tag may contain.
fn looks_like_version(text: &str) -> bool {
    let mut rest = text.strip_prefix('v').unwrap_or(text);
    for index in 0..3 {
        if index > 0 {
            let Some(tail) = rest.strip_prefix('.') else {
                return false;
            };
            rest = tail;
        }
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        if number.is_empty() || (number.len() > 1 && number.starts_with('0')) {
            return false;
        }
        rest = tail;
    }
    true
}

/// `stable`, `latest`, either with `-1`, `-1.2` or `-1.23` behind it.
fn is_label(text: &str) -> bool {
    let Some(rest) = text
        .strip_prefix("stable")
        .or_else(|| text.strip_prefix("latest"))
    else {
        return false;
    };
    let Some(numbers) = rest.strip_prefix('-') else {
        return rest.is_empty();
    };
    let (major, minor) = match numbers.split_once('.') {
        Some((major, minor)) => (major, Some(minor)),
        None => (numbers, None),
    };
    let nonzero = |text: &str| text.len() == 1 && text.bytes().all(|b| (b'1'..=b'9').contains(&b));
    let minor_is_good = minor.is_none_or(|minor| {
        let mut bytes = minor.bytes();
        minor.len() <= 2
            && bytes.next().is_some_and(|b| (b'1'..=b'9').contains(&b))
            && bytes.all(|b| b.is_ascii_digit())
    });
    nonzero(major) && minor_is_good
}

/// Whether the release that this program was made for is among those that a label stands for.
fn is_of_this_release(label: &str) -> bool {
    let release = constants::KUBERNETES_RELEASE.trim_start_matches('v');
    let minor = release.rsplit_once('.').map_or(release, |(minor, _)| minor);
    let major = minor.split_once('.').map_or(minor, |(major, _)| major);
    label
        .split_once('-')
        .is_none_or(|(_, of)| of == major || of == minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let cases = [
            ("exact", "v1.36.2", Ok(("v1.36.2", false, 0))),
            ("without v", "1.36.0", Ok(("v1.36.0", false, 0))),
            ("one minor older", "v1.35.9", Ok(("v1.35.9", false, 0))),
            ("label", "stable-1", Ok(("v1.36.2", false, 1))),
            ("minor label", "latest-1.36", Ok(("v1.36.2", false, 1))),
            ("release label", "release/stable", Ok(("v1.36.2", false, 1))),
            (
                "label of another minor",
                "stable-1.35",
                Err("\"stable-1.35\" is of another release than v1.36.2"),
            ),
            (
                "latest of another minor",
                "latest-1.30",
                Err("name a version of 1.35 or 1.36, like \"v1.35.0\""),
            ),
            ("label of another major", "stable-2", Err("another release")),
            (
                "label of a longer minor",
                "stable-1.3",
                Err("another release"),
            ),
            ("label of CI", "ci/latest", Err("name the build")),
            (
                "label of CI's minor",
                "ci/latest-1.36",
                Err("name the build"),
            ),
            ("another prefix", "ci-cross/v1.36.2", Err("invalid version")),
            (
                "ci build",
                "ci/v1.36.3-rc.0.5+abcdef",
                Ok(("v1.36.3-rc.0.5+abcdef", true, 0)),
            ),
            (
                "newer minor",
                "v1.37.0-alpha.1",
                Ok(("v1.37.0-alpha.1", false, 1)),
            ),
            (
                "too old",
                "v1.34.9",
                Err("only supports deploying clusters with the control plane version >= 1.35.0"),
            ),
            ("old pre-release", "v1.35.0-rc.1", Err("only supports")),
            ("word", "newest", Err("doesn't match patterns")),
            ("two numbers", "v1.36", Err("doesn't match patterns")),
            ("leading zero", "v1.036.1", Err("doesn't match patterns")),
            ("label with zero", "stable-0", Err("doesn't match patterns")),
            ("trailing letters", "v1.36.2x", Err("couldn't parse")),
            ("empty", "", Err("invalid version")),
            ("spaces", "v1.36.2 ", Err("invalid version")),
        ];
        for (name, text, expected) in cases {
            match (resolve(text), expected) {
                (Ok(r), Ok(expected)) => {
                    assert_eq!(
                        (r.version.as_str(), r.is_ci, r.warnings.len()),
                        expected,
                        "{name}"
                    );
                }
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{name}: {error}")
                }
                (got, _) => panic!("{name}: {got:?}"),
            }
        }
    }
}
