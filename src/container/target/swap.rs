//! Whether what is in memory may reach a disk by way of swap space: T12.

use rustix::fs::{Stat, major, minor};
use std::fs::read_to_string;

/// Whether the system has swap space in use. Where that cannot be seen, it has.
pub(super) fn is_active() -> bool {
    read_to_string("/proc/swaps").map_or(true, |text| lists_swap(&text))
}

/// Whether the tmpfs that holds the folder of `stat` is mounted with `noswap`. Where that cannot be seen, it
/// is not. The option belongs to the file system, so each of its mounts tells.
pub(super) fn has_noswap(stat: &Stat) -> bool {
    let device = format!("{}:{}", major(stat.st_dev), minor(stat.st_dev));
    read_to_string("/proc/self/mountinfo").is_ok_and(|text| lists_noswap(&text, &device))
}

/// Reads `/proc/swaps`: a heading, then a line for each area.
fn lists_swap(text: &str) -> bool {
    text.lines().skip(1).any(|line| !line.trim().is_empty())
}

/// Reads `/proc/self/mountinfo`: `36 35 0:29 / /run rw,nosuid - tmpfs tmpfs rw,size=4k,noswap`. Spaces in
/// paths are escaped, and the number of fields before the dash varies.
fn lists_noswap(text: &str, device: &str) -> bool {
    text.lines().any(|line| {
        let Some((mount, file_system)) = line.split_once(" - ") else { return false };
        mount.split(' ').nth(2) == Some(device)
            && file_system.split(' ').nth(2).is_some_and(|options| options.split(',').any(|o| o == "noswap"))
    })
}

#[cfg(test)]
mod tests {
    use super::{lists_noswap, lists_swap};

    const MOUNTS: &str = "\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
36 22 0:29 / /run/a\\040b rw,nosuid shared:3 - tmpfs tmpfs rw,size=1024k,noswap
37 22 0:30 / /run/noswap rw,noswap - tmpfs noswap rw,size=1024k,mpol=noswap
";

    #[test]
    fn swap_is_active_with_an_area() {
        let head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        assert!(!lists_swap(head));
        assert!(!lists_swap(""));
        assert!(lists_swap(&format!("{head}/swapfile file 1048572 0 -2\n")));
    }

    #[test]
    fn the_option_is_one_of_the_file_system() {
        assert!(lists_noswap(MOUNTS, "0:29"));
        assert!(!lists_noswap(MOUNTS, "0:30"));
        assert!(!lists_noswap(MOUNTS, "254:0"));
        assert!(!lists_noswap(MOUNTS, "0:2"));
        assert!(!lists_noswap("", "0:29"));
    }
}
