//! Limits that a distribution sets for a phase.

use std::time::Duration;

use serde::Deserialize;

use crate::component::Limits;

/// `limits:` of a phase. What is not named keeps its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitsDocument {
    /// Linear memory of an instance.
    pub memory_bytes: Option<usize>,
    /// Time in the component's own code.
    pub running_milliseconds: Option<u64>,
    /// Calls to the host.
    pub host_calls: Option<u64>,
    /// What one call may hand to the host, and what one sealed value may hold.
    pub call_bytes: Option<usize>,
    /// Content that it may hand over in all.
    pub content_bytes: Option<usize>,
    /// Handles open at once.
    pub handles: Option<usize>,
}

impl LimitsDocument {
    /// The first limit that would let nothing run.
    pub fn mistake(&self) -> Option<&'static str> {
        [
            ("memoryBytes", self.memory_bytes == Some(0)),
            ("runningMilliseconds", self.running_milliseconds == Some(0)),
            ("hostCalls", self.host_calls == Some(0)),
            ("callBytes", self.call_bytes == Some(0)),
            ("contentBytes", self.content_bytes == Some(0)),
            ("handles", self.handles == Some(0)),
        ]
        .into_iter()
        .find_map(|(name, is_zero)| is_zero.then_some(name))
    }

    /// These limits where they are named, the others elsewhere.
    pub fn over(&self, others: Limits) -> Limits {
        Limits {
            memory: self.memory_bytes.unwrap_or(others.memory),
            running: self
                .running_milliseconds
                .map_or(others.running, Duration::from_millis),
            host_calls: self.host_calls.unwrap_or(others.host_calls),
            call_bytes: self.call_bytes.unwrap_or(others.call_bytes),
            content_bytes: self.content_bytes.unwrap_or(others.content_bytes),
            handles: self.handles.unwrap_or(others.handles),
            ..others
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_limits_hold_and_others_stay() {
        let document: LimitsDocument =
            serde_saphyr::from_str("{runningMilliseconds: 1500, hostCalls: 7}").unwrap();
        let limits = document.over(Limits::default());
        let wanted = Limits {
            running: Duration::from_millis(1500),
            host_calls: 7,
            ..Limits::default()
        };
        assert_eq!(limits, wanted);
    }

    #[test]
    fn mistakes_are_found() {
        let parse = serde_saphyr::from_str::<LimitsDocument>;
        assert!(parse("{memory: 1}").is_err(), "unknown");
        assert!(parse("{hostCalls: -1}").is_err(), "negative");
        assert_eq!(parse("{handles: 0}").unwrap().mistake(), Some("handles"));
        assert_eq!(parse("{handles: 1}").unwrap().mistake(), None);
    }
}
