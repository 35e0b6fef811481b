//! An API server that means no good: each way of it has a name. It speaks
//! HTTP/1.1 by hand, since no library would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use base64::Engine;

pub use super::hostile_certificates::Shows;
use super::hostile_certificates::{LOOPBACK, certificates};

/// What it does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As it should: there is one object.
    Sound,
    /// A list whose items never end.
    EndlessList,
    /// Parts of a list without an item, each of which names another one.
    EndlessParts,
    /// Parts of a list that all name the same next one.
    SamePart,
    /// Parts of a list with a thousand items, each of which names another one.
    ManyItems,
    /// Secrets are called ConfigMaps, and what is asked for otherwise Secrets.
    LyingKinds,
    LyingNames,
    LyingNamespaces,
    /// To this server itself, or to another one.
    Redirects(String),
    /// A byte, a long pause, a byte ...
    SlowBytes,
    /// The same from the first byte on.
    SlowHeaders,
    NoAnswer,
    /// One header of a megabyte.
    HugeHeader,
    EndlessHeaders,
    /// Lists are empty, and a watch is one line that never ends.
    EndlessLine,
    /// Lists are empty, and a watch says nothing that anybody knows.
    OddLine,
    DeepLists,
    DeepObjects,
    /// A list of 60 MB of `{}`.
    EmptyItems,
    /// A list of 15 MB of objects with one member each.
    SmallItems,
    /// 100 MB of zeros, compressed to 100 KB.
    GzipBomb,
    InvalidUtf8,
    /// A chunk whose length is no number.
    ChunkedGarbage,
    /// A chunk whose extension never ends.
    EndlessExtension,
    /// Trailers that never end.
    EndlessTrailers,
    /// Too many requests, come back in 30 years.
    RetryForever,
    /// A refusal in a megabyte of words.
    LongWords,
    /// What is no HTTP.
    Garbage,
    /// Interim answers without end.
    EndlessInterim,
    /// It stops in the middle of an answer and says nothing more.
    HalfAnswer,
    /// It ends the connection in the middle of an answer.
    Torn,
}

/// A request as it came: method and path with query.
pub type Asked = (String, String);

/// At work until it is dropped.
pub struct HostileServer {
    pub address: SocketAddr,
    shows: Shows,
    ca: String,
    shared: Arc<Shared>,
}

struct Shared {
    mode: Mode,
    ended: AtomicBool,
    asked: Mutex<Vec<Asked>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HostileServer {
    pub fn start(mode: Mode, shows: Shows) -> Self {
        if mode == Mode::GzipBomb {
            // Not while somebody waits.
            bomb();
        }
        let (ca, tls) = certificates(shows);
        let listener = TcpListener::bind((LOOPBACK, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            mode,
            ended: AtomicBool::new(false),
            asked: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (shared, tls) = (Arc::clone(&serving), tls.clone());
                // A client that goes away has been answered enough.
                std::thread::spawn(move || drop(serve(stream, shows, tls, &shared)));
            }
        });
        Self {
            address,
            shows,
            ca,
            shared,
        }
    }

    pub fn url(&self) -> String {
        let scheme = if self.shows == Shows::Plain {
            "http"
        } else {
            "https"
        };
        format!("{scheme}://{}", self.address)
    }

    /// The CA that its clients trust, as PEM.
    pub fn ca(&self) -> &str {
        &self.ca
    }

    /// A kubeconfig that leads to it.
    pub fn kubeconfig(&self) -> String {
        let ca = base64::prelude::BASE64_STANDARD.encode(&self.ca);
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
             contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
             clusters: [{{name: k, cluster: {{server: '{}', certificate-authority-data: {ca}}}}}]\n\
             users: [{{name: u, user: {{token: t0ken-of-the-administrator}}}}]\n",
            self.url()
        )
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.shared.asked).clone()
    }
}

impl Drop for HostileServer {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that listens.
        let _ = TcpStream::connect(self.address);
    }
}

/// What can be read from and written to.
trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

fn serve(
    stream: TcpStream,
    shows: Shows,
    tls: Option<Arc<rustls::ServerConfig>>,
    shared: &Shared,
) -> std::io::Result<()> {
    if shows == Shows::Silent {
        shared.pause(Duration::from_secs(600));
        return Ok(());
    }
    let wire: Box<dyn Wire> = match tls {
        None => Box::new(stream),
        Some(tls) => {
            let session = rustls::ServerConnection::new(tls).map_err(std::io::Error::other)?;
            Box::new(rustls::StreamOwned::new(session, stream))
        }
    };
    let mut wire = BufReader::new(wire);
    while let Some((method, path)) = request(&mut wire)? {
        locked(&shared.asked).push((method, path.clone()));
        shared.answer(&path, wire.get_mut())?;
        wire.get_mut().flush()?;
    }
    Ok(())
}

