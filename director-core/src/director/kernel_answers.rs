//! What the kernel answers: that the table could not be read, and what came of the changes.

use super::{Director, Effect, KernelState, Notice, READ_RETRY};
use crate::model::ServiceId;
use crate::moment::Moment;
use crate::plan::OpFailure;
use crate::table::Table;

impl Director {
    pub(super) fn read_failed(&mut self, message: String, now: Moment, effects: &mut Vec<Effect>) {
        self.kernel_state = KernelState::Idle;
        self.next_read = now + READ_RETRY;
        if self.unreadable.as_ref() != Some(&message) {
            effects.push(Effect::Tell(Notice::Unreadable {
                message: message.clone(),
                retry_in: READ_RETRY,
            }));
        }
        self.unreadable = Some(message);
    }

    pub(super) fn applied(
        &mut self,
        services: &[ServiceId],
        failures: &[OpFailure],
        observed: Result<Table, String>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        self.kernel_state = KernelState::Idle;
        self.unsettled.extend(services.iter().copied());
        self.report_attempts(observed.as_ref().ok(), now, effects);
        for failure in failures {
            let retry_in = self.retries.refused(failure, now);
            effects.push(Effect::Tell(Notice::Refused {
                failure: failure.clone(),
                retry_in,
            }));
        }
        match observed {
            Ok(mut read) => {
                let known = self.observed.get_or_insert_default();
                for service in services {
                    match read.services.remove(service) {
                        Some(entry) => known.services.insert(*service, entry),
                        None => known.services.remove(service),
                    };
                }
            }
            // What the kernel holds is unknown now, so nothing more is done before it was read.
            Err(message) => {
                self.observed = None;
                self.read_failed(message, now, effects);
            }
        }
    }
}
