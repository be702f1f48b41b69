//! What a definitions file wants of the kernel that this one does not have, as findings with their place: schedulers and
//! persistence engines are modules of their own, and some kernels are built without one.

use director_core::diagnostic::Diagnostic;

use crate::ipvs::missing_modules;
use crate::loader::Loaded;

/// Adds a warning for each scheduler and persistence engine that cannot be had, to those of the file.
pub(super) fn warn(loaded: &mut Loaded) {
    let mut wishes = Vec::new();
    for (written, service) in loaded
        .definitions
        .services
        .iter()
        .zip(loaded.model.services())
    {
        let scheduling = &service.scheduling;
        if scheduling.scheduler != "none" {
            let place = written
                .scheduler
                .as_ref()
                .map_or(&written.listen.place, |text| &text.place);
            wishes.push(("scheduler", scheduling.scheduler.clone(), "ip_vs_", place));
        }
        let persistence = scheduling.persistence.as_ref();
        if let Some(engine) = persistence.and_then(|persistence| persistence.engine.as_ref()) {
            let place = written
                .persistence_engine
                .as_ref()
                .map_or(&written.listen.place, |text| &text.place);
            wishes.push(("persistence engine", engine.clone(), "ip_vs_pe_", place));
        }
    }
    let mut modules: Vec<String> = wishes
        .iter()
        .map(|(_, name, prefix, _)| format!("{prefix}{name}"))
        .collect();
    modules.sort_unstable();
    modules.dedup();
    let missing = missing_modules(modules.iter().map(String::as_str));
    let warnings: Vec<Diagnostic> = wishes
        .into_iter()
        .filter(|(_, name, prefix, _)| missing.contains(&format!("{prefix}{name}").as_str()))
        .map(|(what, name, prefix, place)| {
            Diagnostic::warning(
                place,
                format!("this kernel has no {what} {name}: module {prefix}{name} does not exist"),
            )
            .hint("install the kernel package with that module, or use another one; until then the kernel refuses \
                the service")
        })
        .collect();
    let findings = &mut loaded.report.diagnostics;
    findings.extend(warnings);
    findings.sort_by(|left, right| left.place.cmp(&right.place));
}
