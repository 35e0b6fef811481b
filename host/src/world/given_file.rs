//! Files that a user names: configurations, distributions, components,
//! policies, patches, facts. The one place that opens them.
//!
//! A name may lead to anything: `/dev/zero`, a FIFO that nobody writes to, a
//! file on a server that is gone. None of these may take all memory, or all
//! time: what is not a regular file of moderate size is refused with a word for
//! what it is.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{FileType, Mode, OFlags};
use zeroize::Zeroizing;

/// How long a regular file may take: far more than any disk, less than a person
/// waits for a server that is gone.
const FILE_TIME: Duration = Duration::from_secs(10);

/// How long what writes into a pipe may take, as `--config <(vault read ...)`.
const PIPE_TIME: Duration = Duration::from_secs(60);

/// What may be read besides a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Files,
    /// A pipe that somebody writes to: what a shell makes of `<(...)`.
    FilesAndPipes,
}

/// Why a file that a user named was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it is {0}; a regular file is wanted")]
    Special(Special),
    #[error("it is a pipe that nobody writes to")]
    NobodyWrites,
    #[error("it is too large: it has {size}; at most {limit} are read")]
    TooLarge { size: Size, limit: u64 },
    #[error("it could not be read within {} seconds", .0.as_secs())]
    Slow(Duration),
}

/// What a name led to instead of a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    Pipe,
    Socket,
    Device,
    Other,
}

/// How much there was, as far as it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Known(u64),
    /// More than the limit; how much more was not looked at.
    More,
}

impl ReadError {
    /// Whether there is nothing of that name.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == ErrorKind::NotFound)
    }

    /// Whether it is a folder.
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == ErrorKind::IsADirectory)
    }
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pipe => "a pipe (FIFO)",
            Self::Socket => "a socket",
            Self::Device => "a device, and is too large to be read to an end",
            Self::Other => "no file",
        })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(size) => write!(f, "{size} bytes"),
            Self::More => f.write_str("more bytes"),
        }
    }
}

/// Reads a file of at most `limit` bytes that a user named. It may hold keys
/// and tokens: the memory is wiped when it is dropped.
pub fn read_given(path: &Path, limit: u64, takes: Takes) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    let (sender, answers) = mpsc::channel();
    let name = path.to_owned();
    // On a thread of its own: neither opening nor reading returns where a
    // server that holds the file is gone. Such a thread is left behind; it
    // ends with the program.
    std::thread::Builder::new()
        .name("reader".to_owned())
        .stack_size(256 << 10)
        .spawn(move || {
            let content = read_now(&name, limit, takes, &sender);
            // Nobody listens where it took too long.
            let _ = sender.send(Told::Content(content));
        })?;
    let mut time = FILE_TIME;
    loop {
        match answers.recv_timeout(time) {
            Ok(Told::Content(content)) => return content,
            // What is waited for is a program, and it has its own limit.
            Ok(Told::Pipe) => time = PIPE_TIME + FILE_TIME,
            Err(RecvTimeoutError::Timeout) => return Err(ReadError::Slow(time)),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other("it could not be read").into());
            }
        }
    }
}

/// Reads a regular file of text in UTF-8, as [`read_given`].
pub fn read_given_text(path: &Path, limit: u64) -> Result<Zeroizing<String>, ReadError> {
    let bytes = read_given(path, limit, Takes::Files)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(error) => Err(io::Error::new(ErrorKind::InvalidData, NotText(error)).into()),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("it is not text in UTF-8")]
struct NotText(#[source] std::str::Utf8Error);

enum Told {
    Pipe,
    Content(Result<Zeroizing<Vec<u8>>, ReadError>),
}

fn read_now(
    path: &Path,
    limit: u64,
    takes: Takes,
    sender: &Sender<Told>,
) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    // Opening some devices does something (a watchdog, a tape), and opening a
    // terminal may make it ours: what it is is asked first.
    let flags = OFlags::CLOEXEC | OFlags::NOCTTY;
    let open =
        |access| rustix::fs::open(path, flags | access, Mode::empty()).map_err(io::Error::from);
    let looked = open(OFlags::PATH)?;
    check(&looked, limit, takes)?;
    // NONBLOCK: opening a FIFO would wait for somebody who writes.
    let opened = open(OFlags::RDONLY | OFlags::NONBLOCK)?;
    let (kind, size) = check(&opened, limit, takes)?;
    let file = File::from(opened);
    match kind {
        FileType::Fifo => {
            let _ = sender.send(Told::Pipe);
            read_pipe(file, limit)
        }
        _ => read_all(file, size, limit),
    }
}

/// The kind and size of what was opened, if it may be read.
fn check(file: &impl AsFd, limit: u64, takes: Takes) -> Result<(FileType, u64), ReadError> {
    let stat = rustix::fs::fstat(file).map_err(io::Error::from)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
    let special = match kind {
        FileType::RegularFile if size > limit => {
            let size = Size::Known(size);
            return Err(ReadError::TooLarge { size, limit });
        }
        FileType::RegularFile => return Ok((kind, size)),
        FileType::Fifo if takes == Takes::FilesAndPipes => return Ok((kind, 0)),
        FileType::Directory => return Err(io::Error::from(rustix::io::Errno::ISDIR).into()),
        FileType::Fifo => Special::Pipe,
        FileType::Socket => Special::Socket,
        FileType::CharacterDevice | FileType::BlockDevice => Special::Device,
        _ => Special::Other,
    };
    Err(ReadError::Special(special))
}