/// Reads a request to its end; none where there are no more.
fn request(wire: &mut impl BufRead) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if wire.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let asked = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let mut length = 0;
    loop {
        let mut header = String::new();
        wire.read_line(&mut header)?;
        let header = header.trim().to_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut wire.take(length), &mut std::io::sink())?;
    Ok(Some(asked))
}

/// Between the bytes of a server that is slow.
const SLOW: Duration = Duration::from_secs(10);

/// What a Secret holds, in base64 and as it is; nobody may be told.
pub const HUSH: [&str; 2] = ["aHVzaC1odXNo", "hush-hush"];

/// An object with data, which are secret where it is a Secret in fact.
fn object(kind: &str, is_secret: bool, namespace: &str, name: &str) -> String {
    let data = if is_secret { HUSH[0] } else { "cHVibGlj" };
    format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"{kind}\",\"metadata\":{{\"name\":\"{name}\",\
         \"namespace\":\"{namespace}\",\"resourceVersion\":\"1\"}},\"data\":{{\"a\":\"{data}\"}}}}"
    )
}

fn list(items: &str, next: &str) -> String {
    format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMapList\",\"metadata\":{{\
         \"resourceVersion\":\"1\",\"continue\":\"{next}\"}},\"items\":[{items}]}}"
    )
}

fn whole(wire: &mut dyn Wire, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(
        wire,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n"
    )?;
    wire.write_all(body)
}

/// 100 MB of blanks, compressed.
fn bomb() -> &'static [u8] {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    BOMB.get_or_init(|| {
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let blanks = vec![b' '; 1 << 20];
        for _ in 0..100 {
            bomb.write_all(&blanks).expect("memory");
        }
        bomb.finish().expect("memory")
    })
}

/// The head of an answer whose length nobody knows.
const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

fn chunk(wire: &mut dyn Wire, data: &str) -> std::io::Result<()> {
    write!(wire, "{:x}\r\n{data}\r\n", data.len())
}

impl Shared {
    /// Pauses, for no longer than the server is there.
    fn pause(&self, long: Duration) {
        const LOOK: Duration = Duration::from_millis(20);
        let mut passed = Duration::ZERO;
        while passed < long && !self.ended.load(Ordering::SeqCst) {
            std::thread::sleep(LOOK);
            passed += LOOK;
        }
    }

    /// Writes the same over and over, as long as somebody reads.
    fn forever(&self, wire: &mut dyn Wire, data: &str) -> std::io::Result<()> {
        while !self.ended.load(Ordering::SeqCst) {
            wire.write_all(data.as_bytes())?;
        }
        Ok(())
    }

