//! The ways of servers, and what comes of them.

use crate::support::hostile_server::Mode;

/// In seconds: for what is tried again or waited for as long as there is time,
/// and for what is seen to be wrong at once.
pub const SHORT: u32 = 1;
pub const LONG: u32 = 60;

/// A way of a server, the time of a call, and for each attempt the words of the error; empty where
/// it does as it should.
pub type Case = (
    &'static str,
    fn() -> Mode,
    u32,
    [(&'static str, &'static str); 5],
);

const fn all(words: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("get", words),
        ("secret", words),
        ("list", words),
        ("wait", words),
        ("apply", words),
    ]
}

const fn but(lists: &'static str, wait: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("get", ""),
        ("secret", ""),
        ("list", lists),
        ("wait", wait),
        ("apply", ""),
    ]
}

pub const CASES: [Case; 31] = [
    ("sound", || Mode::Sound, LONG, but("", "waited 2s")),
    (
        "endless list",
        || Mode::EndlessList,
        LONG,
        all("it has more than 16 MiB"),
    ),
    (
        "endless parts",
        || Mode::EndlessParts,
        LONG,
        [
            ("get", "kind is \"ConfigMapList\""),
            ("secret", "kind is another"),
            ("list", "it has more than 200 parts"),
            ("wait", "it has more than 200 parts"),
            ("apply", "kind is \"ConfigMapList\""),
        ],
    ),
    (
        "the same part",
        || Mode::SamePart,
        LONG,
        [
            ("get", "kind is \"ConfigMapList\""),
            ("secret", "kind is another"),
            ("list", "its next part is the one that came before"),
            ("wait", "its next part is the one that came before"),
            ("apply", "kind is \"ConfigMapList\""),
        ],
    ),
    (
        "many items",
        || Mode::ManyItems,
        LONG,
        [
            ("get", "kind is \"ConfigMapList\""),
            ("secret", "kind is another"),
            ("list", "it has more than 10000 items"),
            ("wait", "it has more than 10000 items"),
            ("apply", "kind is \"ConfigMapList\""),
        ],
    ),
    (
        "lying kinds",
        || Mode::LyingKinds,
        LONG,
        [
            ("get", "kind is \"Secret\", and \"ConfigMap\" was asked for"),
            ("secret", "kind is another, and \"Secret\" was asked for"),
            (
                "list",
                "kind is \"Secret\", and \"ConfigMap\" was asked for",
            ),
            (
                "wait",
                "kind is \"Secret\", and \"ConfigMap\" was asked for",
            ),
            (
                "apply",
                "kind is \"Secret\", and \"ConfigMap\" was asked for",
            ),
        ],
    ),
    (
        "lying names",
        || Mode::LyingNames,
        LONG,
        [
            ("get", "name is \"other\", and \"own\" was asked for"),
            ("secret", "name is another, and \"own\" was asked for"),
            ("list", "a list with items was asked for"),
            ("wait", "a list with items was asked for"),
            ("apply", "name is \"other\", and \"own\" was asked for"),
        ],
    ),
    (
        "lying namespaces",
        || Mode::LyingNamespaces,
        LONG,
        [
            (
                "get",
                "namespace is \"default\", and \"kube-system\" was asked for",
            ),
            ("secret", "namespace is another"),
            (
                "list",
                "namespace is \"default\", and \"kube-system\" was asked for",
            ),
            ("wait", "namespace is \"default\""),
            ("apply", "namespace is \"default\""),
        ],
    ),
    (
        "redirected to itself",
        || Mode::Redirects(String::new()),
        LONG,
        all("302 Found: nobody follows it"),
    ),
    (
        "slow bytes",
        || Mode::SlowBytes,
        SHORT,
        all("did not answer within 1s"),
    ),
    (
        "slow headers",
        || Mode::SlowHeaders,
        SHORT,
        all("did not answer within 1s"),
    ),
    (
        "no answer",
        || Mode::NoAnswer,
        SHORT,
        all("did not answer within 1s"),
    ),
    (
        "half an answer",
        || Mode::HalfAnswer,
        SHORT,
        all("did not answer within 1s"),
    ),
    ("a torn answer", || Mode::Torn, SHORT, all("it broke off")),
    (
        "a huge header",
        || Mode::HugeHeader,
        SHORT,
        all("message head is too large"),
    ),
    (
        "endless headers",
        || Mode::EndlessHeaders,
        SHORT,
        all("message head is too large"),
    ),
    (
        "endless interim answers",
        || Mode::EndlessInterim,
        SHORT,
        all("did not answer within 1s"),
    ),
    (
        "an endless line",
        || Mode::EndlessLine,
        LONG,
        but("", "it has a line of more than 2 MiB"),
    ),
    (
        "an odd line",
        || Mode::OddLine,
        LONG,
        but("", "it is not JSON as an API server sends it"),
    ),
    (
        "deep lists",
        || Mode::DeepLists,
        LONG,
        all("recursion limit exceeded"),
    ),
    (
        "deep objects",
        || Mode::DeepObjects,
        LONG,
        all("recursion limit exceeded"),
    ),
    (
        "empty items",
        || Mode::EmptyItems,
        LONG,
        all("it has more than 16 MiB"),
    ),
    (
        "small items",
        || Mode::SmallItems,
        LONG,
        all("so many values that they take more than 128 MiB"),
    ),
    (
        "a bomb",
        || Mode::GzipBomb,
        LONG,
        all("it is not JSON as an API server sends it"),
    ),
    (
        "no UTF-8",
        || Mode::InvalidUtf8,
        LONG,
        all("it is not JSON as an API server sends it"),
    ),
    (
        "chunked garbage",
        || Mode::ChunkedGarbage,
        SHORT,
        all("it broke off"),
    ),
    (
        "an endless extension",
        || Mode::EndlessExtension,
        SHORT,
        all("it broke off"),
    ),
    (
        "endless trailers",
        || Mode::EndlessTrailers,
        SHORT,
        all("it broke off"),
    ),
    (
        "retry in 30 years",
        || Mode::RetryForever,
        LONG,
        all("come back later"),
    ),
    ("long words", || Mode::LongWords, LONG, all("words words")),
    ("garbage", || Mode::Garbage, SHORT, all("invalid HTTP")),
];