/// Reads to the end, or to one byte more than allowed: files below `/proc` say
/// that they are empty.
fn read_all(file: impl Read, size: u64, limit: u64) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    // As large as it will be: growing would leave copies behind.
    let room = usize::try_from(size.min(limit).saturating_add(1)).unwrap_or_default();
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    file.take(limit.saturating_add(1))
        .read_to_end(&mut content)?;
    within(content, limit)
}

fn read_pipe(mut file: File, limit: u64) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    let until = Instant::now() + PIPE_TIME;
    let mut content = Zeroizing::new(Vec::new());
    let mut part = Zeroizing::new([0; 16 << 10]);
    let mut waited = false;
    loop {
        match file.read(&mut *part) {
            Ok(0) if content.is_empty() && !waited => return Err(ReadError::NobodyWrites),
            Ok(0) => return Ok(content),
            Ok(count) => {
                content.extend_from_slice(part.get(..count).unwrap_or_default());
                content = within(content, limit)?;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                waited = true;
                let left = until.saturating_duration_since(Instant::now());
                let left = Timespec::try_from(left).map_err(io::Error::other)?;
                let mut wanted = [PollFd::new(&file, PollFlags::IN)];
                match rustix::event::poll(&mut wanted, Some(&left)) {
                    Ok(0) => return Err(ReadError::Slow(PIPE_TIME)),
                    Ok(_) | Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(io::Error::from(error).into()),
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn within(content: Zeroizing<Vec<u8>>, limit: u64) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    match content.len() as u64 > limit {
        true => Err(ReadError::TooLarge {
            size: Size::More,
            limit,
        }),
        false => Ok(content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixListener;

    fn read(path: &Path, takes: Takes) -> Result<Vec<u8>, String> {
        read_given(path, 10, takes)
            .map(|content| content.to_vec())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn only_regular_files_of_moderate_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("ten"), "0123456789").unwrap();
        std::fs::write(at("eleven"), "01234567890").unwrap();
        std::fs::write(at("empty"), "").unwrap();
        let sparse = File::create(at("sparse")).unwrap();
        sparse.set_len(10 << 30).unwrap();
        let fifo = |name: &str| {
            rustix::fs::mknodat(
                rustix::fs::CWD,
                at(name),
                FileType::Fifo,
                Mode::from_raw_mode(0o600),
                0,
            )
            .unwrap();
        };
        fifo("fifo");
        let _socket = UnixListener::bind(at("socket")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("link")).unwrap();
        std::os::unix::fs::symlink("ten", at("to-ten")).unwrap();
        for takes in [Takes::Files, Takes::FilesAndPipes] {
            for (name, wanted) in [
                ("ten", Ok(10)),
                ("to-ten", Ok(10)),
                ("empty", Ok(0)),
                ("eleven", Err("it has 11 bytes; at most 10 are read")),
                ("sparse", Err("it has 10737418240 bytes")),
                ("link", Err("it is a device")),
                ("/dev/zero", Err("it is a device")),
                ("/dev/null", Err("it is a device")),
                (".", Err("Is a directory")),
                ("socket", Err("it is a socket")),
                ("none", Err("No such file")),
                // It says that it is empty, and is not.
                ("/proc/self/status", Err("it has more bytes")),
                (
                    "fifo",
                    Err(match takes {
                        Takes::Files => "it is a pipe (FIFO)",
                        Takes::FilesAndPipes => "a pipe that nobody writes to",
                    }),
                ),
            ] {
                let got = read(&at(name), takes).map(|content| content.len());
                match (got, wanted) {
                    (Ok(got), Ok(wanted)) => assert_eq!(got, wanted, "{name}"),
                    (Err(got), Err(wanted)) => assert!(got.contains(wanted), "{name}: {got}"),
                    (got, wanted) => panic!("{name}: {got:?}, not {wanted:?}"),
                }
            }
        }
    }

    #[test]
    fn a_pipe_is_read_to_its_end_and_no_further_than_the_limit() {
        for (name, written, wanted) in [
            ("whole", &[&b"0123"[..], b"456789"][..], Ok("0123456789")),
            ("too much", &[b"0123456789", b"0"], Err("at most 10")),
            ("nothing", &[], Err("nobody writes")),
        ] {
            let (reader, writer) = io::pipe().unwrap();
            // Nobody writes once who could is gone before the reader comes.
            let writer = (!written.is_empty()).then_some(writer);
            let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
            let got = std::thread::scope(|scope| {
                scope.spawn(move || {
                    let Some(mut writer) = writer else { return };
                    for part in written {
                        // Who read enough went away.
                        let _ = writer.write_all(part);
                    }
                });
                // The end comes as the last who can write goes away.
                read(Path::new(&path), Takes::FilesAndPipes)
            });
            match (&got, wanted) {
                (Ok(got), Ok(wanted)) => assert_eq!(got, wanted.as_bytes(), "{name}"),
                (Err(got), Err(wanted)) => assert!(got.contains(wanted), "{name}: {got}"),
                _ => panic!("{name}: {got:?}"),
            }
        }
    }
}
