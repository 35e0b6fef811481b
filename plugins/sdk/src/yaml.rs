//! YAML as kubectl and kubeadm write it (sigs.k8s.io/yaml): sorted keys, lists
//! not indented, quotes wherever a reader of YAML 1.1 would take a string for
//! something else. Readers of YAML 1.2 read the same.

use serde_json::{Number, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The YAML of a JSON value, with a newline at the end.
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(fields) if !fields.is_empty() => mapping(&mut out, fields, 0),
        Value::Array(items) if !items.is_empty() => sequence(&mut out, items, 0),
        scalar => {
            inline(&mut out, scalar, 0);
            out.push('\n');
        }
    }
    out
}

fn mapping(out: &mut String, fields: &serde_json::Map<String, Value>, indent: usize) {
    // Sorted here, too: a feature of serde_json that another crate turns on
    // makes its maps keep the order of insertion.
    let mut sorted = BTreeMap::new();
    for (key, value) in fields {
        sorted.insert(key, value);
    }
    for (at, (key, value)) in sorted.into_iter().enumerate() {
        // The first key of a mapping in a list stands behind its dash.
        if at > 0 || !out.ends_with("- ") {
            pad(out, indent);
        }
        if key.contains('\n') {
            double_quoted(out, key)
        } else {
            string(out, key, indent)
        }
        out.push(':');
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                out.push('\n');
                mapping(out, fields, indent + 2);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                sequence(out, items, indent);
            }
            scalar => {
                out.push(' ');
                inline(out, scalar, indent);
                out.push('\n');
            }
        }
    }
}

fn sequence(out: &mut String, items: &[Value], indent: usize) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 || !out.ends_with("- ") {
            pad(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Object(fields) if !fields.is_empty() => mapping(out, fields, indent + 2),
            Value::Array(items) if !items.is_empty() => sequence(out, items, indent + 2),
            scalar => {
                inline(out, scalar, indent);
                out.push('\n');
            }
        }
    }
}

/// What stands on the line of its key.
fn inline(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(value) => number(out, value),
        Value::String(text) => string(out, text, indent),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

/// Whole numbers that 64 bits can hold without a fraction, others as Go's `strconv.FormatFloat` with
/// the format `g`: `1e-07`, `0.5`, `1.5e+06`.
fn number(out: &mut String, number: &Number) {
    const WHOLE: std::ops::Range<f64> = i64::MIN as f64..u64::MAX as f64;
    let _ = match number.as_f64().filter(|_| number.is_f64()) {
        None => write!(out, "{number}"),
        Some(float) if float.fract() == 0.0 && WHOLE.contains(&float) => write!(out, "{float}"),
        Some(float) => {
            let text = format!("{float:e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            match exponent.parse().unwrap_or(0_i32) {
                -4..6 => write!(out, "{float}"),
                exponent => write!(out, "{mantissa}e{exponent:+03}"),
            }
        }
    };
}

fn string(out: &mut String, text: &str, indent: usize) {
    if text.contains('\n') && fits_block(text) {
        block(out, text, indent);
    } else if text.is_empty() || reads_as_other_type(text) || !text.chars().all(is_printable) {
        double_quoted(out, text);
    } else if fits_plain(text) {
        out.push_str(text);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

/// A literal block: `|` and the lines as they are.
fn block(out: &mut String, text: &str, indent: usize) {
    let body = text.trim_end_matches('\n');
    out.push_str(match text.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent + 2);
            out.push_str(line);
        }
    }
    for _ in 1..text.len() - body.len() {
        out.push('\n');
    }
}

/// A block shows its lines as they are; so none may end in a space (it would
/// get lost in an editor), and the first must not look like indentation.
fn fits_block(text: &str) -> bool {
    !text.starts_with([' ', '\n', '\t'])
        && text.chars().all(|c| c == '\n' || is_printable(c))
        && text.split('\n').all(|line| !line.ends_with([' ', '\t']))
}

fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Whether a string can stand without quotes (YAML 1.1, section 9.1.3).
fn fits_plain(text: &str) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let second_is_space = text.chars().nth(1).is_none_or(|c| c == ' ');
    let indicator =
        ",[]{}#&*!|>'\"%@`".contains(first) || ("-?:".contains(first) && second_is_space);
    !indicator
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.starts_with(' ')
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}

/// Whether YAML 1.1 or 1.2 would read the bare word as a boolean, a null, a
/// number, a date or a merge key.
fn reads_as_other_type(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "y", "yes", "on", "true", "n", "no", "off", "false", "null", "~", "<<", "=",
    ];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || is_number(text)
        || is_sexagesimal(text)
        || is_date(text)
}

fn is_number(text: &str) -> bool {
    let digits = text
        .strip_prefix(['-', '+'])
        .unwrap_or(text)
        .replace('_', "")
        .to_ascii_lowercase();
    let all = |digits: &str, radix| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            return all(rest, radix);
        }
    }
    if matches!(digits.as_str(), ".inf" | ".nan") {
        return true;
    }
    let (mantissa, exponent) = digits.split_once('e').unwrap_or((&digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    all(exponent.strip_prefix(['-', '+']).unwrap_or(exponent), 10)
        && all(&[whole, fraction].concat(), 10)
}

/// `10:30` is 630 in YAML 1.1.
fn is_sexagesimal(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plausible = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | '_');
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains(':')
        && text.chars().all(plausible)
        && text.split(':').skip(1).all(|part| {
            part.split('.')
                .next()
                .is_some_and(|p| (1..=2).contains(&p.len()))
        })
}

/// `2024-01-01`, with or without a time behind it.
fn is_date(text: &str) -> bool {
    let date = text.split(['T', 't', ' ']).next().unwrap_or_default();
    let parts: Vec<_> = date.split('-').collect();
    let number = |part: &str, max: usize| {
        (1..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(parts[..], [year, month, day] if year.len() == 4 && number(year, 4) && number(month, 2) && number(day, 2))
}

fn double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => {
                let _ = match u32::from(c) {
                    code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                    code => write!(out, "\\u{code:04x}"),
                };
            }
        }
    }
    out.push('"');
}

fn pad(out: &mut String, indent: usize) {
    for _ in 0..indent {
        out.push(' ');
    }
}

#[cfg(test)]
mod tests;
