//! Moments as the Kubernetes API writes them (RFC 3339, in UTC).

/// `2026-11-22T09:30:00Z` for seconds since 1970-01-01T00:00:00Z.
pub fn rfc3339(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Whether `moment` (RFC 3339 in UTC, whole seconds or a fraction) lies after
/// `now`. False for what cannot be read: it is not known to be valid.
pub fn is_after(moment: &str, now: i64) -> bool {
    // Texts of this form sort as the moments do.
    let plain = moment.len() >= 20
        && moment.ends_with('Z')
        && moment
            .bytes()
            .enumerate()
            .take(19)
            .all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                10 => byte == b'T',
                13 | 16 => byte == b':',
                _ => byte.is_ascii_digit(),
            });
    plain
        && moment
            .get(..19)
            .is_some_and(|moment| moment > rfc3339(now).trim_end_matches('Z'))
}

/// The date so many days after 1970-01-01, in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that the leap day is the last of a year;
    // an era is 400 of them.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_moments() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }

    #[test]
    fn compares_moments() {
        for (moment, later) in [
            ("2000-02-29T00:00:01Z", true),
            ("2000-02-29T00:00:00Z", false),
            ("1999-12-31T23:59:59Z", false),
            ("2001-01-01T00:00:00.5Z", true),
            ("tomorrow", false),
            ("2001-01-01T00:00:00+02:00", false),
        ] {
            assert_eq!(is_after(moment, 951_782_400), later, "{moment}");
        }
    }
}
