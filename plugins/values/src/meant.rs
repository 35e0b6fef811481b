//! Which of several names somebody meant who wrote another one.

/// The name that was probably meant: the same but for case, or but for a few characters. `None` if
/// none is close.
pub fn meant<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = given.to_lowercase();
    names
        .into_iter()
        .filter_map(|name| Some((distance(&lower, &name.to_lowercase())?, name)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `; did you mean "NAME"?`, or nothing.
pub fn did_you_mean<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match meant(given, names) {
        Some(name) => format!("; did you mean {name:?}?"),
        None => String::new(),
    }
}

/// How many characters must be put in, left out or changed, if these are few for the length.
fn distance(a: &str, b: &str) -> Option<usize> {
    const LONGEST: usize = 128;
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let most = match a.len().max(b.len()) {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    if a.len().abs_diff(b.len()) > most || a.len() > LONGEST {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut above_left = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = above_left + usize::from(x != y);
            above_left = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(above_left + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_close() {
        let names = [
            "addon/kube-proxy",
            "addon/coredns",
            "certs/sa",
            "dns",
            "NoSchedule",
        ];
        let cases = [
            (
                "one too much",
                "addons/kube-proxy",
                Some("addon/kube-proxy"),
            ),
            ("one too few", "addon/cordns", Some("addon/coredns")),
            ("two swapped", "addon/croedns", Some("addon/coredns")),
            ("another case", "noschedule", Some("NoSchedule")),
            ("short, another case", "DNS", Some("dns")),
            ("short, one changed", "dna", None),
            ("short, one too few", "cert/sa", Some("certs/sa")),
            ("something else", "certificates", None),
            ("nothing", "", None),
        ];
        for (case, given, expected) in cases {
            assert_eq!(meant(given, names), expected, "{case}");
        }
        assert_eq!(did_you_mean("dnS", names), "; did you mean \"dns\"?");
        assert_eq!(did_you_mean("certificates", names), "");
    }
}
