//! A Docker engine through its command line: images from nothing, containers without network, all removed at the end.

use super::{busybox, left_out, static_program, until};
use crate::bed::{Bed, Done, Run};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

/// Seconds after which a command of the engine has failed.
const PATIENCE: &str = "60";

/// The engine as one test uses it, with a bed for the test's files.
pub(crate) struct Engine {
    pub(crate) bed: Bed,
    made: Mutex<Vec<[String; 2]>>,
}

impl Engine {
    /// The engine that answers, or none if these tests are left out.
    pub(crate) fn new() -> Option<Self> {
        static ANSWERS: OnceLock<bool> = OnceLock::new();
        let answers = *ANSWERS.get_or_init(|| {
            let mut version = Command::new("timeout");
            version.args([PATIENCE, "docker", "version"]).stdin(Stdio::null());
            // Files of other owners are part of the tests.
            rustix::process::geteuid().is_root() && version.output().is_ok_and(|done| done.status.success())
        });
        (!left_out("a Docker engine, and root", answers))
            .then(|| Self { bed: Bed::new(), made: Mutex::default() })
    }

    /// A run of `docker`.
    pub(crate) fn docker<S: AsRef<OsStr>>(&self, args: &[S]) -> Run<'_> {
        self.tool("docker", args)
    }

    /// A run of a program that talks to the engine, such as `docker-compose`.
    pub(crate) fn tool<S: AsRef<OsStr>>(&self, program: &str, args: &[S]) -> Run<'_> {
        let mut all = vec![OsStr::new(PATIENCE), OsStr::new(program)];
        all.extend(args.iter().map(AsRef::as_ref));
        settings(self.bed.run("timeout", &all))
    }

    /// A run of `docker` at a terminal, with the steps of `testdata/typist.py`.
    pub(crate) fn typed<S: AsRef<OsStr>>(&self, steps: &[&str], args: &[S]) -> Run<'_> {
        let typist = crate::bed::testdata().join("typist.py");
        let mut all = vec![typist.into_os_string()];
        all.extend(steps.iter().map(Into::into));
        all.extend(["--".into(), "docker".into()]);
        all.extend(args.iter().map(|arg| arg.as_ref().to_owned()));
        settings(self.bed.run("python3", &all)).env("TERM", "xterm")
    }

    /// A name that nothing else has. What has it is removed as `kind`: `container`, `volume`,
    /// `image`, `secret`, `service`, and `compose` for a project.
    pub(crate) fn name(&self, kind: &str) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("seal-test-{}-{number}", std::process::id());
        self.made.lock().unwrap().push([kind.to_owned(), name.clone()]);
        name
    }

    /// An image from nothing, with `/seal`, `/busybox` and these files, all of root: path, mode and content.
    /// `changes` are lines of a Dockerfile.
    pub(crate) fn image(&self, files: &[(&str, u32, &[u8])], changes: &[&str]) -> String {
        let name = self.name("image");
        let root = self.bed.path(&format!("{name}.root"));
        fs::create_dir(&root).unwrap();
        fs::copy(static_program(), root.join("seal")).unwrap();
        fs::copy(busybox(), root.join("busybox")).unwrap();
        for (path, mode, content) in files {
            let path = root.join(path.trim_start_matches('/'));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
        }
        let archive = self.bed.path(&format!("{name}.tar"));
        let pack = ["--create", "--owner=0", "--group=0", "--sort=name", "--file"].map(OsStr::new);
        let from = [archive.as_os_str(), OsStr::new("--directory"), root.as_os_str(), OsStr::new(".")];
        self.bed.run("tar", &[&pack[..], &from[..]].concat()).ok();
        let mut import = vec!["import".to_owned()];
        import.extend(changes.iter().flat_map(|change| ["--change".to_owned(), (*change).to_owned()]));
        import.extend([archive.to_str().unwrap().to_owned(), name.clone()]);
        self.docker(&import).ok();
        fs::remove_dir_all(&root).unwrap();
        fs::remove_file(&archive).unwrap();
        name
    }

    /// A volume made with these options of `docker volume create`.
    pub(crate) fn volume(&self, options: &[&str]) -> String {
        let name = self.name("volume");
        self.docker(&[&["volume", "create"], options, &[&name]].concat()).ok();
        name
    }

    /// A run of a container that ends by itself: options of `docker run`, image, command.
    pub(crate) fn run(&self, options: &[&str], image: &str, command: &[&str]) -> Run<'_> {
        self.docker(&self.line(&["--rm"], options, image, command))
    }

    /// The same at a terminal, with the steps of `testdata/typist.py`.
    pub(crate) fn run_typed(
        &self,
        steps: &[&str],
        options: &[&str],
        image: &str,
        command: &[&str],
    ) -> Run<'_> {
        self.typed(steps, &self.line(&["--rm", "--tty", "--interactive"], options, image, command))
    }

    /// A container in the background: options of `docker run`, image, command.
    pub(crate) fn start(&self, options: &[&str], image: &str, command: &[&str]) -> Container<'_> {
        let line = self.line(&["--detach"], options, image, command);
        self.docker(&line).ok();
        Container { engine: self, name: line[2].clone() }
    }

    /// Removes what `docker-compose --project-name NAME` made.
    fn remove_project(&self, name: &str) {
        let label = format!("label=com.docker.compose.project={name}");
        for (list, remove) in [
            (&["container", "ls", "--all"][..], &["container", "rm", "--force", "--volumes"][..]),
            (&["network", "ls"], &["network", "rm"]),
            (&["volume", "ls"], &["volume", "rm"]),
        ] {
            let found = self.docker(&[list, &["--quiet", "--filter", &label]].concat()).done().text();
            for id in found.lines() {
                let _ = self.docker(&[remove, &[id]].concat()).done();
            }
        }
    }

    fn line(&self, first: &[&str], options: &[&str], image: &str, command: &[&str]) -> Vec<String> {
        let name = self.name("container");
        let mut line: Vec<&str> = vec!["run", "--name", &name, "--pull", "never"];
        if !options.iter().any(|option| option.starts_with("--network")) {
            line.extend(["--network", "none"]);
        }
        line.extend([first, options, &[image], command].concat());
        line.into_iter().map(str::to_owned).collect()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let made = std::mem::take(self.made.get_mut().unwrap());
        for [kind, name] in made.iter().rev() {
            if kind == "compose" {
                self.remove_project(name);
                continue;
            }
            let remove: &[&str] = match kind.as_str() {
                "container" => &["container", "rm", "--force", "--volumes"],
                "image" => &["image", "rm", "--force"],
                kind => &[kind, "rm"],
            };
            let _ = self.docker(&[remove, &[name]].concat()).done();
        }
    }
}

