//! Where a field belongs that is not where it was written, and which fields there once were.

use crate::distribution::{DeclaredConfiguration, FieldType, Kind};

/// What to say about a field that once was, by its path with the kind.
pub fn gone(configuration: &DeclaredConfiguration, path: &str) -> Option<String> {
    let (_, field) = path.split_once('.')?;
    // Written by tools that treat every document as an object of the API.
    if field == "metadata" {
        return Some("configurations are no objects of the API and have no metadata".to_owned());
    }
    configuration.reading.as_ref()?.gone.get(path).cloned()
}

/// Where the field belongs that was written at a path, with its kind: in the same document, or at the
/// top of another one if it was at the top.
pub fn places(configuration: &DeclaredConfiguration, path: &str) -> Vec<String> {
    let mut places = Vec::new();
    let (Some((kind, below)), Some((_, name))) = (path.split_once('.'), path.rsplit_once('.'))
    else {
        return places;
    };
    let reading = configuration.reading.as_ref();
    let is_current = |kind: &&Kind| {
        reading.is_none_or(|reading| !reading.deprecated.contains_key(&kind.api_version))
    };
    for one in configuration.kinds.iter().filter(is_current) {
        let Ok(fields) = one.fields() else {
            continue;
        };
        let of = &one.name;
        match of == kind {
            true => within(fields, name, of, &mut places),
            false if below == name && fields.iter().any(|(field, _)| field == name) => {
                places.push(format!("{of}.{name}"));
            }
            false => {}
        }
    }
    places
}

fn within(fields: &[(String, FieldType)], name: &str, path: &str, places: &mut Vec<String>) {
    for (field, ty) in fields {
        let path = format!("{path}.{field}");
        if field == name {
            places.push(path.clone());
        }
        if let FieldType::Object(fields) = ty {
            within(fields, name, &path, places);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::Distribution;

    fn configuration() -> DeclaredConfiguration {
        Distribution::load("kubernetes")
            .unwrap()
            .configuration
            .unwrap()
    }

    #[test]
    fn what_has_gone_is_not_there() {
        let configuration = configuration();
        let gone = &configuration.reading.as_ref().unwrap().gone;
        assert!(!gone.is_empty());
        for path in gone.keys() {
            let (name, path) = path.split_once('.').unwrap();
            let mut kinds = configuration.kinds.iter();
            let kind = kinds.find(|kind| kind.name == name).unwrap();
            let mut fields = kind.fields().unwrap();
            let (last, above) = match path.rsplit_once('.') {
                Some((above, last)) => (last, above.split('.').collect()),
                None => (path, Vec::new()),
            };
            for name in above {
                let (_, ty) = fields.iter().find(|(field, _)| field == name).unwrap();
                let FieldType::Object(below) = ty else {
                    panic!("{path} has nothing below {name}");
                };
                fields = below;
            }
            assert!(fields.iter().all(|(field, _)| field != last), "{path}");
        }
    }

    #[test]
    fn a_field_is_found_where_it_belongs() {
        let cases = [
            (
                "of another document",
                "ClusterConfiguration.skipPhases",
                vec![
                    "InitConfiguration.skipPhases",
                    "JoinConfiguration.skipPhases",
                    "ResetConfiguration.skipPhases",
                ],
            ),
            (
                "deeper",
                "ClusterConfiguration.podSubnet",
                vec!["ClusterConfiguration.networking.podSubnet"],
            ),
            (
                "of a component",
                "ClusterConfiguration.cgroupDriver",
                vec!["KubeletConfiguration.cgroupDriver"],
            ),
            (
                "beside",
                "ClusterConfiguration.networking.clusterName",
                vec!["ClusterConfiguration.clusterName"],
            ),
            (
                "of another document, but not at its top",
                "ClusterConfiguration.networking.podCIDR",
                vec![],
            ),
            ("nowhere", "ClusterConfiguration.nonsense", vec![]),
        ];
        for (case, path, expected) in cases {
            assert_eq!(places(&configuration(), path), expected, "{case}");
        }
    }
}
