//! Two containers that share a folder in memory: one renders, the other reads.

use super::engine::Engine;
use super::{APP, key_file, recipe, sealed, until, with_password};
use rustix::fs::inotify;
use std::fs;
use std::mem::MaybeUninit;
use std::path::Path;

/// Waits until something with this name is moved into the folder.
struct Moves(rustix::fd::OwnedFd);

impl Moves {
    fn of(folder: &Path) -> Self {
        let watch = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&watch, folder, inotify::WatchFlags::MOVED_TO).unwrap();
        Self(watch)
    }

    /// Waits for one, and gives the names of all that were seen with it.
    fn wait(&self) -> Vec<String> {
        until("a move into the folder", || {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut reader = inotify::Reader::new(&self.0, &mut buffer);
            let mut names = Vec::new();
            while let Ok(event) = reader.next() {
                names.extend(event.file_name().map(|name| name.to_str().unwrap().to_owned()));
            }
            (!names.is_empty()).then_some(names)
        })
    }
}

/// The project of docs/recipes/compose-sidecar, in the bed; and its name.
fn project(engine: &Engine) -> String {
    let seal = engine.image(&[], &["ENTRYPOINT [\"/seal\"]"]);
    let app = engine.image(&[], &["CMD [\"/busybox\", \"sleep\", \"1000\"]"]);
    let key = key_file(&engine.bed, "app.key", 65532);
    let changes = [
        ("image: seal", format!("image: {seal}")),
        ("image: other-app", format!("image: {app}")),
        ("/srv/keys/app.key", key.display().to_string()),
    ];
    let changes: Vec<_> = changes.iter().map(|(from, to)| (*from, to.as_str())).collect();
    engine.bed.write("compose.yaml", recipe("compose-sidecar/compose.yaml", &changes));
    engine.bed.write("sealed/app.enc.yaml", sealed(&engine.bed, "first.enc.yaml", APP));
    engine.name("compose")
}

#[test]
fn w6_c1_compose_with_a_sidecar_that_rotates() {
    let Some(engine) = Engine::new() else { return };
    let project = project(&engine);
    let compose = |line: &[&str]| {
        engine.tool("docker-compose", &[&["-p", &project, "-f", "compose.yaml"], line].concat())
    };
    compose(&["up", "--detach", "--no-color"]).ok();
    let id = compose(&["ps", "--quiet", "app"]).ok().text().trim().to_owned();
    let pid = engine.docker(&["inspect", "--format", "{{.State.Pid}}", &id]).ok().text();
    let folder = Path::new("/proc").join(pid.trim()).join("root/run/secrets");
    let read = || fs::read_to_string(folder.join("app.yaml")).unwrap();
    assert_eq!(read(), APP, "it was there when the app started");
    let app = |script: &str| engine.docker(&["exec", &id, "/busybox", "sh", "-c", script]).done();
    // What the app sees, as its user.
    let done =
        app("id -u; stat -c '%a %u:%g' /run/secrets /run/secrets/..data/app.yaml; cat /run/secrets/app.yaml");
    assert_eq!(done.text(), format!("1000\n750 65532:1000\n440 65532:1000\n{APP}"), "{done}");
    for change in ["touch /run/secrets/x", "rm /run/secrets/app.yaml", "echo x > /run/secrets/app.yaml"] {
        let done = app(change);
        assert!(done.code != Some(0) && done.stderr.contains("Read-only file system"), "{done}");
    }
    let done = app("grep ' /run/secrets ' /proc/mounts; ls /run/secrets/seal.key");
    assert!(done.text().contains("noswap") && done.stderr.contains("No such file"), "{done}");

    let moves = Moves::of(&folder);
    for password in ["second", "third", "fourth"] {
        let text = with_password(password);
        engine.bed.write("sealed/new", sealed(&engine.bed, "next.enc.yaml", &text));
        fs::rename(engine.bed.path("sealed/new"), engine.bed.path("sealed/app.enc.yaml")).unwrap();
        assert_eq!(moves.wait(), ["..data"]);
        assert_eq!(read(), text);
    }

    // The sidecar may go and come back: the app keeps what it has.
    compose(&["stop", "secrets"]).ok();
    assert_eq!(read(), with_password("fourth"));
    compose(&["start", "secrets"]).ok();
    let text = with_password("fifth");
    engine.bed.write("sealed/app.enc.yaml", sealed(&engine.bed, "next.enc.yaml", &text));
    until("the sidecar's work", || (read() == text).then_some(()));
    compose(&["down", "--volumes"]).ok();
}

#[test]
fn w7_what_was_rendered_ends_with_the_holder() {
    let Some(engine) = Engine::new() else { return };
    let sealed = sealed(&engine.bed, "app.enc.yaml", APP);
    let image = engine.image(&[("/etc/seal/app.enc.yaml", 0o644, &sealed)], &["ENTRYPOINT [\"/seal\"]"]);
    let options = ["type=tmpfs", "device=tmpfs", "o=size=1m,mode=0700,noswap"];
    let options: Vec<_> = options.iter().flat_map(|option| ["--opt", option]).collect();
    let volume = engine.volume(&options);
    let key = format!("{}:/key:ro", key_file(&engine.bed, "key", 0).display());
    let mount = format!("{volume}:/run/seal");
    let holder = engine.start(
        &["-v", &mount, "-v", &key],
        &image,
        &["mount", "--hold", "--key-file", "/key", "--into", "/run/seal", "/etc/seal/app.enc.yaml"],
    );
    let check = || engine.run(&["-v", &mount], &image, &["mount", "--check", "/run/seal"]).done().code;
    until("the first set", || (check() == Some(0)).then_some(()));
    holder.docker(&["stop"]).ok();
    assert_eq!(holder.inspect("{{.State.ExitCode}}"), "0", "{}", holder.logs());
    let list = ["--entrypoint", "/busybox", "-v", &mount];
    assert_eq!(engine.run(&list, &image, &["ls", "-A", "/run/seal"]).ok().text(), "");
    assert!(!matches!(check(), Some(0) | None), "{:?}", check());
}
