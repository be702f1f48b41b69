//! Which check program runs next where more are due than may run at once. Each service has its share of the places: of the
//! services with the fewest programs that run, the program that has waited longest is next.
//!
//! Programs that hang never delay those that work by more than a second, since slow programs count for half of the places at
//! most. A program is slow when it ran into its time limit the last time, or has run for a second now. While such a surprise
//! runs, all programs of its service are expected to hang, too. Slow programs start only where a place is left, so a check that
//! takes long and works has as many places as before.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use director_core::health::ProbeId;
use director_core::model::ServiceId;
use tokio::time::Instant;

/// A program that has run for so long is slow. Programs that work take a few hundred milliseconds on a loaded machine.
pub(super) const SLOW_AFTER: Duration = Duration::from_secs(1);

/// Whose program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramOwner {
    /// A service that needs the probe; none if it has left the configuration.
    pub service: Option<ServiceId>,
    pub probe: ProbeId,
}

/// Programs that wait, each with a ticket, and those that run.
#[derive(Debug)]
pub(super) struct ProgramQueue<T> {
    places: usize,
    slow_after: Duration,
    waiting: BTreeMap<Option<ServiceId>, ServiceQueue<T>>,
    running: BTreeMap<u64, RunningProgram>,
    /// Probes whose program ran into its time limit the last time.
    slow: BTreeSet<ProbeId>,
    /// Number of the last program that came.
    last: u64,
}

#[derive(Debug)]
struct RunningProgram {
    owner: ProgramOwner,
    was_slow: bool,
    started: Instant,
}

/// Programs of one service that wait, each with its number.
#[derive(Debug)]
struct ServiceQueue<T> {
    prompt: VecDeque<(u64, ProbeId, T)>,
    slow: VecDeque<(u64, ProbeId, T)>,
}

impl RunningProgram {
    fn is_slow(&self, slow_after: Duration, now: Instant) -> bool {
        self.was_slow || now >= self.started + slow_after
    }
}

impl<T> ProgramQueue<T> {
    pub(super) fn new(places: usize, slow_after: Duration) -> Self {
        Self {
            places,
            slow_after,
            waiting: BTreeMap::new(),
            running: BTreeMap::new(),
            slow: BTreeSet::new(),
            last: 0,
        }
    }

    /// A program waits from now on.
    pub(super) fn add(&mut self, owner: ProgramOwner, ticket: T) {
        self.last += 1;
        let service = self.waiting.entry(owner.service);
        let service = service.or_insert_with(|| ServiceQueue {
            prompt: VecDeque::new(),
            slow: VecDeque::new(),
        });
        let queue = match self.slow.contains(&owner.probe) {
            true => &mut service.slow,
            false => &mut service.prompt,
        };
        queue.push_back((self.last, owner.probe, ticket));
    }

    /// The number and the ticket of the next program to start, if there is a place for one. It runs until [`Self::ended`].
    pub(super) fn next(&mut self, now: Instant) -> Option<(u64, T)> {
        let running = self.running.len();
        let is_slow = |one: &&RunningProgram| one.is_slow(self.slow_after, now);
        let slow = self.running.values().filter(is_slow).count();
        let counted = running - slow + slow.min(self.places / 2);
        // However many services hang for the first time, the processors are not left to all of them.
        let may_be_prompt = counted < self.places && running < 2 * self.places;
        let may_be_slow = running < self.places;
        let first = self.waiting.iter().flat_map(|(service, queue)| {
            let may_start = match self.is_suspect(*service, now) {
                true => may_be_slow,
                false => may_be_prompt,
            };
            let prompt = queue.prompt.front().filter(|_| may_start);
            let slow = queue.slow.front().filter(|_| may_be_slow);
            let share = self.share(*service);
            let prompt = prompt.map(move |(number, ..)| (share, *number, *service, false));
            let slow = slow.map(move |(number, ..)| (share, *number, *service, true));
            prompt.into_iter().chain(slow)
        });
        let (.., service, was_slow) = first.min_by_key(|(share, number, ..)| (*share, *number))?;
        let queue = self.waiting.get_mut(&service)?;
        let next = match was_slow {
            true => queue.slow.pop_front(),
            false => queue.prompt.pop_front(),
        };
        if queue.prompt.is_empty() && queue.slow.is_empty() {
            self.waiting.remove(&service);
        }
        let (number, probe, ticket) = next?;
        let program = RunningProgram {
            owner: ProgramOwner { service, probe },
            was_slow,
            started: now,
        };
        self.running.insert(number, program);
        Some((number, ticket))
    }

