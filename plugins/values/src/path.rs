//! Paths.

/// The shortest name of an absolute path, as Go's `filepath.Clean` finds it: what is empty or `.`
/// is dropped, `..` takes the component before it. `None` if the path is not absolute. Symbolic
/// links are not looked at.
pub fn clean(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.strip_prefix('/')?.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        for (name, path, wanted) in [
            ("clean", "/etc/x", Some("/etc/x")),
            ("slashes", "//etc///x/", Some("/etc/x")),
            ("dots", "/etc/./y/../x", Some("/etc/x")),
            ("above the root", "/../x", Some("/x")),
            ("the root", "/", Some("/")),
            ("relative", "etc", None),
            ("nothing", "", None),
        ] {
            assert_eq!(clean(path).as_deref(), wanted, "{name}");
        }
    }
}
