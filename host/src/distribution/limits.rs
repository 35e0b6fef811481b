//! Limits that a distribution sets for a phase.

use std::time::Duration;

use serde::Deserialize;
use serde::de::Error as _;

use crate::component::Limits;

/// `limits:` of a phase. What is not named keeps its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LimitsDocument {
    /// Linear memory of an instance.
    pub memory_bytes: Option<usize>,
    /// Time in the component's own code.
    pub running_milliseconds: Option<u64>,
    /// Time from its start to its end, the work of the host for it included and
    /// what it waits for left out: `30s`, `5m`.
    #[serde(deserialize_with = "duration")]
    pub wall_clock: Option<Duration>,
    /// Time that it waits for others in all, beyond what the configuration
    /// gives to waiting.
    #[serde(deserialize_with = "duration")]
    pub waiting: Option<Duration>,
    /// Calls that go to a network.
    pub requests: Option<u64>,
    /// Calls to the host.
    pub host_calls: Option<u64>,
    /// What one call may hand to the host, and what one sealed value may hold.
    pub call_bytes: Option<usize>,
    /// Content that it may hand over in all.
    pub content_bytes: Option<usize>,
    /// Handles open at once.
    pub handles: Option<usize>,
    /// Answers that are withheld because a piece of a secret of this run is in
    /// them.
    pub withheld: Option<u64>,
}

impl LimitsDocument {
    /// The first limit that would let nothing run.
    pub fn mistake(&self) -> Option<&'static str> {
        [
            ("memoryBytes", self.memory_bytes == Some(0)),
            ("runningMilliseconds", self.running_milliseconds == Some(0)),
            ("wallClock", self.wall_clock == Some(Duration::ZERO)),
            ("waiting", self.waiting == Some(Duration::ZERO)),
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
            wall_clock: self.wall_clock.unwrap_or(others.wall_clock),
            waiting: self.waiting.unwrap_or(others.waiting),
            requests: self.requests.unwrap_or(others.requests),
            host_calls: self.host_calls.unwrap_or(others.host_calls),
            call_bytes: self.call_bytes.unwrap_or(others.call_bytes),
            content_bytes: self.content_bytes.unwrap_or(others.content_bytes),
            handles: self.handles.unwrap_or(others.handles),
            withheld: self.withheld.unwrap_or(others.withheld),
            ..others
        }
    }
}

/// A number of milliseconds, seconds or minutes: `250ms`, `30s`, `5m`.
fn duration<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || {
        D::Error::custom(format!(
            "{text:?} is no time as \"250ms\", \"30s\" or \"5m\""
        ))
    };
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: u32 = text[..text.len() - unit.len()]
        .parse()
        .map_err(|_| wrong())?;
    let number = u64::from(number);
    match unit {
        "ms" => Ok(Some(Duration::from_millis(number))),
        "s" => Ok(Some(Duration::from_secs(number))),
        "m" => Ok(Some(Duration::from_secs(number * 60))),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_limits_hold_and_others_stay() {
        let document: LimitsDocument =
            serde_saphyr::from_str("{runningMilliseconds: 1500, hostCalls: 7, wallClock: 5s}")
                .unwrap();
        let limits = document.over(Limits::default());
        let wanted = Limits {
            running: Duration::from_millis(1500),
            wall_clock: Duration::from_secs(5),
            host_calls: 7,
            ..Limits::default()
        };
        assert_eq!(limits, wanted);
    }

    #[test]
    fn mistakes_are_found() {
        let parse = |text: &str| serde_saphyr::from_str::<LimitsDocument>(text);
        assert!(parse("{memory: 1}").is_err(), "unknown");
        assert!(parse("{hostCalls: -1}").is_err(), "negative");
        for wrong in ["5", "5h", "-5s", "5.5s", "99999999999s"] {
            assert!(
                parse(&format!("{{wallClock: {wrong}}}")).is_err(),
                "{wrong}"
            );
        }
        assert_eq!(
            parse("{wallClock: 0s}").unwrap().mistake(),
            Some("wallClock")
        );
        assert_eq!(parse("{handles: 0}").unwrap().mistake(), Some("handles"));
        assert_eq!(parse("{handles: 1}").unwrap().mistake(), None);
    }
}
