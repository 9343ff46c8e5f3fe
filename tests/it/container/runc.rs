//! One container by `runc` alone, in tens of milliseconds: users, capabilities, mounts, PID 1, signals.
//!
//! The root is an overlay over a folder with `/seal` and `/busybox`, so what a run writes to disk can be listed.

use super::{busybox, left_out, static_program, until};
use crate::bed::{Bed, Run};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What Docker gives to root.
const CAPABILITIES: [&str; 14] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
];

/// The folders that are in every image.
const FOLDERS: [&str; 9] = ["dev", "etc/app", "proc", "run/secrets", "sys", "tmp", "target", "key", "disk"];

/// Mounts the overlay where only this process and its children see it, and becomes `runc`.
const START: &str = "cd \"$1\" && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay rootfs \
     && eval \"$4\" && exec runc --root \"$2\" run --bundle \"$1\" \"$3\"";

/// A container about to run: root, no network, Docker's mounts and capabilities unless told otherwise.
pub(crate) struct Bundle {
    pub(crate) bed: Bed,
    args: Vec<String>,
    env: Vec<String>,
    cwd: String,
    user: (u32, u32),
    capabilities: Vec<String>,
    no_new_privileges: bool,
    read_only: bool,
    terminal: bool,
    mounts: Vec<Value>,
    limits: Vec<Value>,
    prepare: String,
}

impl Bundle {
    /// A container with `/seal`, `/busybox`, and empty folders `/run/secrets`, `/target`, `/etc/app`, `/key`, `/disk` and `/tmp`;
    /// none if these tests are left out.
    pub(crate) fn new() -> Option<Self> {
        static IS_THERE: OnceLock<bool> = OnceLock::new();
        let is_there = *IS_THERE.get_or_init(|| {
            rustix::process::geteuid().is_root()
                && Command::new("runc").arg("--version").output().is_ok_and(|done| done.status.success())
        });
        if left_out("runc, and root", is_there) {
            return None;
        }
        let bed = Bed::new();
        for folder in ["upper", "work", "rootfs", "state"] {
            fs::create_dir_all(bed.path("bundle").join(folder)).unwrap();
        }
        let lower = bed.path("bundle/lower");
        for folder in FOLDERS {
            fs::create_dir_all(lower.join(folder)).unwrap();
        }
        fs::copy(busybox(), lower.join("busybox")).unwrap();
        let program = static_program();
        if fs::hard_link(&program, lower.join("seal")).is_err() {
            fs::copy(&program, lower.join("seal")).unwrap();
        }
        Some(Self {
            bed,
            args: Vec::new(),
            env: vec!["PATH=/".to_owned()],
            cwd: "/".to_owned(),
            user: (0, 0),
            capabilities: CAPABILITIES.map(str::to_owned).to_vec(),
            no_new_privileges: false,
            read_only: false,
            terminal: false,
            mounts: Vec::new(),
            limits: Vec::new(),
            prepare: "set -e".to_owned(),
        })
    }

