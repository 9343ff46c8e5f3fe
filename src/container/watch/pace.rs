//! When watched files are looked at: soon after a burst of events, and now and then anyway.

use std::time::{Duration, Instant};

/// How long no event may come before the files are looked at.
pub(super) const SETTLE: Duration = Duration::from_millis(250);
/// Events that never end are not waited out longer than this.
const PATIENCE: Duration = Duration::from_secs(2);
/// Files are not compared more often than this for no reason.
const SHORTEST_POLL: Duration = Duration::from_secs(1);

/// The times; a clock is passed in.
pub(super) struct Pace {
    poll: Duration,
    next_poll: Instant,
    /// The first and the last event since the files were looked at.
    events: Option<(Instant, Instant)>,
}

impl Pace {
    pub(super) fn new(poll: Duration, now: Instant) -> Self {
        let poll = poll.max(SHORTEST_POLL);
        Self { poll, next_poll: later(now, poll), events: None }
    }

    /// An event came.
    pub(super) fn event(&mut self, now: Instant) {
        self.events = Some((self.events.map_or(now, |(first, _)| first), now));
    }

    /// How long until the files are to be looked at.
    pub(super) fn due(&self, now: Instant) -> Duration {
        self.time().saturating_duration_since(now)
    }

    /// Whether they are to be looked at now; then the next time is another.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if now < self.time() {
            return false;
        }
        self.events = None;
        self.next_poll = later(now, self.poll);
        true
    }

    fn time(&self) -> Instant {
        let settled = self.events.map(|(first, last)| later(last, SETTLE).min(later(first, PATIENCE)));
        settled.map_or(self.next_poll, |settled| settled.min(self.next_poll))
    }
}

/// A time too far for the clock is a day.
fn later(now: Instant, time: Duration) -> Instant {
    now.checked_add(time).unwrap_or(now + Duration::from_secs(86_400))
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::time::{Duration, Instant};

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn without_events_the_poll_counts() {
        let start = Instant::now();
        let mut pace = Pace::new(ms(30_000), start);
        assert_eq!(pace.due(start), ms(30_000));
        assert!(!pace.take(start + ms(29_999)));
        assert!(pace.take(start + ms(30_005)));
        assert!(!pace.take(start + ms(30_006)));
        assert_eq!(pace.due(start + ms(30_005)), ms(30_000));
    }

    #[test]
    fn a_burst_is_answered_once_when_it_is_over() {
        let start = Instant::now();
        let mut pace = Pace::new(ms(30_000), start);
        for step in 0..20 {
            pace.event(start + ms(step * 50));
            assert!(!pace.take(start + ms(step * 50)));
        }
        assert_eq!(pace.due(start + ms(950)), ms(250));
        assert!(!pace.take(start + ms(1199)));
        assert!(pace.take(start + ms(1200)));
        assert!(!pace.take(start + ms(1300)));
    }

    #[test]
    fn events_without_end_are_answered_too() {
        let start = Instant::now();
        let mut pace = Pace::new(ms(30_000), start);
        let mut answers = 0;
        for step in 0..1000 {
            let now = start + ms(step * 10);
            pace.event(now);
            answers += u32::from(pace.take(now));
        }
        assert_eq!(answers, 4, "in ten seconds");
    }

    #[test]
    fn an_event_does_not_put_the_poll_off() {
        let start = Instant::now();
        let mut pace = Pace::new(ms(1000), start);
        pace.event(start + ms(900));
        assert_eq!(pace.due(start + ms(900)), ms(100));
    }

    #[test]
    fn polls_that_cannot_be_are_mended() {
        let start = Instant::now();
        assert_eq!(Pace::new(Duration::ZERO, start).due(start), ms(1000));
        assert!(Pace::new(Duration::MAX, start).due(start) > ms(1_000_000));
    }
}
