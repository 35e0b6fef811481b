use super::*;
use serde_json::json;

#[test]
fn writes_a_document_as_kubectl_does() {
    let value = json!({
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "empty": {"list": [], "map": {}, "text": "", "none": null},
        "list": [{"name": "a", "deep": [1, 2.5]}, ["x", ["y"]], "z", true],
        "data": {"Corefile": ".:53 {\n    errors\n}\n", "strip": "a\n\nb", "keep": "a\n\n"},
    });
    let expected = "\
apiVersion: v1
data:
  Corefile: |
    .:53 {
        errors
    }
  keep: |+
    a

  strip: |-
    a

    b
empty:
  list: []
  map: {}
  none: null
  text: \"\"
kind: ConfigMap
list:
- deep:
  - 1
  - 2.5
  name: a
- - x
  - - \"y\"
- z
- true
";
    assert_eq!(to_string(&value), expected);
}

#[test]
fn quotes_what_yaml_1_1_would_misread() {
    for text in [
        "yes",
        "On",
        "NO",
        "y",
        "true",
        "null",
        "~",
        "=",
        "<<",
        "0644",
        "1_000",
        "10:30",
        "1:2:3.5",
        "2024-01-01",
        "2024-1-1T10:00:00Z",
        "1e3",
        "-1.5",
        ".5",
        "+.inf",
        ".NaN",
        "0x1F",
        "0b1",
        "0o7",
        "12",
        "",
    ] {
        assert_eq!(to_string(&json!(text)), format!("\"{text}\"\n"), "{text}");
    }
}

#[test]
fn numbers_are_written_as_go_writes_them() {
    for (number, yaml) in [
        (json!(3), "3"),
        (json!(-3.0), "-3"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(0.5), "0.5"),
        (json!(1e-7), "1e-07"),
        (json!(0.0001), "0.0001"),
        (json!(0.00001), "1e-05"),
        (json!(123_456.5), "123456.5"),
        (json!(123_456_789.125), "1.23456789125e+08"),
        (json!(1e10), "10000000000"),
        (json!(1e19), "10000000000000000000"),
        (json!(-1e18), "-1000000000000000000"),
        (json!(-1e19), "-1e+19"),
        (json!(1e20), "1e+20"),
        (json!(1e21), "1e+21"),
        (json!(-1.5e-300), "-1.5e-300"),
    ] {
        assert_eq!(to_string(&number), format!("{yaml}\n"));
    }
}

#[test]
fn leaves_bare_what_is_plain() {
    for text in [
        "10.96.0.10",
        "0s",
        "v1.36.2",
        "https://10.0.0.1:6443",
        "--a=b",
        "-conf",
        "registry.k8s.io/x:v1",
        "fd00:10:244::/56",
        "a b",
        "a'b",
        "system:nodes",
        "$(NODE_NAME)",
        "1.2.3",
        "0x",
        "e3",
        ".",
        "100Mi",
        "nodes",
        "10.0.0.1:6443",
        "2024-01",
        "12:345",
    ] {
        assert_eq!(to_string(&json!(text)), format!("{text}\n"), "{text}");
    }
}

#[test]
fn quotes_indicators_and_escapes_controls() {
    for (text, yaml) in [
        ("*.example", "'*.example'"),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("'a", "'''a'"),
        ("- a", "'- a'"),
        ("ends:", "'ends:'"),
        (" a", "' a'"),
        ("---", "'---'"),
        ("{a}", "'{a}'"),
        ("a\tb", "\"a\\tb\""),
        ("a\u{1}\"", "\"a\\x01\\\"\""),
        ("trailing \nspace", "\"trailing \\nspace\""),
        ("\nstarts", "\"\\nstarts\""),
    ] {
        assert_eq!(to_string(&json!(text)), format!("{yaml}\n"), "{text:?}");
    }
}

proptest::proptest! {
    /// Whatever the value, a YAML reader gets it back.
    #[test]
    fn reads_back(value in values()) {
        let text = to_string(&value);
        let back: Value = serde_saphyr::from_str(&text).map_err(|e| proptest::test_runner::TestCaseError::fail(format!("{e}\n{text}")))?;
        proptest::prop_assert_eq!(back, value, "{}", text);
    }
}

fn values() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let text = prop_oneof![
        "[a-zA-Z0-9.:/ _#'\"*&{}!-]{0,12}",
        "[a-z \n]{0,12}",
        "\\PC{0,6}",
        Just("null".to_owned()),
        Just("0x1f".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let nested = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z0-9.: -]{0,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    // A document is a mapping or a list; a bare scalar is not one we write.
    prop::collection::btree_map("[a-z]{1,6}", nested, 0..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}