    /// What the container runs: a path and its arguments.
    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(|arg| (*arg).to_owned()).collect();
        self
    }

    /// A shell script to run.
    pub(crate) fn script(self, script: &str) -> Self {
        self.args(&["/busybox", "sh", "-c", script])
    }

    /// User and group of the first process.
    pub(crate) fn user(mut self, uid: u32, gid: u32) -> Self {
        self.user = (uid, gid);
        self
    }

    /// A variable of the environment, which holds `PATH=/` and nothing else.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push(format!("{name}={value}"));
        self
    }

    /// The folder to start in.
    pub(crate) fn cwd(mut self, folder: &str) -> Self {
        folder.clone_into(&mut self.cwd);
        self
    }

    /// The capabilities, with `CAP_`, in the place of Docker's.
    pub(crate) fn capabilities(mut self, names: &[&str]) -> Self {
        self.capabilities = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// As `--security-opt no-new-privileges`.
    pub(crate) fn no_new_privileges(mut self) -> Self {
        self.no_new_privileges = true;
        self
    }

    /// As `--read-only`.
    pub(crate) fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// With a terminal: `runc` itself has to be started at one, by `typed`.
    pub(crate) fn terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    /// A limit, such as `RLIMIT_NOFILE`.
    pub(crate) fn limit(mut self, name: &str, soft: u64, hard: u64) -> Self {
        self.limits.push(json!({ "type": name, "soft": soft, "hard": hard }));
        self
    }

    /// A mount, with comma-separated options.
    pub(crate) fn mount(mut self, kind: &str, source: &str, target: &str, options: &str) -> Self {
        let options: Vec<_> = options.split(',').filter(|option| !option.is_empty()).collect();
        // The mount point must be there: runc would make it, and be found among what was written.
        fs::create_dir_all(self.bed.path("bundle/lower").join(target.trim_start_matches('/'))).unwrap();
        self.mounts
            .push(json!({ "destination": target, "type": kind, "source": source, "options": options }));
        self
    }

    /// An empty folder in memory: options such as `mode=0700,uid=1000`.
    pub(crate) fn mount_tmpfs(self, target: &str, options: &str) -> Self {
        // With a folder underneath, runc takes the mode from there.
        if let Some(mode) = options.split(',').find_map(|option| option.strip_prefix("mode=")) {
            let folder = self.image(target);
            fs::create_dir_all(&folder).unwrap();
            let mode = u32::from_str_radix(mode, 8).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        }
        self.mount("tmpfs", "tmpfs", target, &format!("nosuid,nodev,noexec,{options}"))
    }

    /// A folder of the host; `ro` or nothing as options.
    pub(crate) fn bind(self, source: &Path, target: &str, options: &str) -> Self {
        self.mount("none", source.to_str().unwrap(), target, &format!("rbind,{options}"))
    }

    /// A script of the host that runs as root in the folder `bundle` of the bed before the container starts. What it mounts,
    /// only the container sees.
    pub(crate) fn prepare(mut self, script: &str) -> Self {
        self.prepare = format!("{}\n{script}", self.prepare);
        self
    }

    /// A file of the image, on disk, with owner and mode.
    pub(crate) fn file(self, path: &str, content: &[u8], owner: (u32, u32), mode: u32) -> Self {
        let at = self.image(path);
        fs::write(&at, content).unwrap();
        std::os::unix::fs::chown(&at, Some(owner.0), Some(owner.1)).unwrap();
        fs::set_permissions(&at, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// A path in the image, to be laid out before the start.
    pub(crate) fn image(&self, path: &str) -> PathBuf {
        let at = self.bed.path("bundle/lower").join(path.trim_start_matches('/'));
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        at
    }

    /// A run to the end.
    pub(crate) fn run(&self) -> Run<'_> {
        let (program, args) = self.command();
        self.bed.run(program, &args)
    }

    /// The same at a terminal, with the steps of `testdata/typist.py`; for a bundle with a `terminal`.
    pub(crate) fn typed(&self, steps: &[&str]) -> Run<'_> {
        let (program, args) = self.command();
        let mut all = vec![crate::bed::testdata().join("typist.py").into_os_string()];
        all.extend(steps.iter().map(Into::into));
        all.extend(["--".into(), program.into()]);
        all.extend(args);
        self.bed.run("python3", &all)
    }

    /// Starts the container, its standard input being `stdin`; returns as soon as its first process runs.
    pub(crate) fn start(&self, stdin: Stdio) -> Running<'_> {
        let (program, args) = self.command();
        let [out, err] = ["out", "err"].map(|name| File::create(self.bed.path(name)).unwrap());
        let mut command = Command::new(program);
        command.args(&args).stdin(stdin).stdout(out).stderr(err);
        let mut child = command.spawn().unwrap();
        let id = args[args.len() - 2].to_str().unwrap().to_owned();
        let state = self.state();
        let pid = until("the container's start", || {
            if child.try_wait().unwrap().is_some() {
                return Some(None);
            }
            let mut look = Command::new("runc");
            let state = look.arg("--root").arg(&state).args(["state", &id]).output().unwrap().stdout;
            let state: Value = serde_json::from_slice(&state).ok()?;
            (state["status"] == "running").then(|| state["pid"].as_u64())
        });
        Running { bundle: self, child, id, pid }
    }

    /// What is on disk now that was not in the image: path → kind, mode, owner and content.
    pub(crate) fn written(&self) -> BTreeMap<String, String> {
        let upper = self.bed.path("bundle/upper");
        let mut found = BTreeMap::new();
        let mut open = vec![upper.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let meta = fs::symlink_metadata(&path).unwrap();
                let what = if meta.is_symlink() {
                    format!("link to {}", fs::read_link(&path).unwrap().display())
                } else if meta.is_dir() {
                    open.push(path.clone());
                    "folder".to_owned()
                } else if meta.file_type().is_char_device() {
                    // How an overlay says so.
                    "removed".to_owned()
                } else {
                    format!("file {:?}", fs::read(&path).map_err(|e| e.kind()))
                };
                let owner = format!("{:o} {}:{}", meta.mode() & 0o7777, meta.uid(), meta.gid());
                found.insert(
                    path.strip_prefix(&upper).unwrap().display().to_string(),
                    format!("{owner} {what}"),
                );
            }
        }
        found
    }

    fn state(&self) -> PathBuf {
        self.bed.path("bundle/state")
    }

    /// Writes the configuration, and gives the command that becomes `runc run`, the container's name last but one.
    fn command(&self) -> (&'static str, Vec<OsString>) {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let id = format!("seal-test-{}-r{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = self.bed.path("bundle");
        fs::write(folder.join("config.json"), self.configuration().to_string()).unwrap();
        let start = ["--mount", "--propagation", "private", "sh", "-c", START, "sh"];
        let mut args: Vec<OsString> = start.map(Into::into).to_vec();
        args.extend([folder.into(), self.state().into(), id.into(), self.prepare.clone().into()]);
        ("unshare", args)
    }

    fn configuration(&self) -> Value {
        let mount = |target: &str, kind: &str, options: &str| {
            let options: Vec<_> = options.split(',').collect();
            json!({ "destination": target, "type": kind, "source": kind, "options": options })
        };
        let mut mounts = vec![
            mount("/proc", "proc", "nosuid,noexec,nodev"),
            mount("/dev", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"),
            mount("/dev/pts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"),
            mount("/sys", "sysfs", "nosuid,noexec,nodev,ro"),
        ];
        mounts.extend(self.mounts.iter().cloned());
        let capabilities: BTreeMap<_, _> =
            ["bounding", "effective", "permitted"].iter().map(|set| (*set, &self.capabilities)).collect();
        let namespaces = ["pid", "network", "ipc", "uts", "mount"].map(|kind| json!({ "type": kind }));
        json!({
            "ociVersion": "1.0.2",
            "root": { "path": "rootfs", "readonly": self.read_only },
            "hostname": "container",
            "process": {
                "terminal": self.terminal,
                "user": { "uid": self.user.0, "gid": self.user.1 },
                "args": self.args,
                "env": self.env,
                "cwd": self.cwd,
                "noNewPrivileges": self.no_new_privileges,
                "capabilities": capabilities,
                "rlimits": self.limits,
            },
            "mounts": mounts,
            "linux": {
                "namespaces": namespaces,
            },
        })
    }
}

