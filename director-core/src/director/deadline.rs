//! When the director wants to be woken: for probes, the kernel, retries, overrides, mails, and all that ends by itself.

use super::{Director, KernelState};
use crate::moment::Moment;

impl Director {
    /// When the director wants to be woken, at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Moment> {
        self.loaded_at?;
        let probe = if self.may_probe() {
            self.schedule.next_due()
        } else {
            None
        };
        let kernel = (self.kernel_state == KernelState::Idle).then_some(self.next_read);
        let retry = if self.kernel_state == KernelState::Idle {
            self.retries.next_retry()
        } else {
            None
        };
        let review = if self.kernel_state == KernelState::Idle && self.observed.is_some() {
            self.next_review
        } else {
            None
        };
        let override_ = self.overrides.next_expiry();
        let mail = self.alerts.next_due();
        let saved = self.persist.next_due();
        let message = self.batcher.next_due();
        let unfreeze = self.frozen.as_ref().and_then(|frozen| frozen.until);
        let host = self
            .host
            .next(self.ready_at_last())
            .filter(|_| self.has_stood && !self.stopping);
        let idle = self.kernel_state == KernelState::Idle && self.observed.is_some();
        let ready = self
            .ready_at_last()
            .filter(|_| idle && !self.ready_told && !self.stopping);
        let deadlines = [
            probe,
            kernel,
            retry,
            review,
            override_,
            mail,
            saved,
            message,
            self.next_release,
            unfreeze,
            self.next_network_check(),
            host,
            ready,
        ];
        deadlines.into_iter().flatten().min()
    }
}
