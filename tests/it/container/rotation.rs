//! Files that change while `seal run --watch` stays beside the app.

use super::engine::{Container, Engine};
use super::{APP, MARK, key_file, sealed, until, with_password};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// An app that tells what it hears, and how often it was started.
const LISTEN: &str = "\
trap 'echo \"HUP $(grep password /run/secrets/app.yaml)\"' HUP
trap 'echo TERM; exit 0' TERM
echo \"start $(grep password /run/secrets/app.yaml)\"
while :; do sleep 0.05; done
";

/// The line that the app prints of a password.
fn line(password: &str) -> String {
    format!("  password: '{password}-{MARK}'")
}

/// Starts `seal run --watch` on `/etc/seal/app.enc.yaml`, where `source` of the host is bound to `target`.
fn start<'e>(engine: &'e Engine, source: &Path, target: &str, flags: &[&str], app: &str) -> Container<'e> {
    let image = engine.image(&[("/etc/seal/.keep", 0o644, b"")], &[]);
    let key = key_file(&engine.bed, &format!("{image}.key"), 0);
    let [key, source] =
        [(key.as_path(), "/key"), (source, target)].map(|(from, to)| format!("{}:{to}:ro", from.display()));
    let options = ["--tmpfs", "/run/secrets:mode=0700,size=1m", "-v", &key, "-v", &source];
    let first = ["/seal", "run", "--key-file", "/key"];
    let last = ["/etc/seal/app.enc.yaml", "--", "/busybox", "sh", "-c", app];
    engine.start(&options, &image, &[&first, flags, &last].concat())
}

/// A folder of the bed with the encrypted file, and its text with other passwords.
fn folder(engine: &Engine) -> (std::path::PathBuf, impl Fn(&str) -> Vec<u8>) {
    let folder = engine.bed.path("sealed");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("app.enc.yaml"), sealed(&engine.bed, "first.enc.yaml", APP)).unwrap();
    (folder, |password: &str| sealed(&engine.bed, &format!("{password}.enc.yaml"), &with_password(password)))
}

/// Puts the file there as Git and editors do.
fn replace(folder: &Path, content: &[u8]) {
    fs::write(folder.join("new"), content).unwrap();
    fs::rename(folder.join("new"), folder.join("app.enc.yaml")).unwrap();
}

#[test]
fn w1_directory_bind() {
    let Some(engine) = Engine::new() else { return };
    let (folder, content) = folder(&engine);
    let container = start(&engine, &folder, "/etc/seal", &["--watch", "--on-change", "signal:HUP"], LISTEN);
    container.says(&format!("start {}", line("first")));
    let generation = || fs::read_link(container.path("/run/secrets/..data")).unwrap();
    let first = generation();
    replace(&folder, &content("renamed"));
    container.says(&format!("HUP {}", line("renamed")));
    let second = generation();
    assert_ne!(first, second);
    fs::write(folder.join("app.enc.yaml"), content("inplace")).unwrap();
    container.says(&format!("HUP {}", line("inplace")));
    // Half of it keeps the last good set; the rest is taken when it is there.
    let whole = content("whole");
    let third = generation();
    fs::write(folder.join("app.enc.yaml"), &whole[..whole.len() / 2]).unwrap();
    container.says("\"keep\"");
    assert_eq!(generation(), third);
    assert!(fs::read_to_string(container.path("/run/secrets/app.yaml")).unwrap().contains(&line("inplace")));
    fs::write(folder.join("app.enc.yaml"), &whole).unwrap();
    let logs = container.says(&format!("HUP {}", line("whole")));
    assert_eq!(logs.matches("HUP ").count(), 3, "once for each set: {logs}");
    assert_eq!(logs.matches("start ").count(), 1, "{logs}");
    container.docker(&["stop"]).ok();
    assert_eq!(container.wait(), 0);
}

