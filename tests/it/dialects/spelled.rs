//! Values that `seal` spells are read back by every reader.

use super::read;
use super::readers::Reader;
use crate::bed::Bed;
use crate::dotenv::values;
use seal::doc::Dialect;
use std::collections::BTreeMap;

/// Entries in a file.
const CHUNK: usize = 1000;

/// PyYAML reads what PyYAML writes.
const TO_JSON: &str = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";

/// The line of an entry, if there is one.
fn line(dialect: Dialect, name: &str, value: &str) -> Option<Vec<u8>> {
    let spelled = dialect.spell(name.as_bytes(), value.as_bytes()).ok()?;
    Some([name.as_bytes(), b"=", &spelled, b"\n"].concat())
}

/// Values with names of their own that have a spelling, and the file that holds them.
pub(crate) fn spelled(dialect: Dialect) -> (Vec<u8>, BTreeMap<String, String>) {
    let (mut text, mut expected) = (Vec::new(), BTreeMap::new());
    let all = values();
    for (number, value) in all.iter().enumerate() {
        let name = format!("V{number}");
        if let Some(line) = line(dialect, &name, value) {
            text.extend(line);
            expected.insert(name, value.clone());
        }
    }
    // Shells and systemd have a spelling for every value.
    let least = match dialect {
        Dialect::Shell | Dialect::Systemd => all.len(),
        Dialect::Docker | Dialect::Compose | Dialect::Dotenv => all.len() * 3 / 4,
    };
    assert!(expected.len() >= least, "{dialect}: {} of {}", expected.len(), all.len());
    (text, expected)
}

#[test]
fn spelled_values_are_read_back() {
    let bed = Bed::new();
    for dialect in Dialect::ALL {
        let (text, expected) = spelled(dialect);
        let ours = read(dialect, &text).unwrap();
        assert_same(dialect.name(), &expected, &ours);
        // Some readers take a time that grows with the square of the size.
        let lines: Vec<(String, String)> = expected.into_iter().collect();
        let files: Vec<_> = lines
            .chunks(CHUNK)
            .enumerate()
            .map(|(number, chunk)| {
                let text: Vec<Vec<u8>> =
                    chunk.iter().map(|(name, value)| line(dialect, name, value).unwrap()).collect();
                bed.write(&format!("{dialect}{number}.env"), text.concat())
            })
            .collect();
        for reader in Reader::of(dialect) {
            for (chunk, seen) in lines.chunks(CHUNK).zip(reader.read(&bed, &files)) {
                assert_same(&format!("{reader:?}"), &chunk.iter().cloned().collect(), &seen.unwrap());
            }
        }
    }
}

pub(crate) fn assert_same(
    reader: &str,
    expected: &BTreeMap<String, String>,
    seen: &BTreeMap<String, String>,
) {
    let wrong: Vec<_> =
        expected.iter().filter(|(name, value)| seen.get(*name) != Some(value)).take(5).collect();
    let got: Vec<_> = wrong.iter().map(|(name, _)| seen.get(*name)).collect();
    assert!(wrong.is_empty(), "{reader}: {wrong:?} became {got:?}");
    assert_eq!(seen.len(), expected.len(), "{reader}");
}

/// What `docker-compose` makes of a file, with the engine left alone.
#[test]
fn docker_compose_sees_what_was_spelled() {
    if !Reader::Compose.is_here() {
        return;
    }
    let bed = Bed::new();
    let (text, expected) = spelled(Dialect::Compose);
    bed.write("values.env", text);
    bed.write("c.yml", "version: '2.4'\nservices:\n  app:\n    image: x\n    env_file: values.env\n");
    let config = bed.run("docker-compose", &["-f", "c.yml", "config"]).ok().text();
    let config = bed.run("/usr/bin/python3", &["-c", TO_JSON]).stdin(config).ok().text();
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    let seen = config["services"]["app"]["environment"].as_object().unwrap();
    // Its output is a template again.
    let pair = |(name, value): (&String, &serde_json::Value)| {
        (name.clone(), value.as_str().unwrap().replace("$$", "$"))
    };
    // What YAML takes for a line end does not survive there; the loader of the same program keeps it.
    let exact = |name: &String| !expected[name].contains(['\u{85}', '\u{2028}', '\u{2029}']);
    let seen = seen.iter().map(pair).filter(|(name, _)| exact(name)).collect();
    let wanted = expected.iter().filter(|(name, _)| exact(name));
    assert_same(
        "docker-compose",
        &wanted.map(|(name, value)| (name.clone(), value.clone())).collect(),
        &seen,
    );
}
