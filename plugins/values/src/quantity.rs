//! Resource quantities (apimachinery `pkg/api/resource`), written the one way
//! that Kubernetes writes them: `1024Ki` is `1Mi`, `0.5` is `500m`.

/// Powers of 1024, from the largest.
const BINARY: [(&str, u32); 6] = [
    ("Ei", 60),
    ("Pi", 50),
    ("Ti", 40),
    ("Gi", 30),
    ("Mi", 20),
    ("Ki", 10),
];
/// Powers of ten, from the largest.
const DECIMAL: [(&str, i32); 10] = [
    ("E", 18),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("", 0),
    ("m", -3),
    ("u", -6),
    ("n", -9),
];

/// The precision quantities have: a nanounit.
const NANO: i128 = 1_000_000_000;

/// A text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no quantity: quantities are numbers with a suffix, like 500Mi, 2G or 100m")]
pub struct NotAQuantity;

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Binary,
    Decimal,
    Exponent,
}

/// The canonical form; none if the text is no quantity, or one beyond what
/// can be held (2^63 is the most that Kubernetes holds).
pub fn canonical(text: &str) -> Option<String> {
    let (number, suffix) = text.split_at(
        text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c))
            .unwrap_or(text.len()),
    );
    let (form, binary, decimal) = scale(suffix)?;
    let nanos = nanos(number, binary, decimal)?;
    let integral = nanos % NANO == 0;
    if form == Form::Binary && nanos.abs() >= 1024 * NANO && integral {
        let value = nanos / NANO;
        let (suffix, bits) = BINARY
            .into_iter()
            .find(|(_, bits)| value % (1_i128 << bits) == 0)
            .unwrap_or(("", 0));
        return Some(format!("{}{suffix}", value >> bits));
    }
    if nanos == 0 {
        return Some("0".to_owned());
    }
    let (name, exponent) = DECIMAL
        .into_iter()
        .find(|(_, exponent)| nanos % 10_i128.pow(u32::try_from(exponent + 9).unwrap_or(0)) == 0)?;
    let value = nanos / 10_i128.pow(u32::try_from(exponent + 9).ok()?);
    Some(match form {
        Form::Exponent if exponent != 0 => format!("{value}e{exponent}"),
        _ => format!("{value}{name}"),
    })
}

/// The form of a suffix, with the powers of two and of ten it stands for.
fn scale(suffix: &str) -> Option<(Form, u32, i32)> {
    if let Some((_, bits)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Some((Form::Binary, *bits, 0));
    }
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((Form::Decimal, 0, *exponent));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    (-9..=18)
        .contains(&exponent)
        .then_some((Form::Exponent, 0, exponent))
}

/// The value in nanounits, rounded away from zero.
fn nanos(number: &str, binary: u32, decimal: i32) -> Option<i128> {
    let (negative, digits) = match number.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || all.len() > 36 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scaled = all
        .parse::<i128>()
        .ok()?
        .checked_mul(1_i128 << binary)?
        .checked_mul(NANO)?;
    let power = decimal - i32::try_from(fraction.len()).ok()?;
    let factor = 10_i128.checked_pow(power.unsigned_abs())?;
    let value = match power >= 0 {
        true => scaled.checked_mul(factor)?,
        false => scaled / factor + i128::from(scaled % factor != 0),
    };
    if value / NANO > i128::from(i64::MAX) {
        return None;
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn there_is_one_way_to_write_a_quantity() {
        let cases = [
            ("1024Ki", Some("1Mi")),
            ("2048Mi", Some("2Gi")),
            ("1536Mi", Some("1536Mi")),
            ("512Ki", Some("512Ki")),
            ("0.5Ki", Some("512")),
            ("1000m", Some("1")),
            ("0.5", Some("500m")),
            ("1500", Some("1500")),
            ("2000", Some("2k")),
            ("1e3", Some("1e3")),
            ("1000e3", Some("1e6")),
            ("0", Some("0")),
            ("-2000", Some("-2k")),
            ("0.1n", Some("1n")),
            ("", None),
            ("Mi", None),
            ("1.2.3", None),
            ("1Xi", None),
            ("1e99", None),
            ("99999999999999999999", None),
            ("9223372036854775807", Some("9223372036854775807")),
            ("9223372036854775808", None),
            ("0.1Ei", Some("115292150460684697600m")),
            ("0.0000000000000000000000000000000000001", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(canonical(text).as_deref(), wanted, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn canonical_is_final_and_nothing_panics(text in "[-+0-9.eEKMGmkin]{0,12}") {
            if let Some(once) = canonical(&text) {
                prop_assert_eq!(canonical(&once), Some(once.clone()));
            }
        }
    }
}
