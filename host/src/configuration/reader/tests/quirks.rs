//! What Go's YAML reader makes of texts (tried with kubeadm v1.36.2).

use super::*;

fn cluster(text: &str) -> Value {
    let text = format!("{CLUSTER}{text}");
    let documents = read(&text, "k.yaml", ReadOptions::default());
    let documents = documents.unwrap_or_else(|error| panic!("{error}: {text}"));
    of_kind(&documents, "ClusterConfiguration")
}

/// What `clusterName` is, given as this.
macro_rules! names {
    ($($name:ident: $given:expr => $expected:expr;)*) => {$(
        #[test]
        fn $name() {
            assert_eq!(cluster(&format!("clusterName: {}\n", $given))["clusterName"], $expected);
        }
    )*};
}

names! {
    no_boolean_in_mixed_case: "nO" => "nO";
    yes_in_mixed_case: "yEs" => "yEs";
    true_in_mixed_case: "tRUE" => "tRUE";
    off_in_mixed_case: "oFF # a comment" => "oFF";
    behind_an_anchor: "&a nO" => "nO";
    in_quotes: "\"no\"" => "no";
    with_a_tag: "!!str no" => "no";
    a_quoted_string_at_the_margin: "\"a\nb\"" => "a b";
    a_single_quoted_string_at_the_margin: "'a\nb\n\nc'" => "a b\nc";
    the_end_of_a_quoted_string_at_the_margin: "\"a\nb\n\"" => "a b ";
    a_word_of_another_length: "nope" => "nope";
}

/// Booleans that are no text, in the three ways of writing them.
macro_rules! booleans {
    ($($name:ident: $given:expr;)*) => {$(
        #[test]
        fn $name() {
            let text = format!("{CLUSTER}clusterName: {}\n", $given);
            assert!(problems(&text)[0].contains("expected a string, found a boolean; put it in quotes"));
        }
    )*};
}

booleans! {
    in_lower_case: "no";
    in_upper_case: "NO";
    with_a_capital: "No";
    of_one_letter: "n";
    of_one_capital: "Y";
}

#[test]
fn through_an_alias() {
    let cluster = cluster("clusterName: &a nO\nimageRepository: *a\n");
    assert_eq!(cluster["imageRepository"], "nO");
}

#[test]
fn quoted_strings_in_lists_at_the_margin() {
    let cluster = cluster("apiServer:\n  certSANs:\n  - \"a\nb\nc\"\n  - d\n");
    assert_eq!(cluster["apiServer"]["certSANs"], json!(["a b c", "d"]));
}

#[test]
fn lines_stay_where_they_are_when_strings_are_mended() {
    let text = format!("{CLUSTER}clusterName: \"a\nb\"\nnonsense: 1\n");
    assert!(problems(&text)[0].starts_with("k.yaml:5: ClusterConfiguration.nonsense"));
}

#[test]
fn byte_order_marks_before_each_document() {
    let text =
        format!("\u{feff}{CLUSTER}---\n\u{feff}{INIT}dryRun: true\n---\r\n\u{feff}{KUBELET}");
    let documents = read(&text, "k.yaml", ReadOptions::default()).unwrap();
    assert_eq!(documents.documents.len(), 3);
    assert_eq!(of_kind(&documents, "InitConfiguration")["dryRun"], true);
    let joined = format!("{CLUSTER}\u{feff}clusterName: a\n\u{feff}---\n{INIT}");
    let documents = read(&joined, "k.yaml", ReadOptions::default()).unwrap();
    assert_eq!(documents.documents.len(), 2);
    assert_eq!(
        of_kind(&documents, "ClusterConfiguration")["clusterName"],
        "a"
    );
    let inside = cluster("clusterName: \"\u{feff}\"\n");
    assert_eq!(inside["clusterName"], "\u{feff}");
}

#[test]
fn nothing_in_a_map_is_what_go_has_of_nothing() {
    let text = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n\
        featureGates: {RootlessControlPlane: }\napiServer:\n  extraArgs:\n    b:\n    a: ~\n    c: \"\"\n";
    let documents = read(text, "k.yaml", ReadOptions::default()).unwrap();
    assert_eq!(
        of_kind(&documents, "ClusterConfiguration"),
        json!({
            "featureGates": {"RootlessControlPlane": false},
            "apiServer": {"extraArgs": {"a": "", "b": "", "c": ""}},
        })
    );
    let text = format!("{KUBELET}evictionHard: {{memory.available: }}\n");
    let documents = read(&text, "k.yaml", ReadOptions::default()).unwrap();
    assert_eq!(
        of_kind(&documents, "KubeletConfiguration"),
        json!({"evictionHard": {"memory.available": ""}})
    );
}

#[test]
fn a_token_is_left_out_and_not_empty() {
    let token = |token: &str| problems(&format!("{INIT}bootstrapTokens:\n- {token}\n"));
    assert_eq!(token("description: x"), Vec::<String>::new());
    assert_eq!(token("token: null"), Vec::<String>::new());
    assert_eq!(
        token("token: \"\""),
        [
            "k.yaml:4: InitConfiguration.bootstrapTokens[0].token: is empty; leave the field out for a token that is made up"
        ]
    );
    assert!(
        token("token: 123456.1234567890123456")[0].contains("found a number; put it in quotes")
    );
}

/// What is said of a text that is no YAML, or no configuration in YAML.
macro_rules! unreadable {
    ($($name:ident: $text:expr => $expected:expr;)*) => {$(
        #[test]
        fn $name() {
            let said = problems(&format!("{CLUSTER}{}\n", $text)).join("\n");
            assert!(said.contains($expected), "{said}");
            for jargon in ["Option<", "policy", "scalar", "string scalar"] {
                assert!(!said.contains(jargon), "{said}");
            }
        }
    )*};
}

unreadable! {
    a_template: "clusterName: {{ name }}" => "k.yaml:3: clusterName: a template, \"{{ … }}\", was not filled in";
    a_statement_of_a_template: "{% if a %}" => "was not filled in";
    a_key_that_is_a_list: "? [a, b]\n: c" => "a key is a plain text";
    no_key: "dns:\n  : x" => "a key is missing before the colon";
    infinite: "dns: .inf" => "numbers that are infinite";
    an_unknown_alias: "clusterName: *name" => "has no anchor";
    a_mark_in_a_line: "dns:\n  \u{feff}imageTag: a" => "k.yaml:4: a byte order mark (U+FEFF), which is not seen, stands in the line; take it out";
    a_port_with_letters: "networking: 6443abc" => "expected an object, found a string";
    digits_in_quotes: "dns: {disabled: \"true\"}" => "write it without quotes";
    a_word_for_a_boolean: "dns: {disabled: maybe}" => "expected a boolean, found a string; write true or false";
    braces_for_a_list: "apiServer: {certSANs: {}}" => "expected a list, found an object; write [] for an empty one";
    one_for_a_list: "apiServer: {certSANs: a}" => "expected a list, found a string; write \"- \" before each entry";
    a_version_of_two_numbers: "kubernetesVersion: 1.40" => "found a number; a version has three numbers, like \"v1.36.2\"";
}

#[test]
fn a_number_with_letters() {
    let port =
        |port: &str| problems(&format!("{INIT}localAPIEndpoint: {{bindPort: {port}}}\n")).join("");
    assert!(port("6443abc").ends_with("expected a whole number, found a string that is no number"));
    assert!(
        port("\"6443\"")
            .ends_with("expected a whole number, found a string; write it without quotes")
    );
}
