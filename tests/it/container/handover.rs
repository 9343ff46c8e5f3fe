//! What an app finds when `seal run` becomes it or stays beside it: signals, exit codes, what it inherits.
//!
//! Without a container, but where root runs the tests also as process 1 of a namespace, as in one.

use super::{left_out, until};
use crate::bed::{Bed, program, testdata};
use crate::cli::sealed;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Becoming the app, and staying beside it.
const WAYS: [&[&str]; 2] = [&[], &["--supervise"]];

/// An encrypted file and a folder in memory.
struct Stage {
    bed: Bed,
    into: PathBuf,
}

impl Stage {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let bed = Bed::new();
        sealed(&bed, "app.enc.yaml");
        let name = format!("seal-process-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let into = PathBuf::from("/dev/shm").join(name);
        fs::create_dir(&into).unwrap();
        Self { bed, into }
    }

    /// `seal run` with these flags and this app, perhaps as process 1, by way of other commands in front.
    fn run(&self, front: &[&str], flags: &[&str], app: &[&str]) -> Command {
        let seal = program();
        let mut words: Vec<&str> = front.to_vec();
        words.extend([seal.to_str().unwrap(), "run", "--into", self.into.to_str().unwrap()]);
        if !flags.contains(&"--audit") {
            words.extend(["--audit", "none"]);
        }
        words.extend(flags);
        words.extend(["app.enc.yaml", "--"]);
        words.extend(app);
        self.command(&words)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.bed.path("")).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("SOPS_AGE_KEY_FILE", testdata().join("vectors/keys.txt"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(&self.into).unwrap().next().is_none()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.into);
    }
}

/// Nothing in front, and what makes the program process 1, if this is root's run.
fn fronts() -> Vec<&'static [&'static str]> {
    const FIRST: &[&str] = &["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    if left_out("root, for process 1", rustix::process::geteuid().is_root()) {
        return vec![&[]];
    }
    vec![&[], FIRST]
}

/// The number of the program itself: the child of `unshare`, where that stands in front.
fn seal_of(child: &Child, front: &[&str]) -> u32 {
    let own = child.id();
    if front.is_empty() {
        return own;
    }
    until("a child of unshare", || {
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    })
}

fn send(pid: u32, signal: i32) {
    let done = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status().unwrap();
    assert!(done.success());
}

/// Waits until signal `number` waits instead of interrupting.
fn until_held(pid: u32, number: i32) {
    until("held signals", || {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        // `unshare` holds signals as well, before it becomes `seal`.
        if !status.starts_with("Name:\tseal\n") {
            return None;
        }
        let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:"))?;
        let blocked = u64::from_str_radix(blocked.trim(), 16).unwrap();
        (blocked & (1 << (number - 1)) != 0).then_some(())
    });
}

/// Reads until `text` has come.
fn read_until(child: &mut Child, text: &str) -> String {
    let stdout = child.stdout.as_mut().unwrap();
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        let mut byte = [0];
        let count = stdout.read(&mut byte).unwrap();
        assert_eq!(count, 1, "ended after {:?}", String::from_utf8_lossy(&read));
        read.push(byte[0]);
    }
    String::from_utf8_lossy(&read).into_owned()
}

/// Exit code, standard output and standard error; 128 and the number where a signal ended it.
fn end(mut command: Command, stdin: &str) -> (i32, String, String) {
    let mut child = command.spawn().unwrap();
    // Who does not read closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (code(output.status), text(&output.stdout), text(&output.stderr))
}

fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap())
}

/// P1
#[test]
fn p1_a_signal_before_the_app_ends_the_run() {
    let stage = Stage::new();
    for front in fronts() {
        for way in WAYS {
            for signal in [15, 2, 1, 3] {
                let flags = [way, &["--key-fd", "0"]].concat();
                // It waits for a key that does not come.
                let mut child = stage.run(front, &flags, &["echo", "marker"]).spawn().unwrap();
                // To wait for its end would close what it reads from.
                let _stdin = child.stdin.take();
                let pid = seal_of(&child, front);
                until_held(pid, signal);
                let start = Instant::now();
                send(pid, signal);
                let ended = child.wait().unwrap();
                let what = format!("{front:?} {way:?} {signal}");
                assert!(start.elapsed() < Duration::from_secs(5), "{what}");
                assert_eq!(ended.code(), Some(128 + signal), "{what}");
                let mut out = String::new();
                child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
                assert_eq!(out, "", "{what}");
                assert!(stage.is_empty(), "{what}");
            }
        }
    }
}

#[test]
fn descriptors_for_key_and_log_are_not_for_the_app() {
    let stage = Stage::new();
    let log = stage.bed.write("log", "");
    let key = testdata().join("vectors/keys.txt");
    let open = format!("exec 8>>{} 9<{}; exec \"$@\"", log.display(), key.display());
    for way in WAYS {
        let flags = [way, &["--audit", "fd:8", "--key-fd", "9"]].concat();
        let mut command = stage.run(&["sh", "-c", &open, "sh"], &flags, &["sh", "-c", "ls /proc/$$/fd; :"]);
        command.env_remove("SOPS_AGE_KEY_FILE");
        let (code, out, err) = end(command, "");
        assert_eq!(code, 0, "{err}");
        assert!(!out.lines().any(|number| ["8", "9"].contains(&number)), "{way:?}: {out}");
    }
    assert!(fs::read_to_string(&log).unwrap().contains("\"event\":\"handover\""));
}

