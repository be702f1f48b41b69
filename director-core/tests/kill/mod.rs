//! A director that is killed, and the one after it: what the stories of restarts share.

use std::time::Duration;

use director_core::director::Event;
use director_core::persistent_state::PersistentState;
use director_core::table::Table;

use crate::pool::seconds;
use crate::world::{Brief, World};

/// A director whose memory is kept.
pub(crate) fn kept(briefs: &[Brief]) -> World {
    let mut world = World::new(Table::default());
    world.event(Event::Restored {
        saved: PersistentState::default(),
    });
    world.load(briefs);
    world.run(seconds(3));
    world
}

/// The director is killed, and another one begins after this time, with these definitions.
pub(crate) fn killed(world: World, away: Duration, briefs: &[Brief]) -> World {
    let mut next = remembering(world, away);
    next.load(briefs);
    next
}

/// The director is killed, and another one knows after this time what it had kept, and no definitions yet.
pub(crate) fn remembering(world: World, away: Duration) -> World {
    let mut next = World::new(world.kernel);
    next.now = world.now + away;
    next.dead = world.dead;
    next.closed = world.closed;
    next.not_asked = world.not_asked;
    next.network = world.network;
    next.disk = world.disk;
    next.disk.writing = None;
    next.disk.revision = None;
    next.mute = world.mute;
    // The file in which it is kept is text.
    let text = serde_json::to_string(&next.disk.saved).unwrap_or_default();
    let saved: PersistentState = serde_json::from_str(&text).unwrap_or_default();
    assert_eq!(saved, next.disk.saved, "{text}");
    next.event(Event::Restored { saved });
    next
}
