//! How far a long work is, on the terminal.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Work that takes less is not worth a word.
const SILENCE: Duration = Duration::from_secs(1);
/// Between two looks at the counter.
const PAUSE: Duration = Duration::from_millis(100);

/// A line that counts, shown after a second where standard error is a terminal, and removed at the end.
pub struct Progress {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
    started: Instant,
    /// When it was last shown; none where it never is.
    shown: Option<Mutex<Option<Instant>>>,
}

impl Progress {
    /// Begins to count to `total`; `silent` shows nothing.
    #[must_use]
    pub fn new(what: &'static str, total: usize, silent: bool) -> Self {
        let visible = !silent && std::io::stderr().is_terminal();
        let shown = visible.then(|| Mutex::new(None));
        Self { what, total, done: AtomicUsize::new(0), started: Instant::now(), shown }
    }

    /// Counts one more.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let Some(shown) = &self.shown else { return };
        let now = Instant::now();
        if now.duration_since(self.started) < SILENCE {
            return;
        }
        let mut last = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.duration_since(last) >= PAUSE) {
            *last = Some(now);
            write(&format!("\r{}: {done} of {} files", self.what, self.total));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let Some(shown) = &self.shown else { return };
        if shown.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            write("\r\x1b[K");
        }
    }
}

/// Nobody is left to hear that it failed.
fn write(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn counting_is_silent_where_nobody_looks() {
        let progress = Progress::new("test", 2, true);
        progress.step();
        progress.step();
        assert!(progress.shown.is_none());
    }
}
