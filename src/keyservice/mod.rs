//! The key service of SOPS: wrapping and unwrapping for another process, over gRPC without encryption
//! (format description, section 9.9).
//!
//! The client is one more [`crate::keys::KeyService`] behind those of this process. Without the feature
//! `keyservice` no text is an address, so nothing ever asks for a client.

mod address;
#[cfg(feature = "keyservice")]
mod client;
#[cfg(feature = "keyservice")]
mod grpc;
#[cfg(feature = "keyservice")]
mod message;
#[cfg(feature = "keyservice")]
pub mod server;

pub use address::{AddressError, ServiceAddress};
#[cfg(feature = "keyservice")]
pub use client::RemoteService;
