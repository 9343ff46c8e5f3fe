//! How much memory is left: scrypt takes hundreds of megabytes, and a process that asks for too much is
//! killed without a word.

use std::fs;
use std::path::Path;

/// Bytes that can still be used, by `/proc/meminfo` and the limits of the cgroups (version 2) this
/// process is in. `None` if neither says.
pub(super) fn available() -> Option<u64> {
    available_under(Path::new("/"))
}

fn available_under(root: &Path) -> Option<u64> {
    let meminfo = fs::read_to_string(root.join("proc/meminfo")).unwrap_or_default();
    [in_system(&meminfo), in_cgroups(root)].into_iter().flatten().min()
}

/// Free memory and swap of the whole system.
fn in_system(meminfo: &str) -> Option<u64> {
    let kibibytes = |name: &str| -> Option<u64> {
        let rest = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        rest.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    let swap = kibibytes("SwapFree:").unwrap_or(0);
    Some(kibibytes("MemAvailable:")?.saturating_add(swap).saturating_mul(1024))
}

/// What the tightest cgroup around this process leaves.
fn in_cgroups(root: &Path) -> Option<u64> {
    let own = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mounted = root.join("sys/fs/cgroup");
    Path::new(path).ancestors().filter_map(|group| in_cgroup(&mounted.join(group))).min()
}

/// The limit of one cgroup less its usage; file caches do not count, they give way.
fn in_cgroup(group: &Path) -> Option<u64> {
    let read = |name: &str| fs::read_to_string(group.join(name)).ok();
    let limit: u64 = read("memory.max")?.trim().parse().ok()?;
    let used: u64 = read("memory.current")?.trim().parse().ok()?;
    let statistics = read("memory.stat").unwrap_or_default();
    let cache = statistics.lines().find_map(|line| line.strip_prefix("file ")?.parse().ok());
    Some(limit.saturating_sub(used.saturating_sub(cache.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::{available_under, in_cgroup, in_system};
    use std::fs::{self, File};
    use std::io::Write;
    use std::path::Path;

    #[test]
    fn the_system_counts_free_memory_and_swap() {
        let text = "MemTotal:  100 kB\nMemAvailable:   64 kB\nSwapTotal: 9 kB\nSwapFree:        8 kB\n";
        assert_eq!(in_system(text), Some(72 * 1024));
        assert_eq!(in_system("MemTotal: 1 kB\n"), None);
    }

    #[test]
    fn the_tightest_cgroup_counts() {
        let root = std::env::temp_dir().join(format!("seal-memory-{}", std::process::id()));
        let file = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
        };
        assert_eq!(available_under(&root), None);
        file("proc/meminfo", "MemAvailable: 1000 kB\n");
        file("proc/self/cgroup", "0::/outer/inner\n");
        assert_eq!(available_under(&root), Some(1_024_000));
        file("sys/fs/cgroup/outer/inner/memory.max", "max\n");
        file("sys/fs/cgroup/outer/inner/memory.current", "5\n");
        file("sys/fs/cgroup/outer/memory.max", "600000\n");
        file("sys/fs/cgroup/outer/memory.current", "500000\n");
        file("sys/fs/cgroup/outer/memory.stat", "anon 1\nfile 300000\n");
        assert_eq!(available_under(&root), Some(400_000));
        file("sys/fs/cgroup/memory.max", "100\n");
        file("sys/fs/cgroup/memory.current", "60\n");
        assert_eq!(available_under(&root), Some(40));
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn no_cgroup_means_no_limit() {
        assert_eq!(in_cgroup(Path::new("/no/such/cgroup")), None);
    }
}