    /// A program has ended, by its time limit or before.
    pub(super) fn ended(&mut self, number: u64, hung: bool) {
        let Some(program) = self.running.remove(&number) else {
            return;
        };
        if hung {
            self.slow.insert(program.owner.probe);
        } else {
            self.slow.remove(&program.owner.probe);
        }
    }

    /// When a program that waits may find a place though none ends.
    pub(super) fn next_change(&self, now: Instant) -> Option<Instant> {
        let running = self.running.values();
        let prompt = running.filter(|one| !one.is_slow(self.slow_after, now));
        let next = prompt.map(|one| one.started + self.slow_after).min();
        next.filter(|_| !self.waiting.is_empty())
    }

    /// How many programs of a service run.
    fn share(&self, service: Option<ServiceId>) -> usize {
        let running = self.running.values();
        running.filter(|one| one.owner.service == service).count()
    }

    /// Whether a program of the service hangs that did not hang the last time.
    fn is_suspect(&self, service: Option<ServiceId>, now: Instant) -> bool {
        let mut running = self.running.values();
        running.any(|one| {
            let is_surprise = !one.was_slow && one.is_slow(self.slow_after, now);
            is_surprise && one.owner.service == service
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use director_core::model::Family;

    /// Milliseconds of a virtual clock.
    type Time = u64;

    fn owner(mark: u32, probe: u64) -> ProgramOwner {
        let family = Family::Ipv4;
        ProgramOwner {
            service: Some(ServiceId::Mark { family, mark }),
            probe: ProbeId(probe),
        }
    }

    /// A program that is due again and again.
    #[derive(Debug, Clone, Copy)]
    struct RecurringProgram {
        service: u32,
        takes: Time,
        every: Time,
        timeout: Time,
    }

    /// The longest wait of each program and how often it ran, once `from` has passed.
    fn simulated(
        places: usize,
        programs: &[RecurringProgram],
        from: Time,
        until: Time,
    ) -> Vec<(Time, u32)> {
        let began = Instant::now();
        let mut queue = ProgramQueue::new(places, SLOW_AFTER);
        let mut due: Vec<Option<Time>> = vec![Some(0); programs.len()];
        let mut running: Vec<(Time, usize, u64)> = Vec::new();
        let mut seen = vec![(0, 0); programs.len()];
        for now in (0..until).step_by(10) {
            let (ended, still): (Vec<_>, Vec<_>) =
                running.into_iter().partition(|(end, ..)| *end <= now);
            running = still;
            for (_, place, number) in ended {
                let RecurringProgram { takes, timeout, .. } = programs[place];
                queue.ended(number, takes >= timeout);
                due[place] = Some(now + programs[place].every);
            }
            for (place, program) in programs.iter().enumerate() {
                if due[place].take_if(|due| *due <= now).is_some() {
                    queue.add(owner(program.service, place as u64), (place, now));
                }
            }
            let moment = began + Duration::from_millis(now);
            while let Some((number, (place, since))) = queue.next(moment) {
                let RecurringProgram { takes, timeout, .. } = programs[place];
                running.push((now + takes.min(timeout), place, number));
                if now >= from {
                    let (longest, times) = seen[place];
                    seen[place] = (longest.max(now - since), times + 1);
                }
            }
            assert!(running.len() <= 2 * places);
        }
        seen
    }

    const PROMPT: RecurringProgram = RecurringProgram {
        service: 1,
        takes: 100,
        every: 1000,
        timeout: 5000,
    };
    const HANGING: RecurringProgram = RecurringProgram {
        service: 2,
        takes: 10_000,
        every: 1000,
        timeout: 10_000,
    };

    /// Four programs that work, and twenty that hang.
    fn four_and_twenty(prompt: RecurringProgram) -> Vec<RecurringProgram> {
        [vec![prompt; 4], vec![HANGING; 20]].concat()
    }

    #[test]
    fn programs_that_hang_delay_no_program_of_another_service() {
        let programs = four_and_twenty(PROMPT);
        // At first nothing is known of them.
        let seen = simulated(4, &programs, 0, 60_000);
        assert!(seen[..4].iter().all(|(wait, _)| *wait <= 1200), "{seen:?}");
        let seen = simulated(4, &programs, 60_000, 360_000);
        assert!(seen[..4].iter().all(|(wait, _)| *wait <= 200), "{seen:?}");
        assert!(seen[..4].iter().all(|(_, times)| *times >= 250), "{seen:?}");
        // They go on to be probed, four at a time.
        assert!(seen[4..].iter().all(|(_, times)| *times >= 5), "{seen:?}");
    }

    #[test]
    fn programs_that_work_wait_for_no_other_of_their_service_that_is_known_to_hang() {
        let programs = four_and_twenty(RecurringProgram {
            service: 2,
            ..PROMPT
        });
        let seen = simulated(4, &programs, 60_000, 160_000);
        assert!(seen[..4].iter().all(|(wait, _)| *wait <= 200), "{seen:?}");
    }

    #[test]
    fn many_services_that_hang_leave_places_to_one_that_works() {
        let hanging = (2..12).map(|service| RecurringProgram { service, ..HANGING });
        let programs: Vec<RecurringProgram> = hanging.chain([PROMPT]).collect();
        let seen = simulated(4, &programs, 30_000, 130_000);
        assert!(seen[10].0 <= 100, "{seen:?}");
    }

    #[test]
    fn a_service_with_many_programs_leaves_another_one_its_share() {
        let busy = RecurringProgram {
            takes: 900,
            service: 2,
            ..PROMPT
        };
        let mut programs = vec![busy; 40];
        programs.push(PROMPT);
        let seen = simulated(2, &programs, 0, 100_000);
        assert!(seen[40].0 <= 900, "{:?}", seen[40]);
        let times = seen[..40].iter().map(|(_, times)| *times);
        assert!(times.min() >= Some(4), "the longest wait is next: {seen:?}");
    }

    #[test]
    fn slow_programs_that_work_have_all_places() {
        let slow = RecurringProgram {
            takes: 2000,
            ..PROMPT
        };
        let seen = simulated(4, &[slow; 8], 0, 100_000);
        let runs: u32 = seen.iter().map(|(_, times)| times).sum();
        assert!(runs >= 4 * 100 / 2, "{seen:?}");
    }

    #[test]
    fn a_program_that_works_again_is_like_all_others() {
        let now = Instant::now();
        let mut queue = ProgramQueue::new(4, SLOW_AFTER);
        queue.add(owner(1, 1), ());
        let (number, ()) = queue.next(now).unwrap();
        queue.add(owner(1, 2), ());
        assert_eq!(queue.next_change(now), Some(now + SLOW_AFTER));
        queue.ended(number, true);
        assert_eq!(queue.slow, BTreeSet::from([ProbeId(1)]));
        queue.add(owner(1, 1), ());
        let other = queue.next(now).unwrap().0;
        let number = queue.next(now).unwrap().0;
        queue.ended(number, false);
        queue.ended(other, false);
        // Nothing is left of a service without programs.
        assert!(queue.slow.is_empty() && queue.waiting.is_empty() && queue.running.is_empty());
        assert_eq!(queue.next_change(now), None);
    }
}