/// P1
#[test]
fn p1_a_signal_while_a_key_service_is_silent_ends_the_run() {
    let stage = Stage::new();
    // Connections are made, and nothing is ever answered.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let ask =
        format!("python3 -c \"import socket; socket.create_connection(('127.0.0.1', {port})).recv(1)\"");
    for front in fronts() {
        for signal in [15, 2, 1, 3] {
            let mut command = stage.run(front, &[], &["echo", "marker"]);
            command.env_remove("SOPS_AGE_KEY_FILE").env("SOPS_AGE_KEY_CMD", &ask);
            let mut child = command.spawn().unwrap();
            let (_asking, _) = silent.accept().unwrap();
            let pid = seal_of(&child, front);
            let start = Instant::now();
            send(pid, signal);
            let ended = child.wait().unwrap();
            assert!(start.elapsed() < Duration::from_secs(5), "{front:?} {signal}");
            assert_eq!(ended.code(), Some(128 + signal), "{front:?} {signal}");
            let mut out = String::new();
            child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
            assert_eq!(out, "", "{front:?} {signal}");
            assert!(stage.is_empty(), "{front:?} {signal}");
        }
    }
}

/// P1: without a signal, the time is up.
#[test]
fn p1_a_silent_key_service_is_not_waited_for_ever() {
    let stage = Stage::new();
    let mut command = stage.run(&[], &["--timeout", "1"], &["echo", "marker"]);
    command.env_remove("SOPS_AGE_KEY_FILE").env("SOPS_AGE_KEY_CMD", "sleep 60");
    let (code, out, err) = end(command, "");
    assert_eq!((code, out.as_str()), (75, ""), "{err}");
    assert!(err.contains("error[E_TIMEOUT]") && err.contains("--timeout"), "{err}");
    assert!(stage.is_empty());
}

/// P2, without Docker
#[test]
fn signals_reach_the_app_and_its_exit_code_comes_back() {
    let app = "trap 'echo hup' HUP; trap 'echo usr' USR1; trap 'echo int' INT; trap 'exit 7' TERM; \
               echo ready; while :; do sleep 0.02; done";
    for front in fronts() {
        for way in WAYS {
            let stage = Stage::new();
            let mut child = stage.run(front, way, &["sh", "-c", app]).spawn().unwrap();
            let pid = seal_of(&child, front);
            read_until(&mut child, "ready\n");
            for (signal, answer) in [(1, "hup\n"), (10, "usr\n"), (2, "int\n")] {
                send(pid, signal);
                assert_eq!(read_until(&mut child, "\n"), answer, "{front:?} {way:?}");
            }
            send(pid, 15);
            assert_eq!(code(child.wait().unwrap()), 7, "{front:?} {way:?}");
            assert_eq!(stage.is_empty(), !way.is_empty(), "who stays removes the secrets: {front:?} {way:?}");
        }
    }
}