/// The engine's settings, which the bed does not hand on by itself.
fn settings(mut run: Run<'_>) -> Run<'_> {
    for name in ["DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_BUILDKIT"] {
        if let Some(value) = std::env::var_os(name) {
            run = run.env(name, value);
        }
    }
    run
}

/// A container in the background.
pub(crate) struct Container<'e> {
    engine: &'e Engine,
    pub(crate) name: String,
}

impl Container<'_> {
    /// A run of `docker VERB [ARG...] NAME`.
    pub(crate) fn docker(&self, verb: &[&str]) -> Run<'_> {
        self.engine.docker(&[verb, &[&self.name]].concat())
    }

    /// A command in the container.
    pub(crate) fn exec(&self, options: &[&str], command: &[&str]) -> Run<'_> {
        self.engine.docker(&[&["exec"], options, &[&self.name], command].concat())
    }

    /// What `docker inspect --format` prints.
    pub(crate) fn inspect(&self, format: &str) -> String {
        self.docker(&["inspect", "--format", format]).ok().text().trim_end().to_owned()
    }

    /// The first process, as the host numbers it; 0 if it has ended.
    pub(crate) fn pid(&self) -> u32 {
        self.inspect("{{.State.Pid}}").parse().unwrap()
    }

    /// A path of the container's first process as the host sees it.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        Path::new("/proc").join(self.pid().to_string()).join("root").join(inside.trim_start_matches('/'))
    }

    /// What the container has written to its two streams so far.
    pub(crate) fn logs(&self) -> String {
        let done = self.docker(&["logs"]).ok();
        done.text() + &done.stderr
    }

    /// Waits until the logs hold `text`.
    pub(crate) fn says(&self, text: &str) -> String {
        let mut logs = String::new();
        let found = until(text, || {
            logs = self.logs();
            if logs.contains(text) {
                return Some(true);
            }
            (self.inspect("{{.State.Running}}") == "false").then_some(false)
        });
        // What was written last before the end.
        logs = self.logs();
        assert!(found || logs.contains(text), "ended without saying {text:?}:\n{logs}");
        logs
    }

    /// Waits for the end, and gives the exit code.
    pub(crate) fn wait(&self) -> i32 {
        self.docker(&["wait"]).ok().text().trim().parse().unwrap()
    }
}

/// Lines of output.
pub(crate) fn lines(done: &Done) -> Vec<String> {
    done.text().lines().map(str::to_owned).collect()
}

#[test]
fn a_container_of_nothing_but_the_static_program_runs() {
    let Some(engine) = Engine::new() else { return };
    let image = engine.image(&[("/etc/app/x", 0o644, b"here\n")], &["ENTRYPOINT [\"/seal\"]"]);
    let done = engine.run(&["--read-only", "--user", "65532:65532"], &image, &["--version"]).ok();
    assert!(done.text().starts_with("seal "), "{done}");
    let done = engine.run(&["--entrypoint", "/busybox"], &image, &["cat", "/etc/app/x"]).ok();
    assert_eq!(lines(&done), ["here"]);
}

#[test]
fn what_a_test_made_is_removed() {
    let Some(engine) = Engine::new() else { return };
    let image = engine.image(&[], &[]);
    let volume = engine.volume(&[]);
    let container = engine.start(&["-v", &format!("{volume}:/v")], &image, &["/busybox", "sleep", "100"]);
    assert!(container.path("/busybox").exists());
    let names = [image.clone(), volume.clone(), container.name.clone()];
    drop(engine);
    let engine = Engine::new().unwrap();
    let left = ["image ls", "volume ls", "container ls --all"]
        .map(|list| engine.docker(&list.split(' ').collect::<Vec<_>>()).ok().text());
    for name in names {
        assert!(!left.iter().any(|list| list.contains(&name)), "{name} is left: {left:?}");
    }
}
