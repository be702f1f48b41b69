//! The configuration of the daemon before this one, as far as its state file tells: the services that were in force, with all
//! else as it is written now.

use std::sync::Arc;

use director_core::definitions::Definitions;
use director_core::model::validate::validate_shared;

use super::Loaded;

/// The configuration with the services of before; none when they are the same, or no longer valid. Their secrets are those of
/// the new form of each service.
#[must_use]
pub fn remembered(new: &Loaded, before: &Definitions) -> Option<Loaded> {
    let mut definitions = Definitions {
        services: before.services.clone(),
        isolated: Vec::new(),
        left_out: Vec::new(),
        ..Definitions::clone(&new.definitions)
    };
    for service in &mut definitions.services {
        let listen = service.listen.value.clone();
        let written = new.definitions.services.iter();
        let same = written.filter(|written| written.listen.value == listen);
        same.for_each(|written| service.know_secrets_of(written));
    }
    if definitions.services == new.definitions.services {
        return None;
    }
    let definitions = Arc::new(definitions);
    let (model, _) = validate_shared(&definitions);
    Some(Loaded {
        model: Arc::new(model?),
        definitions,
        // The files say something else, which a change of a name must not bring into force.
        written: None,
        ..new.clone()
    })
}
