//! What the process does first: it closes itself to onlookers.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// No core file, and no other process of the user may read this one's memory or environment. Best
/// effort: a system that refuses is no reason not to run.
///
/// Returns the soft limit for core files that stood before, in bytes, `None` being no limit: a program that
/// this process becomes is to have it again.
pub fn harden() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Core);
    // The hard limit stays, so that programs started from here may raise theirs again.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    current
}

#[cfg(test)]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn the_process_is_closed() {
        super::harden();
        assert_eq!(super::harden(), Some(0), "what stood before");
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert!(matches!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable)));
    }
}