/// A container in the background; ended on drop.
pub(crate) struct Running<'b> {
    bundle: &'b Bundle,
    child: Child,
    id: String,
    pid: Option<u64>,
}

impl Running<'_> {
    /// The first process, as the host numbers it.
    ///
    /// # Panics
    /// If it ended before it was seen to run.
    pub(crate) fn pid(&self) -> u64 {
        self.pid.unwrap_or_else(|| panic!("it has ended: {}{}", self.stdout(), self.stderr()))
    }

    /// A path of the first process as the host sees it.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root/{}", self.pid(), inside.trim_start_matches('/')))
    }

    /// Sends a signal to the first process: `TERM`, `9`.
    pub(crate) fn signal(&self, signal: &str) {
        let root = self.bundle.state();
        self.bundle.bed.run("runc", &["--root", root.to_str().unwrap(), "kill", &self.id, signal]).ok();
    }

    /// A command in the container.
    pub(crate) fn exec(&self, command: &[&str]) -> Run<'_> {
        let root = self.bundle.state();
        let first = ["--root", root.to_str().unwrap(), "exec", &self.id];
        self.bundle.bed.run("runc", &[&first, command].concat())
    }

    /// Standard output so far.
    pub(crate) fn stdout(&self) -> String {
        self.bundle.bed.text("out")
    }

    /// Standard error so far.
    pub(crate) fn stderr(&self) -> String {
        self.bundle.bed.text("err")
    }

    /// Waits until standard output or standard error holds `text`.
    pub(crate) fn says(&self, text: &str) {
        until(text, || (self.stdout().contains(text) || self.stderr().contains(text)).then_some(()));
    }

    /// Waits for the end, and gives the exit code as shells see it: 128 and the number of a signal.
    pub(crate) fn wait(&mut self) -> i32 {
        let status = until("the container's end", || self.child.try_wait().unwrap());
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap())
    }

    /// The same if it ends within so long.
    pub(crate) fn wait_for(&mut self, time: Duration) -> Option<i32> {
        let start = std::time::Instant::now();
        while start.elapsed() < time {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status.code().unwrap_or_else(|| 128 + status.signal().unwrap()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let mut delete = Command::new("runc");
            let _ =
                delete.arg("--root").arg(self.bundle.state()).args(["delete", "--force", &self.id]).output();
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

#[test]
fn a_bundle_runs_as_told() {
    let Some(bundle) = Bundle::new() else { return };
    let bundle = bundle
        .script("id -u; id -g; stat -c '%a %u %T' /target; stat -f -c %T /target; grep CapEff /proc/self/status; cat /etc/app/x")
        .user(1000, 2000)
        .mount_tmpfs("/target", "mode=0750,uid=1000,size=4k")
        .file("/etc/app/x", b"here", (1000, 0), 0o400);
    let done = bundle.run().ok();
    assert_eq!(done.text(), "1000\n2000\n750 1000 0\ntmpfs\nCapEff:\t0000000000000000\nhere");
    assert_eq!(bundle.written(), BTreeMap::new());
    let done = bundle.args(&["/seal", "--version"]).run().ok();
    assert!(done.text().starts_with("seal "), "{done}");
}

#[test]
fn a_bundle_shows_what_was_written_to_disk() {
    let Some(bundle) = Bundle::new() else { return };
    let bundle =
        bundle.script("echo secret > /disk/x; rm /etc/app/y; exit 7").file("/etc/app/y", b"", (0, 0), 0o644);
    assert_eq!(bundle.run().done().code, Some(7));
    let written = bundle.written();
    let names: Vec<_> = written.keys().map(String::as_str).collect();
    assert_eq!(names, ["disk", "disk/x", "etc", "etc/app", "etc/app/y"], "{written:?}");
    assert_eq!(written["disk/x"], format!("644 0:0 file {:?}", Ok::<_, std::io::ErrorKind>(b"secret\n")));
    assert!(written["etc/app/y"].ends_with("removed"), "{written:?}");
}

#[test]
fn a_bundle_gets_signals_and_gives_exit_codes() {
    let Some(bundle) = Bundle::new() else { return };
    let bundle = bundle.script("trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.1; done");
    let mut running = bundle.start(Stdio::null());
    running.says("ready");
    assert!(running.path("/busybox").exists());
    assert_eq!(running.exec(&["/busybox", "echo", "two"]).ok().text(), "two\n");
    running.signal("TERM");
    assert_eq!(running.wait(), 3);
    assert!(running.stdout().ends_with("got it\n"));
    let mut running = bundle.start(Stdio::null());
    running.says("ready");
    assert_eq!(running.wait_for(Duration::from_millis(50)), None);
    running.signal("KILL");
    assert_eq!(running.wait(), 137);
}

#[test]
fn a_bundle_has_a_terminal() {
    let Some(bundle) = Bundle::new() else { return };
    let bundle = bundle.terminal().script("[ -t 0 ] && [ -t 2 ] && echo ready; read line; echo \"<$line>\"");
    bundle.typed(&["=ready", ">abc\\r", "=<abc>"]).ok();
}