#[test]
fn w2_file_bind() {
    let Some(engine) = Engine::new() else { return };
    let (folder, content) = folder(&engine);
    let file = folder.join("app.enc.yaml");
    let flags = ["--watch=1", "--on-change", "signal:HUP"];
    let container = start(&engine, &file, "/etc/seal/app.enc.yaml", &flags, LISTEN);
    let logs = container.says("start ");
    let warned = logs.lines().any(|line| line.starts_with("warning") && line.contains("app.enc.yaml"));
    assert!(warned, "that a renamed file is not seen: {logs}");
    fs::write(&file, content("inplace")).unwrap();
    container.says(&format!("HUP {}", line("inplace")));
}

#[test]
fn w3_data_link_is_switched() {
    let Some(engine) = Engine::new() else { return };
    let folder = engine.bed.path("map");
    let put = |name: &str, content: &[u8]| {
        fs::create_dir_all(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("app.enc.yaml"), content).unwrap();
        symlink(name, folder.join("..data_tmp")).unwrap();
        fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    };
    put("..1", &sealed(&engine.bed, "first.enc.yaml", APP));
    symlink("..data/app.enc.yaml", folder.join("app.enc.yaml")).unwrap();
    let container = start(&engine, &folder, "/etc/seal", &["--watch", "--on-change", "signal:HUP"], LISTEN);
    container.says("start ");
    for (name, password) in [("..2", "second"), ("..3", "third")] {
        put(name, &sealed(&engine.bed, "next.enc.yaml", &with_password(password)));
        container.says(&format!("HUP {}", line(password)));
    }
}

#[test]
fn w4_actions_none_and_signal() {
    let Some(engine) = Engine::new() else { return };
    let (folder, content) = folder(&engine);
    // An app that HUP would kill.
    let container = start(&engine, &folder, "/etc/seal", &["--watch"], "echo ready; exec /busybox sleep 100");
    container.says("ready");
    replace(&folder, &content("second"));
    until("the new set", || {
        let text = fs::read_to_string(container.path("/run/secrets/app.yaml")).unwrap();
        text.contains(&line("second")).then_some(())
    });
    container.says("\"change\"");
    assert_eq!(container.inspect("{{.State.Running}} {{.RestartCount}}"), "true 0");
    drop(container);

    let flags = ["--watch", "--on-change", "signal:USR1"];
    let app = format!("trap 'echo heard USR1' USR1\n{LISTEN}");
    let container = start(&engine, &folder, "/etc/seal", &flags, &app);
    container.says("start ");
    replace(&folder, &content("third"));
    let logs = container.says("heard USR1");
    assert!(!logs.contains("HUP "), "{logs}");
}

#[test]
fn w4_action_restart() {
    let Some(engine) = Engine::new() else { return };
    let (folder, content) = folder(&engine);
    let container = start(&engine, &folder, "/etc/seal", &["--watch", "--on-change", "restart"], LISTEN);
    container.says("start ");
    replace(&folder, &content("second"));
    let logs = container.says(&format!("start {}", line("second")));
    assert!(logs.contains("TERM"), "asked first: {logs}");
    // One that does not listen is killed after the time that was given.
    let stubborn = LISTEN.replace("trap 'echo TERM; exit 0' TERM", "trap 'echo TERM' TERM");
    let flags = ["--watch", "--on-change", "restart:1"];
    let other = start(&engine, &folder, "/etc/seal", &flags, &stubborn);
    other.says(&format!("start {}", line("second")));
    replace(&folder, &content("third"));
    other.says(&format!("start {}", line("third")));
    container.says(&format!("start {}", line("third")));
    assert_eq!(other.inspect("{{.State.Running}} {{.RestartCount}}"), "true 0");
}

#[test]
fn w4_action_exit() {
    let Some(engine) = Engine::new() else { return };
    let (folder, content) = folder(&engine);
    let [plain, coded] = ["exit", "exit:42"]
        .map(|action| start(&engine, &folder, "/etc/seal", &["--watch", "--on-change", action], LISTEN));
    plain.says("start ");
    coded.says("start ");
    replace(&folder, &content("second"));
    assert_eq!(coded.wait(), 42, "{}", coded.logs());
    assert_eq!(plain.wait(), 0, "{}", plain.logs());
    assert!(coded.logs().contains("TERM"), "the app was asked: {}", coded.logs());
}
