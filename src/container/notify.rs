//! Tells the service manager that the secrets are there, as systemd wants it.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Sends `READY=1` to `socket`, the value of `NOTIFY_SOCKET`: a path, or an abstract name after `@`. Does not
/// wait for anybody to read it.
///
/// # Errors
/// There is no such socket, or the system refuses.
pub fn ready(socket: &OsStr) -> io::Result<()> {
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        [b'/', ..] => SocketAddr::from_pathname(socket)?,
        _ => return Err(io::ErrorKind::Unsupported.into()),
    };
    let sender = UnixDatagram::unbound()?;
    sender.set_nonblocking(true)?;
    sender.send_to_addr(b"READY=1\n", &address)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::ready;
    use crate::io::testing::Folder;
    use std::ffi::OsStr;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    fn received(socket: &UnixDatagram) -> Vec<u8> {
        let mut bytes = [0; 64];
        let count = socket.recv(&mut bytes).unwrap();
        bytes[..count].to_vec()
    }

    #[test]
    fn sockets_with_and_without_a_path_are_told() {
        let folder = Folder::new();
        let path = folder.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        ready(path.as_os_str()).unwrap();
        assert_eq!(received(&socket), b"READY=1\n");

        let name = format!("seal-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        ready(OsStr::new(&format!("@{name}"))).unwrap();
        assert_eq!(received(&socket), b"READY=1\n");
    }

    #[test]
    fn what_is_no_socket_is_an_error() {
        for socket in ["", "relative", "vsock:2:1234", "/no/such/socket", "@seal-no-such-socket"] {
            assert!(ready(OsStr::new(socket)).is_err(), "{socket}");
        }
    }
}
