//! Keeps the configuration current between reloads: watches its files, and has its host names resolved again.
//! What follows from either is an input of the loop, which is never kept waiting.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{Definitions, HostName, is_source_name};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::input::Input;
use crate::blocking::BlockingPool;
use crate::ldirectord::Role;
use crate::loader::{
    FileWatch, LoadContext, LoadError, LoadReport, Loaded, NameCache, SourceText, judge,
};

/// How often a name without an address is asked for where names are not resolved again, at the latest.
const UNRESOLVED_EVERY: Duration = Duration::from_secs(60);
/// How often answers that the safety limits refuse are compared with them again.
const REFUSED_EVERY: Duration = Duration::from_secs(60);
/// Pause after a look at the names for which there was no thread.
const NO_THREAD_PAUSE: Duration = Duration::from_secs(5);
/// Has names resolved again. One that waits for the name service may be replaced by the next one.
static NAMES: BlockingPool = BlockingPool::new("names", 16);
/// How long a look at the names lasts at most before the next one.
const LOOKUP_WAIT: Duration = Duration::from_secs(60);

/// What is kept up, and how.
pub(super) struct ConfigRefresh {
    inputs: mpsc::UnboundedSender<Input>,
    names: NameCache,
    /// The configuration in force.
    former: Option<Arc<Definitions>>,
    /// The files that they come from, as they were read; none when the files say something else.
    written: Option<Arc<SourceText>>,
    /// The emulation of ldirectord watches its file itself.
    has_watch_of_its_own: bool,
    watch: Option<FileWatch>,
    renewal: Option<JoinHandle<()>>,
    /// Has answers compared with the safety limits once more.
    retry: Option<JoinHandle<()>>,
    pub(super) refused_every: Duration,
}

impl ConfigRefresh {
    pub(super) fn new(
        inputs: mpsc::UnboundedSender<Input>,
        names: NameCache,
        role: Option<&Role>,
    ) -> Self {
        Self {
            inputs,
            names,
            former: None,
            written: None,
            has_watch_of_its_own: role.is_some(),
            watch: None,
            renewal: None,
            retry: None,
            refused_every: REFUSED_EVERY,
        }
    }

    /// What a reading may make use of.
    pub(super) fn memory(&self) -> LoadContext {
        LoadContext {
            names: self.names.clone(),
            former: self.former.clone(),
            ..LoadContext::default()
        }
    }

    /// The same for a reading that keeps the addresses of these names.
    pub(super) fn memory_with(&self, names: &[HostName]) -> LoadContext {
        LoadContext {
            names: NameCache::fixed(names),
            ..self.memory()
        }
    }

    /// A configuration comes into force.
    pub(super) fn adopt(&mut self, loaded: &Loaded) {
        // A reading that keeps addresses has looked up the other names by itself.
        self.names.remember(&loaded.definitions.names);
        self.former = Some(Arc::clone(loaded.model.definitions()));
        self.written = loaded.written.clone();
        if !loaded.settings.reload_on_change || self.has_watch_of_its_own {
            self.watch = None;
        } else if self.watch.is_none() {
            self.watch = self.start_watch();
        }
        self.follow(&loaded.report);
        self.renew_names(loaded);
    }

    /// A configuration was refused; the watch still has to see the change that fixes it.
    pub(super) fn refuse(&self, report: &LoadReport) {
        self.follow(report);
    }

    fn follow(&self, report: &LoadReport) {
        if let Some(watch) = &self.watch {
            watch.follow(report.watched.clone());
        }
    }

    fn start_watch(&self) -> Option<FileWatch> {
        let inputs = self.inputs.clone();
        FileWatch::start(move || inputs.send(Input::FilesChanged).is_ok())
            .inspect_err(|error| {
                tracing::warn!(
                    "cannot watch the configuration files, changes need a reload: {error}"
                );
            })
            .ok()
    }

