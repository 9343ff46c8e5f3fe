//! Where the server listens: a socket of the file system, for its owner only, or a port.

use rustix::fs::{FlockOperation, Mode, fchmod, flock};
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
};
use std::fs::{self, File};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};

/// Clients that may wait to be accepted.
const QUEUE: i32 = 128;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// `HOST:PORT`; port 0 is any that is free.
    Tcp(String),
    /// The path of a socket.
    Unix(PathBuf),
}

/// Why nothing listens.
#[derive(Debug, Error)]
pub enum BindError {
    /// It is no `HOST:PORT`, or there is no such host.
    #[error("it is no address of this machine: {}", crate::io::reason(.0))]
    Address(io::Error),
    /// Others than this machine would reach it.
    #[error(
        "{0} can be reached from other machines, and nothing on the way is encrypted or asks for a password"
    )]
    Open(IpAddr),
    /// Something else has the name.
    #[error("there is something else of this name")]
    Taken,
    /// Another server listens there.
    #[error("another program listens there")]
    InUse,
    /// Anything else.
    #[error("{}", crate::io::reason(.0))]
    Io(#[from] io::Error),
}

/// Something that listens.
pub enum Listener {
    /// On a port.
    Tcp(TcpListener),
    /// At a path, whose name goes with it.
    Unix(UnixListener, SocketName),
}

impl Listener {
    /// Listens. `open_to_all` allows an address that other machines reach.
    ///
    /// # Errors
    /// The address cannot be had; nothing is left behind.
    pub fn bind(endpoint: &Endpoint, open_to_all: bool) -> Result<Self, BindError> {
        match endpoint {
            Endpoint::Tcp(text) => port(text, open_to_all).map(Self::Tcp),
            Endpoint::Unix(path) => {
                let listener = at_path(path)?;
                let name = SocketName::of(path)?;
                Ok(Self::Unix(listener, name))
            }
        }
    }

    /// The address for clients.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> io::Result<String> {
        match self {
            Self::Tcp(listener) => Ok(format!("tcp://{}", listener.local_addr()?)),
            Self::Unix(_, name) => Ok(format!("unix://{}", name.path.display())),
        }
    }

    /// Whether other machines reach it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Tcp(listener) => !listener.local_addr().is_ok_and(|address| address.ip().is_loopback()),
            Self::Unix(..) => false,
        }
    }
}

fn port(text: &str, open_to_all: bool) -> Result<TcpListener, BindError> {
    let addresses: Vec<SocketAddr> = text.to_socket_addrs().map_err(BindError::Address)?.collect();
    let open = addresses.iter().find(|address| !address.ip().is_loopback());
    if let Some(open) = open.filter(|_| !open_to_all) {
        return Err(BindError::Open(open.ip()));
    }
    let listener = TcpListener::bind(addresses.as_slice()).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => BindError::InUse,
        _ => BindError::Io(error),
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn at_path(path: &Path) -> Result<UnixListener, BindError> {
    match new_socket(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {}
        result => return Ok(result?),
    }
    // Two servers that find the same stale socket must not both take its place.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = File::open(folder)?;
    flock(&folder, FlockOperation::LockExclusive).map_err(io::Error::from)?;
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(BindError::Taken);
    }
    match connect(&socket()?, &SocketAddrUnix::new(path).map_err(io::Error::from)?) {
        Err(rustix::io::Errno::CONNREFUSED) => fs::remove_file(path)?,
        // It answers, or it cannot be told whether it does.
        _ => return Err(BindError::InUse),
    }
    new_socket(path).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => BindError::InUse,
        _ => BindError::Io(error),
    })
}

fn socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?)
}

/// A socket at `path` that its owner alone may connect to.
fn new_socket(path: &Path) -> io::Result<UnixListener> {
    let socket = socket()?;
    // On Linux the file that is made takes over this mode. Elsewhere the file gets it, before it listens:
    // until then nobody can connect.
    let closed = fchmod(&socket, Mode::RUSR | Mode::WUSR);
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    if closed.is_err() || !cfg!(target_os = "linux") {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    listen(&socket, QUEUE)?;
    Ok(socket.into())
}

/// The name of a socket, removed when it is dropped, if it is still that socket's.
pub struct SocketName {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketName {
    fn of(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let identity = Self::identity(&path)?;
        Ok(Self { path, identity })
    }

    fn identity(path: &Path) -> io::Result<(u64, u64)> {
        fs::symlink_metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
    }
}

impl Drop for SocketName {
    fn drop(&mut self) {
        if Self::identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            // It may be removed by now.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What both kinds of listeners do.
pub(super) trait Accept: Send + Sync + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection.
    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Accept for tokio::net::TcpListener {
    type Stream = tokio::net::TcpStream;

    async fn next(&self) -> io::Result<Self::Stream> {
        let (stream, _) = self.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Accept for tokio::net::UnixListener {
    type Stream = tokio::net::UnixStream;

    async fn next(&self) -> io::Result<Self::Stream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}
