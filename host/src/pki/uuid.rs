//! Unique identifiers as RFC 9562 defines them.

use std::time::{SystemTime, UNIX_EPOCH};

use super::random::{self, RandomError};

/// 100-nanosecond steps between the start of the Gregorian calendar (1582-10-15) and 1970-01-01.
const GREGORIAN_OFFSET: u64 = 0x01b2_1dd2_1381_4000;

/// A random identifier (version 4), for example `f47ac10b-58cc-4372-a567-0e02b2c3d479`.
pub fn v4() -> Result<String, RandomError> {
    Ok(print(random::bytes()?, 4))
}

/// A time-based identifier (version 1) of the moment `now`; clock sequence and node are random,
/// the node with its multicast bit set (RFC 9562 section 6.10), so that no address of this machine
/// is given away.
pub fn v1(now: SystemTime) -> Result<String, RandomError> {
    let mut bytes: [u8; 16] = random::bytes()?;
    let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    // The field has 60 bits and rolls over in the year 5236; so does this.
    let time = since_1970
        .as_secs()
        .wrapping_mul(10_000_000)
        .wrapping_add(u64::from(since_1970.subsec_nanos() / 100))
        .wrapping_add(GREGORIAN_OFFSET)
        .to_be_bytes();
    // time_low, time_mid, time_hi: the least significant part comes first.
    bytes[..4].copy_from_slice(&time[4..]);
    bytes[4..6].copy_from_slice(&time[2..4]);
    bytes[6..8].copy_from_slice(&time[..2]);
    bytes[10] |= 1;
    Ok(print(bytes, 1))
}

fn print(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = bytes[6] & 0x0f | version << 4;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let number = u128::from_be_bytes(bytes);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        number >> 96,
        number >> 80 & 0xffff,
        number >> 64 & 0xffff,
        number >> 48 & 0xffff,
        number & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn version_and_variant_are_marked() {
        for (name, uuid, version) in [
            ("v4", v4().unwrap(), '4'),
            ("v1", v1(SystemTime::now()).unwrap(), '1'),
        ] {
            assert_eq!(uuid.len(), 36, "{name}: {uuid}");
            assert_eq!(uuid.chars().nth(14), Some(version), "{name}: {uuid}");
            assert!(
                "89ab".contains(uuid.chars().nth(19).unwrap()),
                "{name}: {uuid}"
            );
        }
        assert_ne!(v4().unwrap(), v4().unwrap());
    }

    #[test]
    fn v1_holds_the_time() {
        // The example of RFC 9562 appendix A.1: 2022-02-22 19:22:22 UTC.
        let uuid = v1(UNIX_EPOCH + Duration::from_secs(1_645_557_742)).unwrap();
        assert!(uuid.starts_with("c232ab00-9414-11ec-"), "{uuid}");
    }
}
