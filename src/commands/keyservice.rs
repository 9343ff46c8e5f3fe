//! `seal keyservice`: the keys of this process for others.

use super::context::{Context, Manner};
use crate::error::{Code, Failure, Warning};
use crate::keys::Ask;
use crate::keyservice::server::{Asked, BindError, Endpoint, Gate, Listener, Server, Verb};
use crate::runtime::Signals;
use crate::ui::{Reporter, Terminal};
use std::io::Stderr;
use std::sync::{Arc, Mutex, PoisonError};

/// What the command is asked to do.
pub struct Request {
    /// Where to listen.
    pub endpoint: Endpoint,
    /// Ask before each answer.
    pub prompt: bool,
    /// Tell of each answer.
    pub verbose: bool,
    /// Listen also where other machines connect.
    pub allow_network: bool,
}

/// Serves until a signal ends it.
///
/// # Errors
/// Nothing can listen there, or there is no terminal to ask on (1).
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    if request.prompt && !Terminal.is_there() {
        return Err(Failure::new(Code::Generic, "there is no terminal to ask on")
            .hint("leave `--prompt` out: requests are answered without a question then"));
    }
    // From here on a signal ends it in order, so that the socket goes.
    let signals = Signals::hold().map_err(|error| failed(&error))?;
    // SOPS does not ask.
    let allow_network = request.allow_network || context.manner() == Manner::Sops;
    let listener = Listener::bind(&request.endpoint, allow_network)
        .map_err(|error| refused(&request.endpoint, &error))?;
    let address = listener.address().map_err(|error| failed(&error))?;
    if listener.is_open() {
        context.warn(&Warning {
            headline: format!("other machines reach {address}: whoever connects uses your keys, and data keys pass unencrypted"),
            place: None,
            hints: vec!["a socket and `ssh -L` keep it to those who have an account here".to_owned()],
        });
    }
    let gate = Host {
        prompt: request.prompt,
        verbose: request.verbose,
        reporter: Mutex::new(Reporter::stderr(context.is_json(), context.settings().no_color)),
    };
    let server =
        Server::start(listener, context.local_services(), Arc::new(gate)).map_err(|error| failed(&error))?;
    context.show(&format!("Listening on {address}"));
    while signals.stop().is_none() && !signals.take_keyboard() {
        signals.wait(None).map_err(|error| failed(&error))?;
    }
    server.stop();
    Ok(())
}

fn failed(error: &std::io::Error) -> Failure {
    Failure::new(Code::Generic, "cannot serve keys").cause(crate::io::reason(error))
}

fn refused(endpoint: &Endpoint, error: &BindError) -> Failure {
    let name = match endpoint {
        Endpoint::Tcp(address) => address.clone(),
        Endpoint::Unix(path) => path.display().to_string(),
    };
    let failure = Failure::new(Code::Generic, format!("cannot listen on `{name}`")).cause(error.to_string());
    match (error, endpoint) {
        (BindError::Open(_), _) => failure
            .hint("listen on 127.0.0.1 or a socket, and let others come by SSH: ssh -L 5000:127.0.0.1:5000 HOST")
            .hint("if all who reach it may use your keys: --allow-network"),
        (BindError::Address(_), Endpoint::Tcp(address)) if address.contains('/') => {
            failure.hint("a socket needs --network unix")
        }
        (BindError::Address(_), _) => failure.hint("an address is HOST:PORT, such as 127.0.0.1:5000"),
        _ => failure,
    }
}

/// The person and the log.
struct Host {
    prompt: bool,
    verbose: bool,
    reporter: Mutex<Reporter<Stderr>>,
}

impl Host {
    fn say(&self, text: &str) {
        let mut reporter = self.reporter.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody is left to hear that it failed.
        let _ = reporter.note(text);
    }
}

impl Gate for Host {
    fn asks(&self) -> bool {
        self.prompt
    }

    fn admits(&self, asked: &Asked) -> bool {
        let (kind, recipient) = (asked.key.kind, asked.key.short_recipient());
        let question = match asked.verb {
            Verb::Wrap => format!("Wrap a data key for {kind} {recipient}?"),
            Verb::Unwrap => format!("Unwrap a data key of {kind} {recipient}?"),
        };
        Terminal.confirm(&question, "yes", Some("no")).unwrap_or(false)
    }

    fn done(&self, asked: &Asked, failure: Option<&str>) {
        if !self.verbose {
            return;
        }
        let (kind, recipient) = (asked.key.kind, asked.key.short_recipient());
        let verb = match asked.verb {
            Verb::Wrap => "wrapped",
            Verb::Unwrap => "unwrapped",
        };
        self.say(&match failure {
            None => format!("{verb} {kind} {recipient}"),
            Some(reason) => format!("not {verb} {kind} {recipient}: {reason}"),
        });
    }
}
