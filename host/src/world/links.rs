//! Symbolic links, followed by name.

use std::collections::VecDeque;

use super::{FileError, LastLink, MachinePath};

/// As many as the kernel follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Follows the links of a path below one root: an absolute target begins at
/// the root, and `..` does not lead above it. What is not there is left as it
/// is spelt. `link` tells where the link at a path points.
pub(super) fn resolve(
    path: &MachinePath,
    last: LastLink,
    link: &mut dyn FnMut(&MachinePath) -> Result<Option<String>, FileError>,
) -> Result<MachinePath, FileError> {
    let unusable = || FileError::Escapes { path: path.clone() };
    let mut ahead: VecDeque<String> = parts(path.as_str()).collect();
    let mut at = MachinePath::root();
    let mut followed = 0;
    while let Some(part) = ahead.pop_front() {
        if part == ".." {
            at = at.parent().unwrap_or(at);
            continue;
        }
        let next = at.join(&part).map_err(|_| unusable())?;
        let target = match ahead.is_empty() && last == LastLink::Keep {
            true => None,
            false => link(&next)?,
        };
        let Some(target) = target else {
            at = next;
            continue;
        };
        followed += 1;
        if followed > MOST_LINKS {
            return Err(unusable());
        }
        if target.starts_with('/') {
            at = MachinePath::root();
        }
        for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
            ahead.push_front(part);
        }
    }
    Ok(at)
}

fn parts(path: &str) -> impl Iterator<Item = String> + '_ {
    path.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_below_the_root() {
        let links = [
            ("/a", "b"),
            ("/abs", "/srv/x"),
            ("/srv/up", "../../../etc"),
            ("/loop", "loop"),
            ("/d/last", "/e"),
            ("/two", "/a/../abs"),
        ];
        let mut link = |path: &MachinePath| {
            let found = links.iter().find(|(at, _)| *at == path.as_str());
            Ok(found.map(|(_, to)| (*to).to_owned()))
        };
        let cases = [
            ("no link", "/x/y", LastLink::Follow, Some("/x/y")),
            ("on the way", "/a/c", LastLink::Keep, Some("/b/c")),
            ("absolute", "/abs/c", LastLink::Keep, Some("/srv/x/c")),
            (
                "above the root",
                "/srv/up/c",
                LastLink::Keep,
                Some("/etc/c"),
            ),
            ("the last kept", "/d/last", LastLink::Keep, Some("/d/last")),
            ("the last followed", "/d/last", LastLink::Follow, Some("/e")),
            (
                "a link to a link",
                "/two/z",
                LastLink::Keep,
                Some("/srv/x/z"),
            ),
            ("a loop", "/loop/z", LastLink::Keep, None),
        ];
        for (name, path, last, wanted) in cases {
            let path = MachinePath::parse(path).unwrap();
            let got = resolve(&path, last, &mut link).ok();
            assert_eq!(got.as_ref().map(MachinePath::as_str), wanted, "{name}");
        }
    }
}
