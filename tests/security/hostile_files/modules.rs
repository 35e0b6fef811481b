//! `component new` of whatever bytes.

use proptest::prelude::*;

use crate::support::components::hostile;
use crate::support::program::{Finished, Place};

fn new(place: &Place, module: &[u8]) -> Finished {
    place.write("m.wasm", module);
    let finished = place.run(&["component", "new", "m.wasm", "--out", "c.wasm"]);
    for odd in ["panicked", "overflow", "RUST_BACKTRACE", "thread '"] {
        assert!(!finished.said().contains(odd), "{odd}: {}", finished.said());
    }
    finished
}

#[test]
fn what_the_encoder_cannot_take_is_an_error() {
    let place = Place::new();
    for (name, module) in [
        (
            "the report's",
            &b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x64\x01"[..],
        ),
        ("no sections", b"\0asm\x01\0\0\0\x01"),
        ("a section of no kind", b"\0asm\x01\0\0\0\x63\x01\0"),
        (
            "a section too long",
            b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f",
        ),
        ("truncated", &hostile().module[..hostile().module.len() / 2]),
    ] {
        println!("{name}");
        new(&place, module)
            .exits(1)
            .one_error(&["no component can be made of m.wasm"]);
        assert!(!place.path("c.wasm").exists(), "{name}");
    }
}

#[derive(Clone, Debug)]
struct Change {
    at: prop::sample::Index,
    byte: u8,
}

proptest! {
    // Each is a run of the program, and one of its helper.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_bytes_take_it_down(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Change { at, byte }),
            1..8,
        ),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        // Small, and with a world of its own: an interface's worth of types.
        let mut module = small();
        if cut {
            module.truncate(8 + end.index(module.len() - 8));
        }
        for Change { at, byte } in &changes {
            let at = 8 + at.index(module.len().saturating_sub(8).max(1));
            if let Some(place) = module.get_mut(at) {
                *place = *byte;
            }
        }
        let finished = new(&Place::new(), &module);
        prop_assert!([0, 1].contains(&finished.code), "{}", finished.said());
    }
}

/// The section that names a module's world, and functions enough to go wrong
/// in.
fn small() -> Vec<u8> {
    let module = &hostile().module;
    let mut kept = module[..8].to_vec();
    let mut rest = &module[8..];
    while let Some((&id, tail)) = rest.split_first() {
        let (mut size, mut used) = (0, 0);
        for (at, byte) in tail.iter().enumerate() {
            size |= usize::from(byte & 0x7f) << (7 * at);
            used = at + 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        // All but code and data, which nothing here depends on.
        if id != 10 && id != 11 && id != 3 {
            kept.extend_from_slice(&rest[..1 + used + size]);
        }
        rest = &tail[used + size..];
    }
    kept
}