    /// Has the names of this configuration resolved again when their answers no longer hold.
    fn renew_names(&mut self, loaded: &Loaded) {
        for former in [self.renewal.take(), self.retry.take()]
            .into_iter()
            .flatten()
        {
            former.abort();
        }
        let resolve_every = loaded.settings.resolve_every;
        let names = loaded.definitions.names.iter();
        // Without an interval a name is settled by its first answer, as with ldirectord.
        let renewed = names.filter(|host| {
            resolve_every.is_some() || host.failure.is_some() || is_source_name(&host.name)
        });
        let mut shown: Vec<HostName> = renewed.cloned().collect();
        if shown.is_empty() {
            return;
        }
        let every = resolve_every.unwrap_or(UNRESOLVED_EVERY);
        let names: BTreeSet<String> = shown.iter().map(|host| host.name.clone()).collect();
        let (inputs, book) = (self.inputs.clone(), self.names.clone());
        self.renewal = Some(tokio::spawn(async move {
            loop {
                // An answer may have come since the configuration was read.
                let mut now = book.all_shown(names.iter().map(String::as_str));
                now.extend(further_targets(&now, &names, &book));
                if now != shown && inputs.send(Input::NamesChanged).is_err() {
                    return;
                }
                shown = now;
                let names: Vec<String> = shown.iter().map(|host| host.name.clone()).collect();
                let Some(due) = book.next_due(names.iter().map(String::as_str)) else {
                    return;
                };
                tokio::time::sleep_until(Instant::from_std(due)).await;
                let asked = book.clone();
                let learning = NAMES.run(move || {
                    asked.learn(names.iter().map(String::as_str), every, LOOKUP_WAIT);
                });
                if learning.await.is_err() {
                    // Without a thread the names keep their addresses until the next attempt.
                    tokio::time::sleep(NO_THREAD_PAUSE).await;
                }
            }
        }));
    }

    /// Has the answers of the name service, which the safety limits refuse, compared with them again after a while.
    pub(super) fn retry_names(&mut self) {
        let (inputs, pause) = (self.inputs.clone(), self.refused_every);
        let retry = tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            // The loop may have ended.
            let _ = inputs.send(Input::NamesChanged);
        });
        if let Some(former) = self.retry.replace(retry) {
            former.abort();
        }
    }

    /// Validates the configuration in force again with the addresses that its names have now. Blocks.
    pub(super) fn revalidate(&self) -> Option<impl FnOnce() -> Result<Loaded, LoadError> + use<>> {
        let written = Arc::clone(self.written.as_ref()?);
        // What is known now is what counts; no other name is waited for.
        let memory = LoadContext {
            name_wait: Duration::ZERO,
            ..self.memory()
        };
        Some(move || judge(&written, &memory))
    }
}

/// Servers that SRV records name since the configuration was read.
fn further_targets(
    shown: &[HostName],
    names: &BTreeSet<String>,
    book: &NameCache,
) -> Vec<HostName> {
    let records = shown.iter().flat_map(|host| &host.records);
    let targets: BTreeSet<&str> = records.map(|record| record.target.as_str()).collect();
    let further = targets
        .into_iter()
        .filter(|target| !names.contains(*target) && target.parse::<IpAddr>().is_err());
    book.all_shown(further)
}

impl Drop for ConfigRefresh {
    fn drop(&mut self) {
        for task in [&self.renewal, &self.retry].into_iter().flatten() {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::loader::{load, remembered};

    #[test]
    fn a_change_of_names_never_brings_refused_files_into_force() {
        let directory = tempfile::tempdir().unwrap();
        let loaded = |server: &str| {
            let path = directory.path().join("ipvsd.yaml");
            let text = format!(
                "services: [{{listen: 'tcp://192.0.2.1:80', forwarding: nat, real_servers: [{server}]}}]"
            );
            fs::write(&path, text).unwrap();
            load(&path).unwrap()
        };
        let (before, refused) = (loaded("10.0.0.1"), loaded("10.0.0.2"));
        let in_force = remembered(&refused, &before.definitions).unwrap();
        let (inputs, _receiver) = mpsc::unbounded_channel();
        let mut refresh = ConfigRefresh::new(inputs, NameCache::default(), None);
        refresh.adopt(&in_force);
        assert!(refresh.revalidate().is_none(), "at the start");
        // A trial begins, and is rolled back to what was in force.
        refresh.adopt(&loaded("10.0.0.3"));
        assert!(refresh.revalidate().is_some());
        refresh.adopt(&in_force);
        assert!(refresh.revalidate().is_none(), "after the trial");
    }
}
