//! Points in time as `metav1.Time` carries them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// A point in time as `metav1.Time` carries it: RFC 3339, written in UTC with whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(Timestamp);

/// The text is no RFC 3339 time.
#[derive(Clone, Debug, thiserror::Error)]
#[error("is not an RFC 3339 time; write it like \"2027-01-31T12:00:00Z\"")]
pub struct TimeError(#[source] Option<jiff::Error>);

impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        // The parser takes more of ISO 8601 than the API server does.
        let strict = text.as_bytes().get(10) == Some(&b'T')
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || b"-+:.TZ".contains(&b));
        if !strict {
            return Err(TimeError(None));
        }
        text.parse()
            .map(Self)
            .map_err(|error| TimeError(Some(error)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        let cases = [
            ("utc", "2027-01-31T12:00:00Z", Some("2027-01-31T12:00:00Z")),
            (
                "offset",
                "2027-01-31T12:00:00+02:00",
                Some("2027-01-31T10:00:00Z"),
            ),
            (
                "fraction",
                "2027-01-31T12:00:00.5Z",
                Some("2027-01-31T12:00:00Z"),
            ),
            ("space", "2027-01-31 12:00:00Z", None),
            ("date only", "2027-01-31", None),
            ("no zone", "2027-01-31T12:00:00", None),
            ("no such day", "2027-02-30T12:00:00Z", None),
            (
                "time zone name",
                "2027-01-31T12:00:00+02:00[Europe/Berlin]",
                None,
            ),
            ("not ASCII", "2027-01-3\u{e9}T12:00:00Z", None),
        ];
        for (name, text, expected) in cases {
            let read = text.parse::<Time>().ok().map(|e| e.to_string());
            assert_eq!(read.as_deref(), expected, "{name}");
        }
    }
}
