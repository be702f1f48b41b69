//! Whether another machine has an address that is to be added (RFC 5227, RFC 4862): many addresses are asked for at the same
//! time, each three times within a second. What was begun goes on where it was when somebody calls again.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::NetError;
use super::frames::{self, MacAddress};
use super::links::Interface;
use super::segment::Segment;

/// How long other machines may take to say that they have an address (RFC 5227 waits longer).
const ANSWER_WAIT: Duration = Duration::from_millis(900);
/// Times that is asked for an address: a question may be lost.
const ROUNDS: u32 = 3;

/// An address on an interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressPlace {
    pub interface: String,
    pub address: IpAddr,
}

/// The search for other machines that have our addresses.
#[derive(Debug, Default)]
pub struct DuplicateSearch {
    places: BTreeMap<AddressPlace, Progress>,
    /// One for each interface and family, so that busy traffic of another kind cannot hide an answer.
    segments: BTreeMap<(String, bool), Segment>,
}

/// How far the search for one address is.
#[derive(Debug)]
struct Progress {
    /// When the next question is due, or the wait for answers to the last one is over.
    next: Instant,
    rounds: u32,
    owner: Option<MacAddress>,
    failure: Option<NetError>,
}

impl Progress {
    fn begin(now: Instant) -> Self {
        Self {
            next: now,
            rounds: 0,
            owner: None,
            failure: None,
        }
    }

    /// Whether a question is due; it counts as asked.
    fn asks(&mut self, now: Instant) -> bool {
        let asks = self.rounds < ROUNDS && self.next <= now && !self.is_over(now);
        if asks {
            self.rounds += 1;
            self.next = now + ANSWER_WAIT / ROUNDS;
        }
        asks
    }

    fn is_over(&self, now: Instant) -> bool {
        let asked = self.rounds == ROUNDS && self.next <= now;
        asked || self.owner.is_some() || self.failure.is_some()
    }
}

impl DuplicateSearch {
    /// Searches for these; what was begun for one of them goes on, and what was begun for others is given up.
    pub fn search(&mut self, wanted: &[(Interface, IpAddr)]) {
        let now = Instant::now();
        let mut begun = std::mem::take(&mut self.places);
        for (interface, address) in wanted {
            let place = AddressPlace {
                interface: interface.name.clone(),
                address: *address,
            };
            let mut progress = begun.remove(&place).unwrap_or_else(|| Progress::begin(now));
            progress.failure = self.open(interface, address.is_ipv4()).err();
            self.places.insert(place, progress);
        }
        let places = &self.places;
        self.segments.retain(|(interface, ipv4), _| {
            let mut used = places.keys();
            used.any(|place| place.interface == *interface && place.address.is_ipv4() == *ipv4)
        });
    }

    fn open(&mut self, interface: &Interface, ipv4: bool) -> Result<(), NetError> {
        let key = (interface.name.clone(), ipv4);
        let open = self.segments.get(&key);
        // An interface that went and came back is another one.
        if open.is_none_or(|segment| segment.index() != interface.index) {
            let segment = Segment::of_family(interface, ipv4)?;
            self.segments.insert(key, segment);
        }
        Ok(())
    }

    /// Whether nothing is searched for.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.places.is_empty()
    }

    /// Asks what is due and listens for at most this long, or until a search is over.
    ///
    /// # Errors
    /// When no answer can be waited for.
    pub fn go_on(&mut self, at_most: Duration) -> Result<(), NetError> {
        let until = Instant::now() + at_most;
        loop {
            let now = Instant::now();
            self.ask(now);
            self.hear();
            let over = self.places.values().any(|progress| progress.is_over(now));
            let next = self.places.values().map(|progress| progress.next).min();
            let Some(next) = next.filter(|_| !over && now < until) else {
                return Ok(());
            };
            self.wait(next.min(until).saturating_duration_since(now))?;
        }
    }

    /// What is over: who else has each address, if anybody.
    pub fn results(&mut self) -> Vec<(AddressPlace, Result<Option<MacAddress>, NetError>)> {
        let now = Instant::now();
        let over = self
            .places
            .extract_if(.., |_, progress| progress.is_over(now));
        let over = over.map(|(place, progress)| {
            let outcome = progress.failure.map_or(Ok(progress.owner), Err);
            (place, outcome)
        });
        let over = over.collect();
        if self.places.is_empty() {
            self.segments.clear();
        }
        over
    }

    fn ask(&mut self, now: Instant) {
        for (place, progress) in &mut self.places {
            let key = (place.interface.clone(), place.address.is_ipv4());
            let Some(segment) = self.segments.get(&key).filter(|_| progress.asks(now)) else {
                continue;
            };
            match segment.send(&frames::question(segment.mac(), place.address)) {
                // A full queue loses this question; there are others.
                Err(error) if error.errno() != Some(Errno::ENOBUFS) => {
                    progress.failure = Some(error);
                }
                _ => {}
            }
        }
    }

    /// Takes in what has arrived.
    fn hear(&mut self) {
        for ((interface, ipv4), segment) in &self.segments {
            let mut about = self.places.iter_mut().filter(|(place, _)| {
                place.interface == *interface && place.address.is_ipv4() == *ipv4
            });
            let mut about: Vec<_> = about.by_ref().collect();
            segment.take_frames(|frame| {
                for (place, progress) in &mut about {
                    let owner = frames::answer(frame, place.address);
                    let owner = owner.filter(|owner| *owner != segment.mac());
                    progress.owner = progress.owner.or(owner);
                }
            });
        }
    }

    fn wait(&self, at_most: Duration) -> Result<(), NetError> {
        let mut ears: Vec<PollFd<'_>> = self
            .segments
            .values()
            .map(|segment| PollFd::new(segment.as_fd(), PollFlags::POLLIN))
            .collect();
        // Rounded up, so that what is due is due afterwards.
        let millis = u16::try_from(at_most.as_millis() + 1).unwrap_or(u16::MAX);
        match poll(&mut ears, PollTimeout::from(millis)) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(NetError::system("wait for answers about addresses", error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_asked_for_three_times_within_a_second() {
        let began = Instant::now();
        let mut progress = Progress::begin(began);
        let after = |millis| began + Duration::from_millis(millis);
        let asked = (0..1000).step_by(10).filter(|at| progress.asks(after(*at)));
        assert_eq!(asked.collect::<Vec<_>>(), [0, 300, 600]);
        assert!(!progress.is_over(after(899)) && progress.is_over(after(900)));
    }

    #[test]
    fn a_search_that_was_left_alone_for_a_while_asks_as_often_as_others() {
        let began = Instant::now();
        let mut progress = Progress::begin(began);
        let after = |seconds| began + Duration::from_secs(seconds);
        assert!(progress.asks(began) && progress.asks(after(5)));
        assert!(!progress.is_over(after(6)) && progress.asks(after(6)));
        assert!(!progress.is_over(after(6)) && progress.is_over(after(7)));
    }

    #[test]
    fn an_answer_ends_the_search() {
        let began = Instant::now();
        let mut progress = Progress::begin(began);
        progress.owner = Some(MacAddress([2, 0, 0, 0, 0, 1]));
        assert!(progress.is_over(began) && !progress.asks(began));
    }
}
