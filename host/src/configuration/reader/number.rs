//! Numbers as kubeadm reads them: through JSON, which does not tell `3.0` from `3`, into fields of
//! Go that have a width (`sigs.k8s.io/yaml`, `encoding/json`).

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::Value;

/// A number of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Without a fraction, however it is written.
    Whole(i128),
    /// With a fraction, or so large that nothing below its first digits is known.
    Float(f64),
}

impl Number {
    /// What the field of a whole number holds. The error says what would be right.
    pub(super) fn whole(self, range: RangeInclusive<i64>) -> Result<i64, String> {
        let number = match self {
            Self::Whole(number) => i64::try_from(number).ok(),
            Self::Float(number) if number.fract() != 0.0 => {
                return Err("expected a whole number, found a fraction".into());
            }
            Self::Float(_) => None,
        };
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                format!(
                    "{self} is not between {} and {}",
                    range.start(),
                    range.end()
                )
            })
    }

    /// As it is: whole if it is and 64 bits are enough.
    pub(super) fn any(self) -> Value {
        let whole = match self {
            Self::Whole(number) => serde_json::Number::from_i128(number).map(Value::from),
            Self::Float(_) => None,
        };
        whole.unwrap_or_else(|| self.float().into())
    }

    fn float(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    /// What a field of 32 bits holds, without digits that it can not tell from others. The error
    /// says what would be right.
    pub(super) fn float32(self) -> Result<f64, String> {
        // The sum of two zeros is never negative: Go's JSON has `-0`, its YAML has not.
        let narrow = self.float() as f32 + 0.0;
        let short = narrow.to_string().parse().ok();
        short
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| format!("{self} is not between {:e} and {:e}", f32::MIN, f32::MAX))
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        // From here on the conversion would not be exact.
        const LIMIT: f64 = i128::MAX as f64;
        if number.fract() == 0.0 && number.abs() < LIMIT {
            Self::Whole(number as i128)
        } else {
            Self::Float(number)
        }
    }
}

impl From<serde_json::Number> for Number {
    fn from(number: serde_json::Number) -> Self {
        match number.as_i128() {
            Some(number) => Self::Whole(number),
            // JSON has no other numbers than those of 64 bits.
            None => number.as_f64().unwrap_or_default().into(),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
        }
    }
}
