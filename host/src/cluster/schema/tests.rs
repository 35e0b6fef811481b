//! The tables and the types must agree: a document with every field set goes through both.

use serde_json::{Value, json};

use super::*;
use crate::cluster::documents::{
    ClusterConfiguration, InitConfiguration, JoinConfiguration, ResetConfiguration,
    UpgradeConfiguration,
};

/// A value of a type with every field set.
fn sample(ty: Type) -> Value {
    match ty {
        Type::String => json!("text"),
        Type::Secret => json!("<sealed>"),
        Type::Token => json!("abcdef.0123456789abcdef"),
        Type::Bool => json!(true),
        Type::Int32 | Type::Int64 | Type::UInt32 => json!(7),
        Type::Float | Type::Float32 => json!(1.5),
        Type::Duration | Type::DurationOrNanoseconds => json!("1m0s"),
        Type::Time => json!("2027-01-31T12:00:00Z"),
        Type::Quantity => json!("1Gi"),
        Type::List(of) => json!([sample(*of)]),
        Type::Map(of) => json!({ "key": sample(*of) }),
        Type::Object(fields) => object(fields),
    }
}

fn object(fields: Fields) -> Value {
    fields
        .iter()
        .map(|(name, ty)| ((*name).to_owned(), sample(*ty)))
        .collect()
}

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned>(fields: Fields) {
    let full = object(fields);
    let typed: T = serde_json::from_value(full.clone()).unwrap();
    let text = full.to_string().replace(".0123456789abcdef", ".<sealed>");
    let expected: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(typed).unwrap(), expected);
}

#[test]
fn every_field_of_a_table_is_a_field_of_its_type_and_the_other_way_round() {
    round_trip::<InitConfiguration>(kubeadm::INIT);
    round_trip::<ClusterConfiguration>(kubeadm::CLUSTER);
    round_trip::<JoinConfiguration>(kubeadm::JOIN);
    round_trip::<ResetConfiguration>(kubeadm::RESET);
    round_trip::<UpgradeConfiguration>(kubeadm::UPGRADE);
}

#[test]
fn the_list_of_known_kinds_is_complete() {
    for (api_version, kind) in KNOWN {
        let found = find(api_version, kind);
        assert_eq!(
            found.map(|(kind, ..)| kind.name()),
            Some(kind),
            "{api_version} {kind}"
        );
    }
    assert!(find("kubeadm.k8s.io/v1beta3", "ResetConfiguration").is_none());
    assert!(find("v1", "ConfigMap").is_none());
}

#[test]
fn tables_name_each_field_once() {
    fn check(fields: Fields) {
        for (index, (name, ty)) in fields.iter().enumerate() {
            assert!(
                fields[..index].iter().all(|(other, _)| other != name),
                "{name}"
            );
            let mut ty = ty;
            while let Type::List(of) | Type::Map(of) = ty {
                ty = of;
            }
            if let Type::Object(fields) = ty {
                check(fields);
            }
        }
    }
    for (api_version, kind) in KNOWN {
        check(find(api_version, kind).unwrap().2);
    }
}
