//! One thing wrong with a configuration, worded like k8s.io/apimachinery's `field.Error`.

/// Why a field is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has a value that can not be.
    Invalid {
        /// The value. Never a secret.
        value: String,
    },
    /// It has a value that can not be, and which must not be shown.
    InvalidSecret,
    /// It has no value.
    Required,
}

/// One thing wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path of the field, such as `ClusterConfiguration.networking.podSubnet`.
    pub path: String,
    /// Why it is refused.
    pub reason: Reason,
    /// What is wrong, as kubeadm words it.
    pub message: String,
}

impl Finding {
    /// A value that can not be.
    pub fn invalid(
        path: impl Into<String>,
        value: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let reason = Reason::Invalid {
            value: value.into(),
        };
        Self {
            path: path.into(),
            reason,
            message: message.into(),
        }
    }

    /// A secret value that can not be.
    pub fn invalid_secret(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: Reason::InvalidSecret,
            message: message.into(),
        }
    }

    /// A value that is missing.
    pub fn required(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: Reason::Required,
            message: message.into(),
        }
    }
}

impl Finding {
    /// What is wrong, without where.
    pub fn said(&self) -> String {
        let message = &self.message;
        match &self.reason {
            Reason::Invalid { value } if is_template(value) => format!(
                "Invalid value: {value:?}: it looks like a template or a variable that was not \
                 filled in: {message}"
            ),
            Reason::Invalid { value } => format!("Invalid value: {value:?}: {message}"),
            Reason::InvalidSecret => format!("Invalid value: <sealed>: {message}"),
            Reason::Required => format!("Required value: {message}"),
        }
    }
}

/// Whether a value is `{{ x }}`, `${X}` or `$X`, or has such a thing in it.
fn is_template(value: &str) -> bool {
    value.contains("{{") || value.contains("${") || value.starts_with('$')
}
