//! Where a key service listens.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use thiserror::Error;

/// The address of a key service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceAddress {
    /// `tcp://HOST:PORT`
    Tcp {
        /// A name or a number; one of IPv6 without its brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// `unix:///PATH`
    Unix(PathBuf),
}

/// Why a text is no address of a key service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Another scheme, or none.
    #[error("the address of a key service is tcp://HOST:PORT or unix:///PATH")]
    Form,
    /// No port, or none that exists.
    #[error("the address ends with a port: tcp://HOST:PORT")]
    Port,
    /// The path of a socket is not absolute.
    #[error("the path of the socket starts with a third slash: unix:///PATH")]
    Path,
    /// The client was left out.
    #[error("this build has no client for key services")]
    NotBuilt,
}

impl FromStr for ServiceAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if !cfg!(feature = "keyservice") {
            return Err(AddressError::NotBuilt);
        }
        if text.chars().any(char::is_control) {
            return Err(AddressError::Form);
        }
        if let Some(path) = text.strip_prefix("unix://") {
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { Err(AddressError::Path) };
        }
        let rest = text.strip_prefix("tcp://").ok_or(AddressError::Form)?;
        let (host, port) = host_and_port(rest.strip_suffix('/').unwrap_or(rest))?;
        Ok(Self::Tcp { host: host.to_owned(), port })
    }
}

/// The parts of `HOST:PORT`; the host is not empty, and one of IPv6 loses its brackets.
pub(super) fn host_and_port(text: &str) -> Result<(&str, u16), AddressError> {
    let (host, port) = text.rsplit_once(':').ok_or(AddressError::Port)?;
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or(AddressError::Form)?,
        None if host.contains(':') => return Err(AddressError::Port),
        None => host,
    };
    if bare.is_empty() || bare.contains(['/', '@', ' ', '[', ']']) {
        return Err(AddressError::Form);
    }
    let port = port.parse().ok().filter(|port| *port > 0).ok_or(AddressError::Port)?;
    Ok((bare, port))
}

impl ServiceAddress {
    /// Whether what is sent there stays on this machine, as far as the text tells.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp { host, .. } => match host.parse::<IpAddr>() {
                Ok(address) => address.is_loopback(),
                Err(_name) => host.eq_ignore_ascii_case("localhost"),
            },
        }
    }
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

#[cfg(all(test, feature = "keyservice"))]
mod tests {
    use super::{AddressError, ServiceAddress};

    #[test]
    fn addresses_are_read_and_written() {
        for (text, local) in [
            ("tcp://127.0.0.1:5000", true),
            ("tcp://127.3.0.1:5000", true),
            ("tcp://localhost:1", true),
            ("tcp://LOCALHOST:65535", true),
            ("tcp://[::1]:5000", true),
            ("unix:///run/keys.sock", true),
            ("unix:///a b/ü", true),
            ("tcp://10.0.0.1:5000", false),
            ("tcp://keys.example.org:5000", false),
            ("tcp://[2001:db8::1]:5000", false),
            ("tcp://localhost.example.org:5000", false),
        ] {
            let address: ServiceAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(address.is_local(), local, "{text}");
        }
        assert_eq!("tcp://h:1/".parse(), Ok(ServiceAddress::Tcp { host: "h".into(), port: 1 }));
    }

    #[test]
    fn other_texts_are_told_apart() {
        for (text, wanted) in [
            ("", AddressError::Form),
            ("127.0.0.1:5000", AddressError::Form),
            ("http://h:1", AddressError::Form),
            ("/run/keys.sock", AddressError::Form),
            ("tcp://h", AddressError::Port),
            ("tcp://h:", AddressError::Port),
            ("tcp://h:0", AddressError::Port),
            ("tcp://h:65536", AddressError::Port),
            ("tcp://::1:5000", AddressError::Port),
            ("tcp://:5000", AddressError::Form),
            ("tcp://[::1:5000", AddressError::Form),
            ("tcp://user@h:5000", AddressError::Form),
            ("tcp://h/x:5000", AddressError::Form),
            ("tcp://h\n:5000", AddressError::Form),
            ("unix://run/keys.sock", AddressError::Path),
            ("unix:/run/keys.sock", AddressError::Form),
        ] {
            assert_eq!(text.parse::<ServiceAddress>(), Err(wanted), "{text}");
        }
    }
}
