//! Variables with keys are overwritten where the process was given them.
//!
//! What a program does to its environment happens in copies; `/proc/PID/environ` goes on to show the
//! block that the system put at the end of the stack. It is found by `/proc/self/stat`, and written through
//! `/proc/self/mem`.

use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use zeroize::Zeroizing;

/// A larger block is not looked at, in bytes; the system allows 6 MiB.
const LIMIT: u64 = 8 << 20;

/// Overwrites the values of the variables with these names by NUL bytes in the block that this process was
/// given. To be called when the environment was read for the last time: whoever asks the C library for one
/// of the variables afterwards finds it empty.
///
/// # Errors
/// The block cannot be found or written, as where there is no `/proc`: the values are still there.
pub fn scrub(names: &[&str]) -> io::Result<()> {
    let (start, end) = block()?;
    let memory = open()?;
    let length = usize::try_from(end - start).map_err(io::Error::other)?;
    let mut bytes = Zeroizing::new(vec![0; length]);
    memory.read_exact_at(&mut bytes, start)?;
    for value in values(&bytes, names) {
        let place = start + value.start as u64;
        memory.write_all_at(&vec![0; value.len()], place)?;
    }
    // A system may take writes and not carry them out.
    memory.read_exact_at(&mut bytes, start)?;
    match values(&bytes, names).iter().all(|value| value.is_empty()) {
        true => Ok(()),
        false => Err(io::Error::other("the variables are still there")),
    }
}

/// Where the block begins and ends.
fn block() -> io::Result<(u64, u64)> {
    let stat = std::fs::read("/proc/self/stat")?;
    let found = places(&stat).filter(|(start, end)| 0 < *start && start <= end && end - start <= LIMIT);
    found.ok_or_else(|| io::Error::other("/proc/self/stat does not say where the environment is"))
}

/// The fields 50 and 51. The name of the program, field 2, may have anything in it, and stands in brackets.
fn places(stat: &[u8]) -> Option<(u64, u64)> {
    let after = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&stat[after..]).ok()?.split_ascii_whitespace().skip(50 - 3);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// The memory of a process that is closed to others belongs to root: a user has to open it to themselves for
/// a moment.
fn open() -> io::Result<File> {
    let open = || OpenOptions::new().read(true).write(true).open("/proc/self/mem");
    match open() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let closed = matches!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
            if !closed {
                return Err(error);
            }
            set_dumpable_behavior(DumpableBehavior::Dumpable)?;
            let file = open();
            set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
            file
        }
        result => result,
    }
}

/// Where in the block the values of these variables stand.
fn values(block: &[u8], names: &[&str]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for entry in block.split(|byte| *byte == 0) {
        let end = start + entry.len();
        if let Some(name) = entry.iter().position(|byte| *byte == b'=')
            && names.iter().any(|other| other.as_bytes() == &entry[..name])
        {
            found.push(start + name + 1..end);
        }
        start = end + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{places, scrub, values};
    use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    #[test]
    fn the_block_is_found_whatever_the_program_is_called() {
        let rest: Vec<String> = (3..=52).map(|field| (field * 10).to_string()).collect();
        for name in ["seal", "a b", ") 1 2 3 (", "\u{fc}"] {
            let stat = format!("1 ({name}) {}\n", rest.join(" "));
            assert_eq!(places(stat.as_bytes()), Some((500, 510)), "{name}");
        }
        assert_eq!(places(b""), None);
        assert_eq!(places(b"1 (x) S 1 2"), None);
    }

    #[test]
    fn values_are_found_by_whole_names() {
        let block = b"A=1\0KEY=abc\0KEYS=x\0\0MY_KEY=y\0KEY=\0=KEY\0KEY\0KEY=a=b\0\xff=z";
        let found: Vec<&[u8]> =
            values(block, &["KEY", "NONE"]).into_iter().map(|place| &block[place]).collect();
        assert_eq!(found, [&b"abc"[..], b"", b"a=b"]);
    }

    /// Variables that a run of this test in a process of its own is given.
    const KEYS: [(&str, &str); 3] =
        [("SEAL_KEY", "AGE-SECRET-KEY-1"), ("SEAL_KEYS", "stays"), ("SOPS_AGE_KEY", "AGE-SECRET-KEY-2")];

    #[test]
    fn variables_are_gone_from_proc() {
        if std::env::vars_os().any(|(name, _)| name == KEYS[1].0) {
            return scrub_and_show();
        }
        let root = rustix::process::geteuid().is_root();
        for uid in if root { vec![None, Some(65532)] } else { vec![None] } {
            let mut command = Command::new("/proc/self/exe");
            command.args(["--exact", "container::scrub::tests::variables_are_gone_from_proc", "--nocapture"]);
            command.envs(KEYS);
            if let Some(uid) = uid {
                command.uid(uid);
            }
            let output = command.output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
            assert!(text.contains("SEAL_KEYS=stays|"), "{text}");
            assert!(text.contains("SEAL_KEY=|") && text.contains("SOPS_AGE_KEY=|"), "{text}");
            assert!(!text.contains("AGE-SECRET"), "{text}");
        }
    }

    fn scrub_and_show() {
        crate::harden::harden();
        scrub(&["SEAL_KEY", "SOPS_AGE_KEY"]).unwrap();
        assert!(matches!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable)));
        // As long as it is closed, only root may read it.
        set_dumpable_behavior(DumpableBehavior::Dumpable).unwrap();
        let block = std::fs::read("/proc/self/environ").unwrap();
        println!("<{}>", String::from_utf8_lossy(&block).replace('\0', "|"));
    }
}
