//! What a server answers, read within bounds: of bytes, of the time between
//! them, of depth and of the memory that is built from them.

use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::Value;

use super::bounded_json::{self, Budget};

/// In bytes. The largest object that etcd takes is 1.5 MiB; a list comes in
/// parts of a few hundred.
pub const LARGEST_ANSWER: usize = 16 << 20;

/// In bytes: one object and what is said of it.
pub const LONGEST_LINE: usize = 2 << 20;

/// In bytes, for one answer or for all parts of a list. An object takes about
/// eight times of its text.
pub const MOST_MEMORY: usize = 128 << 20;

/// How long a server may be silent in the middle of an answer.
pub const SILENCE: Duration = Duration::from_secs(30);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why an answer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error("it has more than {} MiB", LARGEST_ANSWER >> 20)]
    Large,
    #[error("it has a line of more than {} MiB", LONGEST_LINE >> 20)]
    Line,
    #[error("it stopped in the middle, and nothing came for {}s", .0.as_secs())]
    Silent(Duration),
    #[error("it broke off")]
    Broken(#[source] BoxError),
    #[error("it has so many values that they take more than {} MiB", MOST_MEMORY >> 20)]
    Values,
    #[error("it is not JSON as an API server sends it: {0}")]
    Json(String),
    #[error("it is {found}, and {wanted} was asked for")]
    Other { found: String, wanted: String },
    #[error("it is no object")]
    NoObject,
    #[error("it has more than {0} items")]
    Items(usize),
    #[error("it has more than {0} parts")]
    Parts(usize),
    #[error("its next part is the one that came before")]
    Again,
}

impl AnswerError {
    /// Whether it may be better when it is asked for once more.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Silent(_))
    }
}

/// A body that fails once it has more than [`LARGEST_ANSWER`] bytes, or none
/// for as long as `silence`.
pub fn bounded<B>(
    body: B,
    silence: Duration,
) -> impl http_body::Body<Data = Bytes, Error = AnswerError> + Send
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let frames = stream::unfold(Some((Box::pin(body), 0)), move |state| async move {
        let (mut body, read) = state?;
        let frame: Frame<Bytes> = match tokio::time::timeout(silence, body.frame()).await {
            Err(_) => return Some((Err(AnswerError::Silent(silence)), None)),
            Ok(None) => return None,
            Ok(Some(Err(error))) => return Some((Err(broken(error.into())), None)),
            Ok(Some(Ok(frame))) => frame,
        };
        let read = read + frame.data_ref().map_or(0, Bytes::len);
        match read > LARGEST_ANSWER {
            true => Some((Err(AnswerError::Large), None)),
            false => Some((Ok(frame), Some((body, read)))),
        }
    });
    StreamBody::new(frames)
}

/// One of ours stays what it is on the way through a client.
fn broken(error: BoxError) -> AnswerError {
    let error = match error.downcast::<AnswerError>() {
        Ok(ours) => return *ours,
        Err(error) => error,
    };
    match error.downcast::<::kube::Error>() {
        Ok(error) => match *error {
            ::kube::Error::Service(inner) => broken(inner),
            other => AnswerError::Broken(Box::new(other)),
        },
        Err(error) => AnswerError::Broken(error),
    }
}

/// All of an answer.
pub async fn read<B>(body: B) -> Result<Bytes, AnswerError>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let body = std::pin::pin!(bounded(body, SILENCE));
    Ok(body.collect().await?.to_bytes())
}

/// The first line of an answer that never ends, as a watch is; none where it
/// ends before the line does.
pub async fn first_line<B>(body: B, silence: Duration) -> Result<Option<Vec<u8>>, AnswerError>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut body = std::pin::pin!(bounded(body, silence));
    let mut line = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        let end = data.iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(data.get(..end.unwrap_or(data.len())).unwrap_or_default());
        if line.len() > LONGEST_LINE {
            return Err(AnswerError::Line);
        }
        if end.is_some() {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

/// The JSON of an answer, no deeper than 128 levels.
pub fn parse(text: &[u8], budget: &Budget) -> Result<Value, AnswerError> {
    bounded_json::from_slice(text, budget).map_err(|error| match budget.is_spent() {
        true => AnswerError::Values,
        // It says where, and quotes nothing.
        false => AnswerError::Json(error.to_string()),
    })
}

/// One answer, by itself.
pub fn value(text: &[u8]) -> Result<Value, AnswerError> {
    parse(text, &Budget::new(MOST_MEMORY))
}

/// Words of a server, of no more than this many characters.
pub fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} ...", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;

    const SOON: Duration = Duration::from_millis(50);

    /// A body of these parts, which ends then, or does not.
    fn body(
        parts: &[&'static [u8]],
        ends: bool,
    ) -> impl http_body::Body<Data = Bytes, Error = std::io::Error> + Send + 'static {
        let parts: Vec<_> = parts
            .iter()
            .map(|part| Ok(Frame::data(Bytes::from_static(part))))
            .collect();
        let parts = stream::iter(parts);
        StreamBody::new(match ends {
            true => parts.boxed(),
            false => parts.chain(stream::pending()).boxed(),
        })
    }

    static MUCH: [u8; LARGEST_ANSWER] = [b' '; LARGEST_ANSWER];

    #[tokio::test]
    async fn bodies_end_in_bytes_and_in_time() {
        assert_eq!(read(body(&[b"a", b"b"], true)).await.unwrap(), "ab");
        assert!(read(body(&[&MUCH], true)).await.is_ok());
        let error = read(body(&[&MUCH, b"x"], false)).await.unwrap_err();
        assert!(matches!(error, AnswerError::Large), "{error}");
        let silent = bounded(body(&[b"a"], false), SOON);
        let error = silent.collect().await.unwrap_err();
        assert!(matches!(error, AnswerError::Silent(_)), "{error}");
    }

    #[tokio::test]
    async fn an_answer_within_another_is_told_by_the_inner_one() {
        let error = read(bounded(body(&[b"a"], false), SOON)).await.unwrap_err();
        assert!(matches!(error, AnswerError::Silent(SOON)), "{error}");
    }

    #[tokio::test]
    async fn lines_end() {
        for (name, parts, ends, wanted) in [
            ("one", &[b"ab\ncd" as &[u8]][..], false, Ok(Some("ab"))),
            ("in parts", &[b"a", b"b\n"], false, Ok(Some("ab"))),
            ("unfinished", &[b"ab"], true, Ok(None)),
            ("none", &[], true, Ok(None)),
            ("silent", &[b"ab"], false, Err("stopped in the middle")),
            ("endless", &[&MUCH], false, Err("a line of more than 2 MiB")),
        ] {
            let found = first_line(body(parts, ends), SOON).await;
            let found = found
                .map(|line| line.map(|line| String::from_utf8(line).unwrap()))
                .map_err(|error| error.to_string());
            match (found, wanted) {
                (Ok(found), Ok(wanted)) => assert_eq!(found.as_deref(), wanted, "{name}"),
                (Err(error), Err(wanted)) => assert!(error.contains(wanted), "{name}: {error}"),
                (found, _) => panic!("{name}: {found:?}"),
            }
        }
    }

    #[test]
    fn words_are_cut_between_characters() {
        for (text, limit, wanted) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "abc ..."),
            ("\u{e4}\u{f6}\u{fc}", 2, "\u{e4}\u{f6} ..."),
            ("", 0, ""),
        ] {
            assert_eq!(cut(text, limit), wanted);
        }
    }
}
