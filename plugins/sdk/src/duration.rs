//! Durations as Go prints and reads them: `8760h0m0s`, `1h30m`, `250ms`.

use crate::{Error, Result};
use std::fmt;

/// A span of time, in nanoseconds; never negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(u64);

const SECOND: u64 = 1_000_000_000;

impl Duration {
    /// So many seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// Whole seconds, rounded up.
    pub const fn seconds(self) -> u64 {
        self.0.div_ceil(SECOND)
    }

    /// Whole seconds rounded up, where an interface takes 32 bits.
    pub fn seconds_u32(self) -> u32 {
        u32::try_from(self.seconds()).unwrap_or(u32::MAX)
    }

    /// Reads `2h45m`, `1.5h`, `0`.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::new(format!("{text:?} is not a duration such as 24h0m0s"));
        if text == "0" {
            return Ok(Self(0));
        }
        let mut rest = text;
        let mut total = 0u64;
        while !rest.is_empty() {
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .ok_or_else(wrong)?;
            let (number, tail) = rest.split_at(end);
            let end = tail
                .find(|c: char| c.is_ascii_digit() || c == '.')
                .unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(end);
            let unit = match unit {
                "ns" => 1,
                "us" | "µs" => 1_000,
                "ms" => 1_000_000,
                "s" => SECOND,
                "m" => 60 * SECOND,
                "h" => 3600 * SECOND,
                _ => return Err(wrong()),
            };
            let part = scaled(number, unit).ok_or_else(wrong)?;
            total = total.checked_add(part).ok_or_else(wrong)?;
            rest = tail;
        }
        if text.is_empty() {
            Err(wrong())
        } else {
            Ok(Self(total))
        }
    }
}

/// `number` (digits with at most one point) times `unit`.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut total = whole.checked_mul(unit)?;
    let mut step = unit;
    for digit in fraction.chars() {
        step /= 10;
        total = total.checked_add(u64::from(digit.to_digit(10)?) * step)?;
    }
    Some(total)
}

impl fmt::Display for Duration {
    /// As Go's: `4m0s`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / SECOND;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 {
            write!(out, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(out, "{minutes}m")?;
        }
        let fraction = self.0 % SECOND;
        if fraction == 0 {
            return write!(out, "{seconds}s");
        }
        let digits = format!("{fraction:09}");
        write!(out, "{seconds}.{}s", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_as_go_does() {
        for (text, seconds, printed) in [
            ("8760h0m0s", 31_536_000, "8760h0m0s"),
            ("4m", 240, "4m0s"),
            ("1.5h", 5400, "1h30m0s"),
            ("0s", 0, "0s"),
            ("0", 0, "0s"),
            ("250ms", 1, "0.25s"),
            ("1h1s", 3601, "1h0m1s"),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!(duration.seconds(), seconds, "{text}");
            assert_eq!(duration.to_string(), printed, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "",
            "5",
            "h",
            ".s",
            "1d",
            "1h 2m",
            "-1s",
            "1..5s",
            "99999999999999999999h",
        ] {
            assert!(Duration::parse(text).is_err(), "{text:?}");
        }
    }
}
