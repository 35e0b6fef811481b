//! Durations in the notation of Go's `time.Duration`, as `metav1.Duration` fields carry them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
const SECOND: u64 = 1_000 * MILLISECOND;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// A signed span of time with nanosecond resolution, at most about 292 years either way.
///
/// Reads and prints exactly as Go's `time.ParseDuration` and `Duration.String` do, so that
/// `"1h30m"` is read and `1h30m0s` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration(i64);

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The text does not follow the grammar `[-+]?([0-9]*(\.[0-9]*)?[a-z]+)+`, or is empty.
    #[error("is not a duration; write a number with a unit, like \"24h0m0s\" or \"1h30m\"")]
    Malformed,
    /// A number without one of Go's units behind it.
    #[error("has a number without a unit; the units are ns, us, ms, s, m and h")]
    MissingUnit,
    /// A unit Go does not know (there are no days).
    #[error("has the unknown unit {0:?}; the units are ns, us, ms, s, m and h")]
    UnknownUnit(String),
    /// More than 63 bits of nanoseconds.
    #[error("is longer than 2562047h47m16s, the longest duration there is")]
    OutOfRange,
}

impl GoDuration {
    /// No time at all, which many fields take to mean "unset" or "never".
    pub const ZERO: Self = Self(0);

    /// A duration of whole seconds; saturates at the longest one.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND as i64))
    }

    /// A duration of whole minutes; saturates at the longest one.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self(minutes.saturating_mul(MINUTE as i64))
    }

    /// A duration of whole hours; saturates at the longest one.
    pub const fn from_hours(hours: i64) -> Self {
        Self(hours.saturating_mul(HOUR as i64))
    }

    /// The length in nanoseconds.
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }

    /// A standard duration; saturates at the longest one.
    pub fn from_std(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }

    /// The same span as a standard duration; `None` when it is negative.
    pub fn to_std(self) -> Option<Duration> {
        u64::try_from(self.0).ok().map(Duration::from_nanos)
    }
}

impl FromStr for GoDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self::ZERO);
        }
        if rest.is_empty() {
            return Err(DurationError::Malformed);
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (nanoseconds, tail) = leading_term(rest)?;
            total = total
                .checked_add(nanoseconds)
                .filter(|sum| *sum <= 1 << 63)
                .ok_or(DurationError::OutOfRange)?;
            rest = tail;
        }
        if negative {
            return Ok(Self((total as i64).wrapping_neg()));
        }
        i64::try_from(total)
            .map(Self)
            .map_err(|_| DurationError::OutOfRange)
    }
}

/// Reads one `number unit` pair off the front; returns it in nanoseconds with what follows.
fn leading_term(text: &str) -> Result<(u64, &str), DurationError> {
    let digits_end = |s: &str| s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let (whole, after) = text.split_at(digits_end(text));
    let (fraction, after) = match after.strip_prefix('.') {
        Some(tail) => tail.split_at(digits_end(tail)),
        None => ("", after),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(DurationError::Malformed);
    }
    let unit_end = after
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(after.len());
    let (unit, rest) = after.split_at(unit_end);
    let scale = match unit {
        "" => return Err(DurationError::MissingUnit),
        "ns" => 1,
        "us" | "µs" | "μs" => MICROSECOND,
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        other => return Err(DurationError::UnknownUnit(other.to_owned())),
    };
    let whole: u64 = match whole {
        "" => 0,
        digits => digits.parse().map_err(|_| DurationError::OutOfRange)?,
    };
    let nanoseconds = whole
        .checked_mul(scale)
        .and_then(|n| n.checked_add(fraction_of(fraction, scale)))
        .filter(|n| *n <= 1 << 63)
        .ok_or(DurationError::OutOfRange)?;
    Ok((nanoseconds, rest))
}

/// `0.<digits> * scale`, truncated to nanoseconds. Digits beyond what 64 bits hold add nothing.
fn fraction_of(digits: &str, scale: u64) -> u64 {
    let mut value: u128 = 0;
    let mut divisor: u128 = 1;
    for digit in digits.bytes().take(18) {
        value = value * 10 + u128::from(digit - b'0');
        divisor *= 10;
    }
    u64::try_from(value * u128::from(scale) / divisor).unwrap_or(0)
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.unsigned_abs();
        if total == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if total < MICROSECOND {
            return write!(f, "{total}ns");
        }
        if total < MILLISECOND {
            return write_decimal(f, total, MICROSECOND, "µs");
        }
        if total < SECOND {
            return write_decimal(f, total, MILLISECOND, "ms");
        }
        if total >= HOUR {
            write!(f, "{}h", total / HOUR)?;
        }
        if total >= MINUTE {
            write!(f, "{}m", total % HOUR / MINUTE)?;
        }
        write_decimal(f, total % MINUTE, SECOND, "s")
    }
}

fn write_decimal(f: &mut fmt::Formatter<'_>, value: u64, scale: u64, unit: &str) -> fmt::Result {
    let digits = scale.ilog10() as usize;
    let fraction = format!("{:0digits$}", value % scale);
    match fraction.trim_end_matches('0') {
        "" => write!(f, "{}{unit}", value / scale),
        fraction => write!(f, "{}.{fraction}{unit}", value / scale),
    }
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_as_go_does() {
        let cases = [
            ("zero", "0", Ok("0s")),
            ("zero with unit", "0s", Ok("0s")),
            ("canonical", "24h0m0s", Ok("24h0m0s")),
            ("short form", "1h30m", Ok("1h30m0s")),
            ("seconds roll over", "90s", Ok("1m30s")),
            ("fraction", "1.5h", Ok("1h30m0s")),
            ("fraction without whole", ".5s", Ok("500ms")),
            ("micro sign", "3µs", Ok("3µs")),
            ("nanoseconds", "42ns", Ok("42ns")),
            ("milliseconds with rest", "1500us", Ok("1.5ms")),
            ("negative", "-1m", Ok("-1m0s")),
            ("plus", "+1m", Ok("1m0s")),
            ("ten years", "87600h", Ok("87600h0m0s")),
            (
                "smallest",
                "-2562047h47m16.854775808s",
                Ok("-2562047h47m16.854775808s"),
            ),
            ("empty", "", Err(DurationError::Malformed)),
            ("sign alone", "-", Err(DurationError::Malformed)),
            ("words", "soon", Err(DurationError::Malformed)),
            ("no unit", "10", Err(DurationError::MissingUnit)),
            ("days", "1d", Err(DurationError::UnknownUnit("d".into()))),
            ("too long", "9999999h", Err(DurationError::OutOfRange)),
            (
                "far too long",
                "99999999999999999999s",
                Err(DurationError::OutOfRange),
            ),
            ("dot alone", ".s", Err(DurationError::Malformed)),
        ];
        for (name, text, expected) in cases {
            let read = text.parse::<GoDuration>().map(|d| d.to_string());
            assert_eq!(read.as_deref(), expected.as_deref(), "{name}: {text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_printed_reads_back(nanoseconds: i64) {
            let duration = GoDuration(nanoseconds);
            proptest::prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }

        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = text.parse::<GoDuration>();
        }
    }
}
