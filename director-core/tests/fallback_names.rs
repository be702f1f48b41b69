//! A fallback whose host name has no address: while nothing else serves, the kernel keeps the one that it has.

mod pool;
mod world;

use std::sync::Arc;

use director_core::definitions::{Host, RecoveryDefinition};
use director_core::director::Event;
use director_core::model::Model;
use director_core::model::validate::validate;
use pool::{ONE, TWO, dies, pair, returns, running, seconds, weights};
use world::{Brief, World, address, model, placed};

const FALLBACK: &str = "10.0.0.99";

/// A service whose server is down, so that its fallback serves.
fn on_fallback() -> (Brief, World) {
    let brief = Brief {
        fallback: Some(FALLBACK),
        ..pair(RecoveryDefinition::default())
    };
    let mut world = running(brief.clone());
    dies(&mut world, &[ONE, TWO]);
    assert_eq!(weights(&world, [ONE, TWO, FALLBACK]), [None, None, Some(1)]);
    (brief, world)
}

/// The fallback goes by a host name that has no address.
fn fallback_is_a_name(brief: &Brief) -> Arc<Model> {
    let mut definitions = model(std::slice::from_ref(brief))
        .definitions()
        .as_ref()
        .clone();
    if let Some(fallback) = &mut definitions.services[0].fallback {
        fallback.host = placed(Host::Name("sorry.lab".to_owned()));
    }
    let (model, findings) = validate(&definitions);
    assert!(model.is_some(), "{findings:?}");
    Arc::new(model.unwrap_or_else(Model::empty))
}

fn load(world: &mut World, model: Arc<Model>) {
    world.event(Event::Loaded {
        model,
        warnings: Vec::new(),
    });
}

#[test]
fn a_fallback_whose_name_has_no_address_stays_in_the_kernel_at_a_start_and_at_a_reload() {
    let (brief, before) = on_fallback();
    let mut restarted = World::new(before.kernel);
    restarted.dead.extend([address(ONE), address(TWO)]);
    load(&mut restarted, fallback_is_a_name(&brief));
    let (_, mut reloaded) = on_fallback();
    load(&mut reloaded, fallback_is_a_name(&brief));
    for mut world in [restarted, reloaded] {
        // The whole table is read again meanwhile.
        world.run(seconds(30));
        assert_eq!(weights(&world, [ONE, TWO, FALLBACK]), [None, None, Some(1)]);
        world.load(std::slice::from_ref(&brief));
        world.run(seconds(3));
        assert_eq!(weights(&world, [ONE, TWO, FALLBACK]), [None, None, Some(1)]);
        load(&mut world, fallback_is_a_name(&brief));
        returns(&mut world, &[ONE]);
        assert_eq!(weights(&world, [ONE, TWO, FALLBACK]), [Some(3), None, None]);
    }
}
