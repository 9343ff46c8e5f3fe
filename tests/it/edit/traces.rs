//! Every write of an edit, as the system sees it: no plaintext reaches a disk.

use super::{Desk, changed};
use crate::bed::{program, testdata};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Calls that put bytes into files.
const WRITES: &str = "write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,splice,tee,mmap,open,openat,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat";

const SECRETS: [&str; 2] = ["hunter2-db", "changed-db"];

/// What was seen of an edit.
#[derive(Default)]
struct Seen {
    /// Writes that hold a secret, to a file on a disk.
    leaks: Vec<String>,
    /// Writes that hold a secret, to a file in memory.
    in_memory: usize,
    /// Writes to files on disks.
    on_disk: usize,
}

/// Whether a path is on a file system in memory, or no file at all.
fn in_memory(path: &str) -> bool {
    if !path.starts_with('/')
        || ["/dev/pts/", "/dev/tty", "/dev/ptmx", "/dev/null", "/proc/"].iter().any(|p| path.starts_with(p))
    {
        return true;
    }
    let there = Path::new(path).ancestors().find(|path| path.exists()).unwrap();
    let kind = Command::new("stat").args(["-f", "-c", "%T"]).arg(there).output().unwrap().stdout;
    matches!(String::from_utf8(kind).unwrap().trim(), "tmpfs" | "ramfs")
}

/// The path of the descriptor that is argument `number` of a call: `3</path>`.
fn descriptor(line: &str, number: usize) -> Option<&str> {
    let arguments = line.split_once('(')?.1;
    let mut rest = arguments;
    for _ in 0..number {
        rest = rest.split_once(", ")?.1;
    }
    Some(rest.split_once('<')?.1.split_once('>')?.0)
}

fn judge(traces: &Path) -> Seen {
    let mut seen = Seen::default();
    for entry in fs::read_dir(traces).unwrap() {
        let text = String::from_utf8_lossy(&fs::read(entry.unwrap().path()).unwrap()).into_owned();
        for line in text.lines() {
            let call = line.split('(').next().unwrap();
            let secret = SECRETS.iter().any(|secret| line.contains(secret));
            let target = match call {
                "write" | "pwrite64" | "writev" | "pwritev" | "pwritev2" => descriptor(line, 0),
                "sendfile" => descriptor(line, 0),
                "copy_file_range" | "splice" => descriptor(line, 2),
                "mmap" if line.contains("PROT_WRITE") && line.contains("MAP_SHARED") => descriptor(line, 4),
                _ => None,
            };
            let Some(target) = target else { continue };
            let memory = in_memory(target);
            seen.on_disk += usize::from(!memory);
            seen.in_memory += usize::from(memory && secret && target.starts_with("/dev/shm/"));
            // What the system copies by itself is not shown: a disk may not be the target of that.
            let unseen = matches!(call, "sendfile" | "copy_file_range" | "splice" | "mmap");
            if !memory && (secret || unseen) {
                seen.leaks.push(line.to_owned());
            }
        }
    }
    seen
}

/// Runs an edit below strace, and judges every write of every process; then looks through all files.
fn traced(desk: &Desk, steps: &[&str], script: &str, args: &[&str]) -> Seen {
    let traces = desk.memory.with_extension("traces");
    fs::create_dir(&traces).unwrap();
    let output = traces.join("trace");
    let (program, typist) = (program(), testdata().join("typist.py"));
    let trace = format!("trace={WRITES}");
    let mut all = vec![typist.to_str().unwrap()];
    all.extend(steps);
    all.extend(["--", "strace", "-ff", "-qq", "-y", "-s", "1048576", "-e", &trace, "-e", "signal=none"]);
    all.extend(["-o", output.to_str().unwrap(), program.to_str().unwrap(), "edit"]);
    all.extend(args);
    let run = desk.ready(desk.bed.run("python3", &all), script);
    desk.ends_at(run, 0);
    let seen = judge(&traces);
    fs::remove_dir_all(&traces).unwrap();
    assert_eq!(desk.plain("x.yaml"), changed());
    seen
}