/// P5
#[test]
fn p5_ends_are_told_as_shells_do() {
    let stage = Stage::new();
    let bad = stage.bed.write("bad", "#!/no/such/interpreter\n");
    let plain = stage.bed.write("plain", "echo given to no shell\n");
    for file in [&bad, &plain] {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let cases: [(&[&str], i32); 8] = [
        (&["true"], 0),
        (&["sh", "-c", "exit 42"], 42),
        (&["sh", "-c", "kill -KILL $$"], 137),
        (&["sh", "-c", "kill -TERM $$"], 143),
        (&["/etc/passwd"], 126),
        (&["no-such-program"], 127),
        (&["./bad"], 127),
        (&["./plain"], 126),
    ];
    for way in WAYS {
        for (app, expected) in cases {
            let (code, out, err) = end(stage.run(&[], way, app), "");
            assert_eq!(code, expected, "{way:?} {app:?}: {err}");
            assert_eq!(out, "", "{way:?} {app:?}");
        }
    }
}

/// P5
#[test]
fn p5_orphans_are_reaped() {
    // The child of a child that ends: its new parent is seal.
    let app = "sh -c 'sleep 0.2 &'; \
               sleep 0.1; orphan=$(grep -l '^PPid:.'$PPID'$' /proc/[0-9]*/status | wc -l); \
               sleep 0.6; echo \"$orphan $(grep '^State:.Z' /proc/[0-9]*/status | wc -l)\"";
    for front in fronts().into_iter().filter(|front| !front.is_empty()) {
        let stage = Stage::new();
        let (code, out, err) = end(stage.run(front, &["--supervise"], &["sh", "-c", app]), "");
        // The app and the orphan, and no zombie.
        assert_eq!((code, out.as_str()), (0, "2 0\n"), "{err}");
    }
}

/// P3
#[test]
fn p3_the_app_finds_what_it_would_find_without_us() {
    let front = ["sh", "-c", "umask 027; ulimit -c 1; ulimit -n 77; trap '' HUP USR1; exec \"$@\"", "sh"];
    let look = "grep -E '^(Sig(Blk|Ign)|Shd|Uid|Gid|Groups|Cap|NoNewPrivs)' /proc/self/status; umask; pwd; \
                ulimit -a; cat /proc/self/oom_score_adj /proc/self/limits; echo $$ >&2; ls /proc/$$/fd";
    let stage = Stage::new();
    let app = ["sh", "-c", look];
    let (code, without, err) = end(stage.command(&[&front[..], &app].concat()), "");
    assert_eq!(code, 0, "{err}");
    for way in WAYS {
        let (code, with, err) = end(stage.run(&front, way, &app), "");
        assert_eq!(code, 0, "{way:?} {err}");
        for (with, without) in with.lines().zip(without.lines()) {
            // The C library ignores two of its own signals in every child that it makes for a program.
            let bits = |line: &str| {
                let bits = line.strip_prefix("SigIgn:").map(str::trim);
                bits.map(|bits| u64::from_str_radix(bits, 16).unwrap() & !(0b11 << 31))
            };
            assert!(
                with == without || bits(with).is_some() && bits(with) == bits(without),
                "{way:?}\n{with}\n{without}"
            );
        }
        assert_eq!(with.lines().count(), without.lines().count(), "{way:?}\n{with}\n{without}");
    }
}

/// K3, without Docker
#[test]
fn another_user_has_no_rights_left() {
    if left_out("root", rustix::process::geteuid().is_root()) {
        return;
    }
    let app =
        "id -u; id -g; id -G; grep -E '^Cap(Eff|Prm|Amb)' /proc/self/status | grep -vc '0000000000000000$'";
    for way in WAYS {
        let stage = Stage::new();
        let flags = [way, &["--user", "65532:65533"]].concat();
        let (_, out, err) = end(stage.run(&[], &flags, &["sh", "-c", app]), "");
        assert_eq!(out, "65532\n65533\n65533\n0\n", "{way:?} {err}");
    }
}

/// K4
#[test]
fn after_a_key_standard_input_is_at_its_end() {
    let key = fs::read_to_string(testdata().join("vectors/keys.txt")).unwrap();
    for way in WAYS {
        let stage = Stage::new();
        let flags = [way, &["--key-fd", "0"]].concat();
        let (code, out, err) = end(stage.run(&[], &flags, &["sh", "-c", "cat; echo end"]), &key);
        assert_eq!((code, out.as_str()), (0, "end\n"), "{way:?} {err}");
    }
}

/// K2, without Docker
#[test]
fn a_key_in_the_environment_is_seen_nowhere() {
    let key = fs::read_to_string(testdata().join("vectors/keys.txt")).unwrap();
    let look = "echo ready; tr '\\0' '\\n' < /proc/$PPID/environ; env; tr '\\0' '\\n' < /proc/$$/environ";
    for way in WAYS {
        let stage = Stage::new();
        let mut command = stage.run(&[], way, &["sh", "-c", look]);
        command.env_remove("SOPS_AGE_KEY_FILE").env("SEAL_KEY", &key).env("SEAL_KEYS", "stays");
        let (_, out, err) = end(command, "");
        assert!(out.starts_with("ready\n") && out.contains("SEAL_KEYS=stays"), "{way:?} {out} {err}");
        // The parent is this test where seal became the app, and has no key either.
        assert!(!out.contains("AGE-SECRET-KEY") && !err.contains("AGE-SECRET-KEY"), "{way:?} {out}");
    }
}

/// P4, without Docker
#[test]
fn a_terminal_interrupts_once_and_its_stop_is_gone_on_from() {
    let app = "trap 'echo inter''rupted' INT; trap 'echo cont''inued' CONT; echo re''ady; \
               while :; do read -r line && [ \"$line\" = quit ] && exit 5; done";
    for way in WAYS {
        let stage = Stage::new();
        let seal = stage.run(&[], way, &["sh", "-c", app]);
        let words: Vec<String> = std::iter::once(seal.get_program())
            .chain(seal.get_args())
            .map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', "'\\''")))
            .collect();
        // The program leads the session of a new terminal, as in a container that has one.
        let line = format!("exec {}", words.join(" "));
        let mut child = stage.command(&["script", "-qefc", &line, "/dev/null"]).spawn().unwrap();
        let mut keys = child.stdin.take().unwrap();
        read_until(&mut child, "ready");
        keys.write_all(b"\x03").unwrap();
        read_until(&mut child, "interrupted");
        if !way.is_empty() {
            keys.write_all(b"\x1a").unwrap();
            read_until(&mut child, "continued");
        }
        keys.write_all(b"quit\n").unwrap();
        let mut rest = String::new();
        child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
        assert!(!rest.contains("interrupted"), "{way:?}: {rest}");
        assert_eq!(code(child.wait().unwrap()), 5, "{way:?}: {rest}");
        drop(keys);
    }
}
