//! What the tests of this room share.

use std::error::Error;
use std::time::{Duration, SystemTime};

/// 2030-01-01T00:00:00Z, inside the validity of every certificate in `testdata`.
pub(super) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_893_456_000)
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("testdata/", $name)).as_slice())),*]
    };
}

/// A file of `testdata`.
pub(super) fn fixture(name: &str) -> Vec<u8> {
    let files = files![
        "corp-ca.crt",
        "ec-p256.pub",
        "ed25519.pkcs8.key",
        "encrypted.pkcs1.key",
        "encrypted.pkcs8.key",
        "k256.sec1.key",
        "p256.parameters.key",
        "p256.pkcs8.key",
        "p384.sec1.key",
        "p521.sec1.key",
        "rsa-1024.pkcs1.key",
        "rsa-2048.pkcs1.key",
        "rsa-2048.pkcs8.key",
    ];
    let file = files.iter().find(|(known, _)| *known == name);
    file.unwrap_or_else(|| panic!("no test data {name}"))
        .1
        .to_vec()
}

/// Fails if an error, its causes or its debug form repeat ten bytes of the input: as text, as
/// hexadecimal digits or as a list of numbers.
pub(super) fn assert_reveals_nothing(error: &(dyn Error + 'static), input: &[u8]) {
    let printed = format!("{error:?}\n{}", crate::causes::chain(error));
    let without_labels: Vec<&[u8]> = input
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.windows(3).any(|dashes| dashes == b"---"))
        .collect();
    for line in without_labels {
        for window in line.windows(10) {
            let hex: String = window.iter().map(|byte| format!("{byte:02x}")).collect();
            let numbers = format!("{window:?}");
            for form in [
                &String::from_utf8_lossy(window),
                hex.as_str(),
                numbers.as_str(),
            ] {
                let blank = form.chars().all(|c| c == ' ' || c == '\u{fffd}');
                assert!(
                    blank || !printed.contains(form),
                    "{printed:?} repeats {form:?}"
                );
            }
        }
    }
}
