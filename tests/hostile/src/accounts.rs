//! Accounts and files of others.

use kubewright_plugin::bindings::phase::kubewright::provision::accounts::{
    Group, ensure, set_owner, set_owner_below,
};
use kubewright_plugin::{Document, Result};

use crate::reach::OWN;
use crate::report::did;

fn asks(user: &str, group: &str, member: &str) -> (Vec<String>, Vec<Group>) {
    let list = |name: &str| match name {
        "" => Vec::new(),
        name => vec![name.to_owned()],
    };
    let groups = list(group).into_iter().map(|name| Group {
        name,
        members: list(member),
    });
    (list(user), groups.collect())
}

/// Lets everybody read a private key that is there.
pub fn loose(_: &Document) -> Result<()> {
    let given = set_owner("/etc/kubernetes/pki/ca.key", "root", "root", 0o640);
    did("key", given);
    Ok(())
}

/// Makes itself accounts, and helps itself to files.
pub fn accounts(_: &Document) -> Result<()> {
    for (name, user, group, member) in [
        ("user", "mallory", "hostile-a", ""),
        ("group", "", "sudo", ""),
        ("member", "", "hostile-a", "root"),
        ("line", "hostile-a:x:0:0:::/bin/sh\nhostile-b", "", ""),
        ("groupless", "hostile-a", "", ""),
        (
            "root-by-name",
            "hostile-root",
            "hostile-root",
            "hostile-root",
        ),
        ("made", "hostile-a", "hostile-a", "hostile-a"),
    ] {
        let (users, groups) = asks(user, group, member);
        did(name, ensure(&users, &groups));
    }
    let (own, link) = (format!("{OWN}/own"), format!("{OWN}/link"));
    for (name, path, user, group, mode) in [
        (
            "key",
            "/etc/kubernetes/pki/ca.key",
            "hostile-a",
            "hostile-a",
            0o644,
        ),
        ("passwd", "/etc/passwd", "root", "root", 0o640),
        ("to-user", &own, "bob", "hostile-a", 0o600),
        ("to-group", &own, "root", "adm", 0o660),
        ("setuid", &own, "root", "root", 0o4755),
        ("link", &link, "hostile-a", "hostile-a", 0o600),
        ("no-user", &own, "hostile-none", "root", 0o600),
        ("own", &own, "hostile-a", "hostile-a", 0o600),
    ] {
        did(name, set_owner(path, user, group, mode));
    }
    did("below", set_owner_below("/etc", "hostile-a", "hostile-a"));
    did(
        "file-below",
        set_owner_below(&own, "hostile-a", "hostile-a"),
    );
    Ok(())
}
