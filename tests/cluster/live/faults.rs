//! An API server that refuses, breaks off, restarts or goes away.

use super::objects::{comparable, tokens};
use crate::support::api_server::{Fate, Meddler};
use crate::support::leaks::Secret;
use crate::support::live::{KUBERNETES, Live};
use crate::support::program::finish;

/// A name, and what makes the trouble.
type Fault = (&'static str, fn() -> Meddler);

/// What goes wrong, over and over in one run.
const PASSING: [Fault; 7] = [
    ("429 now and then", || {
        every(12, Fate::Refused(429, Some(1)))
    }),
    ("500 now and then", || every(3, Fate::Refused(500, None))),
    ("503 every other time", || {
        every(2, Fate::Refused(503, None))
    }),
    ("connections end before the request is carried out", || {
        every(3, Fate::Reset)
    }),
    ("connections end before the answer", || {
        let mut writes = 0;
        Box::new(move |asked| {
            writes += usize::from(asked.writes());
            match asked.writes() && writes % 2 == 0 {
                true => Fate::Unanswered,
                false => Fate::Answered,
            }
        })
    }),
    ("the answer to a creation is lost", || {
        let mut lost = false;
        Box::new(move |asked| {
            let is_first = asked.method == "POST" && !lost;
            lost |= is_first;
            match is_first {
                true => Fate::Unanswered,
                false => Fate::Answered,
            }
        })
    }),
    ("the server restarts", || every(25, Fate::Restart)),
];

fn every(nth: usize, fate: Fate) -> Meddler {
    Box::new(move |asked| match asked.number % nth {
        0 => fate.clone(),
        _ => Fate::Answered,
    })
}

#[test]
fn what_passes_is_waited_for_and_changes_nothing_of_what_comes_out() {
    let Some(undisturbed) = Live::new(&KUBERNETES) else {
        return;
    };
    undisturbed.init(&[]).exits(0);
    let wanted = names(&undisturbed);
    crate::support::at_once(&PASSING, |(name, fault)| {
        let live = Live::new(&KUBERNETES).unwrap();
        live.meddle(fault());
        let done = live.init(&[]);
        assert_eq!(done.code, 0, "{name}: {}", done.said());
        assert_eq!(names(&live), wanted, "{name}");
        assert_eq!(tokens(&live).len(), 1, "{name}");
        live.server(|server| server.recover());
        let again = live.init(&[]);
        assert!(
            again.stdout.contains("Nothing changed"),
            "{name}: {}",
            again.said()
        );
    });
}

/// Objects hold ports, keys and addresses of their machine.
fn names(live: &Live) -> Vec<String> {
    comparable(live).into_keys().collect()
}

/// What does not pass within the time that a call may take, and what is said.
type Lasting = (&'static str, fn() -> Fate, &'static [&'static str]);

const LASTING: [Lasting; 4] = [
    (
        "gone for good",
        || Fate::Gone,
        &["the API server does not answer", "refused"],
    ),
    (
        "every connection ends",
        || Fate::Reset,
        &["the API server does not answer"],
    ),
    (
        "429 for good",
        || Fate::Refused(429, Some(1)),
        &["too many requests"],
    ),
    (
        "500 for good",
        || Fate::Refused(500, None),
        &["Internal error occurred"],
    ),
];

#[test]
fn what_does_not_pass_is_told_and_the_same_command_goes_on_later() {
    // At the first write, in the middle, at the last phase that writes.
    let cases: Vec<_> = LASTING
        .iter()
        .flat_map(|case| [1, 12, 27].map(|at| (case, at)))
        .collect();
    crate::support::at_once(&cases, |((name, fate, words), at)| {
        let name = format!("{name}, at write {at}");
        let Some(live) = Live::new(&KUBERNETES) else {
            return;
        };
        let (mut writes, fate, at) = (0, *fate, *at);
        live.meddle(move |asked| {
            writes += usize::from(asked.writes());
            match writes >= at {
                true => fate(),
                false => Fate::Answered,
            }
        });
        let failed = live.init(&[]);
        assert_eq!(failed.code, 1, "{name}: {}", failed.said());
        for word in *words {
            assert!(failed.stderr.contains(word), "{name}: {}", failed.stderr);
        }
        assert!(
            failed.stderr.contains("error: phase "),
            "{name}: {}",
            failed.stderr
        );
        crate::support::one_error(&name, &failed.stderr);
        let (keys, made) = (live.keys(), tokens(&live));
        live.server(|server| server.recover());
        let done = live.init(&[]);
        assert_eq!(done.code, 0, "{name}: {}", done.said());
        assert!(done.stdout.contains("Going on with run 1"), "{name}");
        assert_eq!(live.keys(), keys, "{name}");
        let now = tokens(&live);
        assert_eq!(now.len(), 1, "{name}");
        assert!(made.iter().all(|token| now.contains(token)), "{name}");
        let again = live.init(&[]);
        assert!(
            again.stdout.contains("Nothing changed"),
            "{name}: {}",
            again.said()
        );
    });
}

#[test]
fn a_server_that_repeats_a_secret_is_not_quoted() {
    let Some(live) = Live::new(&KUBERNETES) else {
        return;
    };
    live.reconfigure(
        "kind: InitConfiguration\n",
        "kind: InitConfiguration\nbootstrapTokens: [{token: abcdef.0123456789abcdef}]\n",
    );
    live.meddle(
        |asked| match asked.writes() && asked.path.contains("/secrets") {
            true => Fate::Repeated,
            false => Fate::Answered,
        },
    );
    let mut init = live.configured("init", &["-vv"]);
    let failed = finish(init.env("RUST_LOG", "trace")).exits(1).says(&[
        "phase bootstrap-token",
        "Invalid value",
        "token-secret",
        "<sealed>",
    ]);
    let token = Secret::new("the token", "0123456789abcdef");
    assert!(!token.is_in(&failed.said()), "{}", failed.said());
    let tree = crate::support::tree::tree(&live.root()).into_iter();
    // Where what one run makes waits for the next, for root only.
    let journal: Vec<_> = tree
        .filter(|(path, _)| path.starts_with("var/lib/kubewright/"))
        .filter(|(path, _)| !path.ends_with("/unfinished"))
        .collect();
    assert!(
        journal
            .iter()
            .any(|(path, _)| path.ends_with("runs/000001.jsonl"))
    );
    for (path, entry) in journal {
        assert!(
            !token.is_in(&String::from_utf8_lossy(&entry.content)),
            "{path}"
        );
    }
}
