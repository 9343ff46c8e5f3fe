//! The parts of a run, each by itself, and the floor below them: `cargo bench --bench micro`.
//!
//! Prints a line for each: its name, nanoseconds for one round (the median), and the bytes or pieces that a round
//! takes, after tabs. The document has the values that `benches/documents.py` makes; its file is the argument, encrypted
//! by seal for the key in `keys.example`.

#![allow(clippy::print_stdout)]

use seal::crypto::aead::Cipher;
use seal::crypto::envelope::Envelope;
use seal::crypto::mac::Mac;
use seal::doc::yaml::Yaml;
use seal::doc::{Edits, Format as _, Kind, Limits, Tree, Value};
use seal::keys::age::{AgeService, IdentitySources};
use seal::keys::{Effort, Nobody, Services};
use seal::sops::{Metadata, Sealed};
use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time for each part.
const BUDGET: Duration = Duration::from_millis(700);

/// Prints the median of as many rounds as the budget has, at least five.
fn bench<T>(name: &str, size: usize, mut round: impl FnMut() -> T) {
    let start = Instant::now();
    let mut taken = Vec::new();
    while taken.len() < 5 || start.elapsed() < BUDGET {
        let before = Instant::now();
        black_box(round());
        taken.push(before.elapsed().as_nanos());
    }
    taken.sort_unstable();
    println!("{name}\t{}\t{size}", taken[taken.len() / 2]);
}

/// The texts of all leaves.
fn texts<'t>(tree: &'t Tree<'_>) -> Vec<&'t [u8]> {
    let text = |kind: &'t Kind<'_>| match kind {
        Kind::Leaf(Value::Str(text)) => Some(&**text),
        _ => None,
    };
    tree.nodes.iter().filter_map(|node| text(&node.kind)).collect()
}

fn services() -> Services {
    let key_file = Some(PathBuf::from("keys.example/identity.txt"));
    Services::new()
        .with(AgeService::new(IdentitySources { key_file, ..IdentitySources::default() }, Arc::new(Nobody)))
}

fn unwrap_key(metadata: &Metadata) -> Result<Vec<u8>, Box<dyn Error>> {
    let key = metadata.groups.iter().flat_map(|group| &group.keys).next().ok_or("no key")?;
    Ok(services().unwrap(key, Effort::Quiet)?.to_vec())
}

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench`.
    let Some(path) = std::env::args().skip(1).find(|word| !word.starts_with("--")) else {
        return Err("cargo bench --bench micro -- FILE".into());
    };
    let source = std::fs::read(&path)?;
    let limits = Limits::default();
    let sealed = Sealed::load(&Yaml, &source, false, &limits)?;
    let tree = &sealed.tree;
    let key = unwrap_key(&sealed.metadata)?;
    let cipher = Cipher::new(&key)?;
    let tokens: Vec<&[u8]> = texts(tree).into_iter().filter(|text| Envelope::parse(text).is_ok()).collect();

    bench("read", source.len(), || std::fs::read(&path));
    let nonce = [7; 32];
    let mut block = vec![0; 1 << 20];
    bench("aes-gcm, one block", block.len(), || cipher.seal(&nonce, b"", &mut block));
    let (ours, theirs) = (x25519_dalek::StaticSecret::from([3; 32]), x25519_dalek::PublicKey::from([9; 32]));
    bench("x25519", 1, || ours.diffie_hellman(&theirs));
    bench("unwrap", 1, || unwrap_key(&sealed.metadata));
    bench("parse", source.len(), || Yaml.parse(&source, &limits).map(|tree| tree.nodes.len()));
    bench("plan", tree.nodes.len(), || sealed.plan().map(|plan| plan.steps.len()));
    let mut bytes = Vec::new();
    bench("envelope", tokens.len(), || {
        bytes.clear();
        for token in &tokens {
            let _ = black_box(Envelope::parse(token).map(|envelope| envelope.decode(&mut bytes)));
        }
    });
    let values: Vec<Vec<u8>> = tokens.iter().map(|token| token[..24.min(token.len())].to_vec()).collect();
    let mut scratch = Vec::new();
    bench("aead", values.len(), || {
        for value in &values {
            scratch.clear();
            scratch.extend_from_slice(value);
            let _ = black_box(cipher.seal(&nonce, b"section:key:", &mut scratch));
        }
    });
    bench("mac", values.len(), || {
        let mut mac = Mac::new(false);
        values.iter().for_each(|value| mac.update(value));
        mac.finish()
    });
    bench("splice", tree.nodes.len(), || {
        let mut edits = Edits::with_capacity(tree.nodes.len(), source.len());
        for node in tree.nodes.iter().filter(|node| matches!(node.kind, Kind::Leaf(_))) {
            edits.replace(node.span, b"a value of some length");
        }
        edits.apply(&source)
    });
    Ok(())
}
