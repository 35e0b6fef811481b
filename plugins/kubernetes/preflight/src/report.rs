//! What was found.

use kubewright_plugin::{Error, Result, log};

/// Findings of a round of checks. Warnings are told as they come, errors at
/// the end, all at once.
pub struct Report {
    ignored: Vec<String>,
    errors: Vec<String>,
}

impl Report {
    /// `ignored` names checks (lower case, or `all`) whose errors are warnings.
    pub fn new(ignored: &[String]) -> Self {
        Self {
            ignored: ignored.to_vec(),
            errors: Vec::new(),
        }
    }

    /// Something that keeps the cluster from coming up, and what mends it.
    pub fn error(&mut self, check: &str, message: &str, remedy: &str) {
        if self.is_ignored(check) {
            self.warning(check, message);
        } else {
            self.errors.push(format!(
                "\t[ERROR {check}]: {message}\n\t\tto mend it: {remedy}\n"
            ));
        }
    }

    /// A doubt.
    pub fn warning(&mut self, check: &str, message: &str) {
        log::log(log::Level::Warn, &format!("[WARNING {check}]: {message}"));
    }

    /// Fails where there were errors.
    pub fn finish(self) -> Result<()> {
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(Error::new(self.text()).hint(
            "If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`",
        ))
    }

    fn text(&self) -> String {
        let text = format!(
            "[preflight] Some fatal errors occurred:\n{}",
            self.errors.concat()
        );
        text.trim_end().to_owned()
    }

    fn is_ignored(&self, check: &str) -> bool {
        self.ignored
            .iter()
            .any(|one| one.eq_ignore_ascii_case("all") || one.eq_ignore_ascii_case(check))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_together_in_kubeadms_words() {
        let mut report = Report::new(&["port-10250".to_owned()]);
        assert!(report.is_ignored("Port-10250") && !report.is_ignored("Port-6443"));
        assert!(Report::new(&["all".to_owned()]).is_ignored("Mem"));
        report.error("Port-6443", "Port 6443 is in use", "end what listens there");
        report.error("Mem", "too little", "add some");
        let text = report.text();
        assert!(text.starts_with(
            "[preflight] Some fatal errors occurred:\n\t[ERROR Port-6443]: Port 6443 is in use\n"
        ));
        assert!(text.contains("\t[ERROR Mem]: too little\n\t\tto mend it: add some"));
        let hint = report.finish().unwrap_err();
        assert!(
            kubewright_plugin::types::Failure::from(hint)
                .hint
                .unwrap()
                .contains("--ignore-preflight-errors")
        );
    }
}