    fn answer(&self, path: &str, wire: &mut dyn Wire) -> std::io::Result<()> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let is_secret = path.contains("/secrets");
        let kind = if is_secret { "Secret" } else { "ConfigMap" };
        let is_one = path.ends_with("/own");
        let is_watch = query.contains("watch=");
        let sound = match is_one {
            true => object(kind, is_secret, "kube-system", "own"),
            false => list(&object(kind, is_secret, "kube-system", "own"), ""),
        };
        let changed = format!(
            "{{\"type\":\"ADDED\",\"object\":{}}}\n",
            object(kind, is_secret, "kube-system", "own")
        );
        match &self.mode {
            Mode::Sound if is_watch => {
                wire.write_all(CHUNKED.as_bytes())?;
                chunk(wire, &changed)?;
                self.pause(Duration::from_secs(1));
                wire.write_all(b"0\r\n\r\n")
            }
            Mode::Sound => whole(wire, "200 OK", "", sound.as_bytes()),
            Mode::EndlessList => {
                let items = format!("{},", object(kind, is_secret, "kube-system", "own")).repeat(100);
                wire.write_all(CHUNKED.as_bytes())?;
                chunk(wire, "{\"kind\":\"ConfigMapList\",\"items\":[")?;
                self.forever(wire, &format!("{:x}\r\n{items}\r\n", items.len()))
            }
            Mode::EndlessParts => {
                let next = format!("after-{}", locked(&self.asked).len());
                whole(wire, "200 OK", "", list("", &next).as_bytes())
            }
            Mode::SamePart => whole(wire, "200 OK", "", list("", "same").as_bytes()),
            Mode::ManyItems => {
                let next = format!("after-{}", locked(&self.asked).len());
                let items = vec![object(kind, is_secret, "kube-system", "own"); 1000].join(",");
                whole(wire, "200 OK", "", list(&items, &next).as_bytes())
            }
            Mode::LyingKinds => {
                let other = if is_secret { "ConfigMap" } else { "Secret" };
                let lie = object(other, is_secret, "kube-system", "own");
                let lie = if is_one { lie } else { list(&lie, "") };
                whole(wire, "200 OK", "", lie.as_bytes())
            }
            Mode::LyingNames => whole(wire, "200 OK", "", object(kind, is_secret, "kube-system", "other").as_bytes()),
            Mode::LyingNamespaces => {
                let lie = object(kind, is_secret, "default", "own");
                let lie = if is_one { lie } else { list(&lie, "") };
                whole(wire, "200 OK", "", lie.as_bytes())
            }
            Mode::Redirects(to) => {
                let to = if to.is_empty() { path } else { to };
                whole(wire, "302 Found", &format!("Location: {to}\r\n"), b"")
            }
            Mode::SlowBytes => {
                write!(wire, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
                self.slowly(wire, "{\"kind\":     ")
            }
            Mode::SlowHeaders => self.slowly(wire, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
            Mode::NoAnswer => {
                self.pause(Duration::from_secs(600));
                Ok(())
            }
            Mode::HugeHeader => {
                let header = format!("X-Long: {}\r\n", "x".repeat(1 << 20));
                whole(wire, "200 OK", &header, sound.as_bytes())
            }
            Mode::EndlessHeaders => {
                wire.write_all(b"HTTP/1.1 200 OK\r\n")?;
                self.forever(wire, &"X-More: x\r\n".repeat(100))
            }
            Mode::EndlessLine if is_watch => {
                wire.write_all(CHUNKED.as_bytes())?;
                let line = "x".repeat(1 << 16);
                self.forever(wire, &format!("{:x}\r\n{line}\r\n", line.len()))
            }
            Mode::OddLine if is_watch => {
                wire.write_all(CHUNKED.as_bytes())?;
                chunk(wire, "\u{1b}[2J hello\n")?;
                self.pause(Duration::from_secs(600));
                Ok(())
            }
            Mode::EndlessLine | Mode::OddLine => match is_one {
                true => whole(wire, "200 OK", "", sound.as_bytes()),
                false => whole(wire, "200 OK", "", list("", "").as_bytes()),
            },
            Mode::DeepLists => whole(wire, "200 OK", "", "[".repeat(1 << 20).as_bytes()),
            Mode::DeepObjects => {
                let deep = "{\"items\":".repeat(1 << 20);
                whole(wire, "200 OK", "", deep.as_bytes())
            }
            Mode::EmptyItems => {
                let items = format!("{}{{}}", "{},".repeat(20_000_000));
                whole(wire, "200 OK", "", list(&items, "").as_bytes())
            }
            Mode::SmallItems => {
                let items = format!("{}{{}}", "{\"\":0},".repeat(15_000_000 / 7));
                whole(wire, "200 OK", "", list(&items, "").as_bytes())
            }
            Mode::GzipBomb => whole(wire, "200 OK", "Content-Encoding: gzip\r\n", bomb()),
            Mode::InvalidUtf8 => whole(wire, "200 OK", "", b"{\"kind\":\"\xff\xfe\"}"),
            Mode::ChunkedGarbage => {
                wire.write_all(CHUNKED.as_bytes())?;
                self.forever(wire, "zz\r\nhello\r\n")
            }
            Mode::EndlessExtension => {
                wire.write_all(CHUNKED.as_bytes())?;
                wire.write_all(b"2;")?;
                self.forever(wire, &"x".repeat(1 << 16))
            }
            Mode::EndlessTrailers => {
                wire.write_all(CHUNKED.as_bytes())?;
                chunk(wire, &sound)?;
                wire.write_all(b"0\r\n")?;
                self.forever(wire, &"X-More: x\r\n".repeat(100))
            }
            Mode::RetryForever => whole(
                wire,
                "429 Too Many Requests",
                "Retry-After: 1000000000\r\n",
                b"{\"kind\":\"Status\",\"reason\":\"TooManyRequests\",\"message\":\"come back later\"}",
            ),
            Mode::LongWords => {
                let words = "words ".repeat(200_000);
                let body = format!(
                    "{{\"kind\":\"Status\",\"reason\":\"{words}\",\"message\":\"{words}\"}}"
                );
                whole(wire, "422 Unprocessable Entity", "", body.as_bytes())
            }
            Mode::Garbage => self.forever(wire, &"hello\r\n".repeat(1000)),
            Mode::EndlessInterim => self.forever(wire, &"HTTP/1.1 100 Continue\r\n\r\n".repeat(100)),
            Mode::HalfAnswer => {
                write!(wire, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{{\"kind\":")?;
                wire.flush()?;
                self.pause(Duration::from_secs(600));
                Ok(())
            }
            Mode::Torn => {
                write!(wire, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{{\"kind\":")?;
                wire.flush()?;
                Err(std::io::ErrorKind::ConnectionReset.into())
            }
        }
    }

    fn slowly(&self, wire: &mut dyn Wire, text: &str) -> std::io::Result<()> {
        for byte in text.as_bytes() {
            wire.write_all(&[*byte])?;
            wire.flush()?;
            self.pause(SLOW);
            if self.ended.load(Ordering::SeqCst) {
                break;
            }
        }
        Err(std::io::ErrorKind::ConnectionReset.into())
    }
}
