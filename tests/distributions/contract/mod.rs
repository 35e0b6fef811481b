//! The contract in `wit/`: that it is documented item by item, and that it holds
//! as components meet it.

mod certificates;
mod changes;
mod handmade;
mod lent;
mod released;
mod versions;

use std::path::Path;

use wit_parser::{Resolve, TypeDefKind, TypeOwner};

/// Every item without a comment: interfaces, worlds, functions, types and
/// their cases and fields.
fn undocumented(resolve: &Resolve) -> Vec<String> {
    let mut items: Vec<(String, bool)> = Vec::new();
    let mut add = |name: String, docs: &wit_parser::Docs| {
        items.push((
            name,
            docs.contents
                .as_deref()
                .is_some_and(|text| !text.trim().is_empty()),
        ));
    };
    for (_, package) in resolve.packages.iter() {
        add(package.name.to_string(), &package.docs);
    }
    for (_, world) in resolve.worlds.iter() {
        add(format!("world {}", world.name), &world.docs);
        for item in world.exports.values() {
            if let wit_parser::WorldItem::Function(function) = item {
                add(format!("{}.{}", world.name, function.name), &function.docs);
            }
        }
    }
    for (_, interface) in resolve.interfaces.iter() {
        let name = interface.name.clone().unwrap_or_default();
        add(format!("interface {name}"), &interface.docs);
        for function in interface.functions.values() {
            add(format!("{name}.{}", function.name), &function.docs);
        }
    }
    for (_, kind) in resolve.types.iter() {
        // `use` makes an alias, which says nothing of its own; and types that
        // have no name are parts of others.
        let (TypeOwner::Interface(owner), Some(name)) = (&kind.owner, &kind.name) else {
            continue;
        };
        if let TypeDefKind::Type(wit_parser::Type::Id(_)) = kind.kind {
            continue;
        }
        let owner = resolve.interfaces[*owner].name.clone().unwrap_or_default();
        let name = format!("{owner}.{name}");
        add(name.clone(), &kind.docs);
        match &kind.kind {
            TypeDefKind::Record(record) => {
                for field in &record.fields {
                    add(format!("{name}.{}", field.name), &field.docs);
                }
            }
            TypeDefKind::Variant(variant) => {
                for case in &variant.cases {
                    add(format!("{name}.{}", case.name), &case.docs);
                }
            }
            TypeDefKind::Enum(kind) => {
                for case in &kind.cases {
                    add(format!("{name}.{}", case.name), &case.docs);
                }
            }
            TypeDefKind::Flags(flags) => {
                for flag in &flags.flags {
                    add(format!("{name}.{}", flag.name), &flag.docs);
                }
            }
            _ => {}
        }
    }
    assert!(items.len() > 50, "only {} items were found", items.len());
    items
        .into_iter()
        .filter(|(_, documented)| !documented)
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn every_item_of_the_contract_is_documented() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let mut versions = 0;
    for version in std::fs::read_dir(folder).expect("wit/ is there") {
        let path = version.expect("wit/ can be listed").path();
        if !path.is_dir() {
            continue;
        }
        let mut resolve = Resolve::default();
        resolve.push_dir(&path).expect("the contract parses");
        assert_eq!(
            undocumented(&resolve),
            Vec::<String>::new(),
            "{}",
            path.display()
        );
        versions += 1;
    }
    assert!(versions > 0);
}
