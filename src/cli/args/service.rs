//! Which key services wrap and unwrap.

use crate::commands::context::ServiceFlags;
use crate::keyservice::ServiceAddress;
use crate::policy::truth;
use clap::Args;

/// Which key services are asked.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Key services (besides this process)")]
pub struct ServiceArgs {
    /// Ask one at tcp://HOST:PORT or unix:///PATH; may be repeated
    #[arg(long = "keyservice", value_name = "URI")]
    pub key_services: Vec<ServiceAddress>,
    /// Use the keys of this process, too: true or false [default: true]
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = boolean
    )]
    pub enable_local_keyservice: Option<bool>,
}

impl From<ServiceArgs> for ServiceFlags {
    fn from(args: ServiceArgs) -> Self {
        Self { local: args.enable_local_keyservice, addresses: args.key_services }
    }
}

/// A truth value, as the variables spell it.
fn boolean(text: &str) -> Result<bool, String> {
    truth(text).ok_or_else(|| "it takes true or false".to_owned())
}
