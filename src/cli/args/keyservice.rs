//! `seal keyservice`

use crate::commands::keyservice::Request;
use crate::error::{Code, Failure};
use crate::keyservice::server::Endpoint;
use clap::{Args, ValueEnum};

/// Where the server listens if nothing is said.
const ADDRESS: &str = "127.0.0.1:5000";

/// `seal keyservice`
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing on the way is encrypted or asks for a password, as with sops: whoever
connects uses your keys. A socket is open to your user only; 127.0.0.1 to all
users of this machine. Clients: seal or sops COMMAND --keyservice URI.

Examples:
  seal keyservice --network unix --address /run/user/1000/keys.sock
  seal decrypt --keyservice unix:///run/user/1000/keys.sock config.enc.yaml
  ssh -R /tmp/keys.sock:/run/user/1000/keys.sock HOST")]
pub struct KeyserviceArgs {
    /// tcp or unix [default: tcp]
    #[arg(long, visible_alias = "net", value_name = "NETWORK", hide_possible_values = true)]
    pub network: Option<Network>,
    /// HOST:PORT, or the path of a socket [default: 127.0.0.1:5000]
    #[arg(long, visible_alias = "addr", value_name = "ADDRESS")]
    pub address: Option<String>,
    /// Ask on the terminal before each answer
    #[arg(long)]
    pub prompt: bool,
    /// Tell of each answer
    #[arg(long)]
    pub verbose: bool,
    /// Listen also where other machines connect
    #[arg(long)]
    pub allow_network: bool,
}

/// `--network`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Network {
    /// A port
    Tcp,
    /// A socket in the file system
    Unix,
}

impl KeyserviceArgs {
    /// What the command is asked to do.
    ///
    /// # Errors
    /// A socket has no path (1).
    pub fn request(self) -> Result<Request, Failure> {
        let endpoint = match (self.network, self.address) {
            (None | Some(Network::Tcp), address) => {
                Endpoint::Tcp(address.unwrap_or_else(|| ADDRESS.to_owned()))
            }
            (Some(Network::Unix), Some(path)) => Endpoint::Unix(path.into()),
            (Some(Network::Unix), None) => {
                return Err(Failure::new(Code::Generic, "`--network unix` needs the path of a socket")
                    .hint("seal keyservice --network unix --address /run/user/1000/keys.sock"));
            }
        };
        Ok(Request {
            endpoint,
            prompt: self.prompt,
            verbose: self.verbose,
            allow_network: self.allow_network,
        })
    }
}
