//! Servers that answer as an attacker likes, and remember all that they were
//! sent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`
    pub method: String,
    /// With the query.
    pub target: String,
    pub headers: String,
    pub body: Vec<u8>,
}

/// What is answered.
pub enum Reply {
    /// A status and JSON.
    Json(u16, Vec<u8>),
    /// 200, and these bytes again and again without an end.
    Endless(Vec<u8>),
}

type Script = dyn Fn(&Request) -> Reply + Send + Sync;

/// A server at work on the loopback address. It ends with this.
pub struct Evil {
    pub address: SocketAddr,
    sent: Arc<Mutex<Vec<u8>>>,
    ended: Arc<AtomicBool>,
    is_secure: bool,
}

impl Evil {
    /// Without TLS.
    pub fn plain(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(None, script)
    }

    /// With the certificates of an API server in this folder.
    pub fn secure(pki: &Path, script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let certificates = super::api_server::Certificates {
            folder: pki,
            serving: "apiserver.crt",
            key: "apiserver.key",
            ca: "ca.crt",
        };
        let (tls, _) = super::api_server::server_config(&certificates);
        Self::start(Some(Arc::new(tls)), script)
    }

    fn start(
        tls: Option<Arc<rustls::ServerConfig>>,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let evil = Self {
            address: listener.local_addr().expect("a port"),
            sent: Arc::default(),
            ended: Arc::default(),
            is_secure: tls.is_some(),
        };
        let (sent, ended) = (Arc::clone(&evil.sent), Arc::clone(&evil.ended));
        let script: Arc<Script> = Arc::new(script);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (sent, script, tls) = (Arc::clone(&sent), Arc::clone(&script), tls.clone());
                std::thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(120)));
                    // A client that went away has been served enough.
                    let _ = match tls {
                        None => serve(stream, &sent, script.as_ref()),
                        Some(tls) => rustls::ServerConnection::new(tls)
                            .map_err(std::io::Error::other)
                            .and_then(|connection| {
                                let stream = rustls::StreamOwned::new(connection, stream);
                                serve(stream, &sent, script.as_ref())
                            }),
                    };
                });
            }
        });
        evil
    }

    /// `http://127.0.0.1:PORT`, or `https`.
    pub fn origin(&self) -> String {
        let scheme = match self.is_secure {
            true => "https",
            false => "http",
        };
        format!("{scheme}://{}", self.address)
    }

    /// All that it was sent.
    pub fn sent(&self) -> String {
        let sent = self.sent.lock().expect("nobody panicked");
        String::from_utf8_lossy(&sent).into_owned()
    }
}

impl Drop for Evil {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    mut stream: impl Read + Write,
    sent: &Mutex<Vec<u8>>,
    script: &Script,
) -> std::io::Result<()> {
    while let Some(request) = read_request(&mut stream, sent)? {
        match script(&request) {
            Reply::Json(code, body) => {
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
                )?;
                stream.write_all(&body)?;
                stream.flush()?;
            }
            Reply::Endless(chunk) => {
                stream.write_all(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
                )?;
                loop {
                    write!(stream, "{:x}\r\n", chunk.len())?;
                    stream.write_all(&chunk)?;
                    stream.write_all(b"\r\n")?;
                    stream.flush()?;
                }
            }
        }
    }
    Ok(())
}

/// The next request; none where the client has gone.
fn read_request(stream: &mut impl Read, sent: &Mutex<Vec<u8>>) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 1 << 16];
    let mut read = |bytes: &mut Vec<u8>| -> std::io::Result<usize> {
        let read = stream.read(&mut chunk)?;
        sent.lock().expect("nobody panicked").extend(&chunk[..read]);
        bytes.extend(&chunk[..read]);
        Ok(read)
    };
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if read(&mut bytes)? == 0 {
            return Ok(None);
        }
    };
    let headers = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let length = headers
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")
                .map(str::to_owned)
        })
        .and_then(|length| length.trim().parse::<usize>().ok())
        .unwrap_or(0);
    while bytes.len() < head + 4 + length {
        if read(&mut bytes)? == 0 {
            return Ok(None);
        }
    }
    let mut words = headers.split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    Ok(Some(Request {
        method: word(),
        target: word(),
        headers: headers.clone(),
        body: bytes[head + 4..head + 4 + length].to_vec(),
    }))
}