/// Files outside the memory that hold a secret.
fn files_with_secrets(desk: &Desk) -> Vec<PathBuf> {
    let holds = |path: &Path| {
        fs::read(path).is_ok_and(|bytes| {
            SECRETS.iter().any(|secret| bytes.windows(secret.len()).any(|window| window == secret.as_bytes()))
        })
    };
    // The scripts of the editors name what they change.
    let found = desk.bed.snapshot().into_keys().filter(|path| path.is_file() && holds(path));
    found.filter(|path| path.extension().is_none_or(|extension| extension != "sh")).collect()
}

fn no_leak(desk: &Desk, seen: &Seen) {
    assert!(seen.leaks.is_empty(), "plaintext on a disk:\n{}", seen.leaks.join("\n"));
    assert!(
        seen.in_memory > 0 && seen.on_disk > 0,
        "the trace shows nothing: {} {}",
        seen.in_memory,
        seen.on_disk
    );
    assert!(files_with_secrets(desk).is_empty(), "{:?}", files_with_secrets(desk));
}

/// Settings that make Vim write all it can, wherever it can.
const VIMRC: &str = "
set nocompatible backup writebackup backupdir=~ backupext=.orig patchmode=.patch
set swapfile updatecount=1 updatetime=1 directory=~
set undofile undodir=~
set viminfo='100,<1000,:1000,@1000,/1000,h,n~/info viminfofile=~/info
set verbosefile=~/verbose
autocmd! BufReadPre,BufWritePre,VimLeavePre
autocmd BufReadPost * set swapfile updatecount=1 backup undofile
autocmd BufWritePre * set backup undofile patchmode=.patch
autocmd VimLeavePre * set viminfo='100,<1000,:1000,n~/info viminfofile=~/info
";

#[test]
fn vim_writes_nothing_elsewhere() {
    let desk = Desk::new();
    fs::write(desk.bed.home().join(".vimrc"), VIMRC).unwrap();
    // A search, a yank into a register, an undo: all of it would go into files of Vim.
    let steps = [
        "=hunter2-db",
        ">/hunter2-db\\r",
        ">\"ayy",
        ">:%s/hunter2-db/changed-db/\\r",
        ">u",
        ">\\x12",
        ">:w\\r",
        ">:wq\\r",
    ];
    let seen = traced(&desk, &steps, "", &["--editor", "vim", "x.yaml"]);
    no_leak(&desk, &seen);
}

#[test]
fn nano_writes_nothing_elsewhere() {
    let desk = Desk::new();
    let backups = desk.bed.home().join("backups");
    fs::create_dir(&backups).unwrap();
    let rc = format!(
        "set backup\nset backupdir \"{}\"\nset historylog\nset positionlog\nset locking\nset tabsize 3\n",
        backups.display()
    );
    fs::write(desk.bed.home().join(".nanorc"), rc).unwrap();
    // Replaces with search and replacement, both of which nano's history would keep.
    let steps = [
        "=hunter2-db",
        ">\\x1c",
        ">hunter2-db\\r",
        ">changed-db\\r",
        ">A",
        "=changed-db",
        ">\\x0f",
        ">\\r",
        "=Wrote",
        ">\\x18",
    ];
    let seen = traced(&desk, &steps, "", &["--editor", "nano", "x.yaml"]);
    no_leak(&desk, &seen);
}

#[test]
fn a_script_writes_nothing_elsewhere() {
    let desk = Desk::new();
    // Temporary files of programs that the editor starts, too.
    let script = r#"t=$(mktemp); sed s/hunter2-db/changed-db/ "$1" > "$t"; cat "$t" > "$1""#;
    let seen = traced(&desk, &[], script, &["x.yaml"]);
    no_leak(&desk, &seen);
}

#[test]
fn a_leak_would_be_noticed() {
    let desk = Desk::new();
    let script = r#"cat "$1" > "$HOME/leak"; sed -i s/hunter2-db/changed-db/ "$1""#;
    let seen = traced(&desk, &[], script, &["x.yaml"]);
    assert_eq!(files_with_secrets(&desk), [desk.bed.home().join("leak")]);
    assert!(!seen.leaks.is_empty());
}
