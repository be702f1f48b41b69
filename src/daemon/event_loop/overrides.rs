//! Overrides: each is compared with the safety limits by the connections of the moment, handed to the director, and
//! answered when it is on the disk.

use super::EventLoop;
use crate::api::ApiError;
use crate::api::overrides::OverrideRequest;
use crate::daemon::input::{CheckedOverride, Input, OverrideReply, SafetyCheck};
use crate::daemon::override_replies;

impl EventLoop {
    /// Reads the connections that the safety limits need, off the loop; the result returns as an input.
    pub(super) fn check_override(&self, request: OverrideRequest, reply: OverrideReply) {
        let (inputs, kernel) = (self.inputs.clone(), self.kernel.clone());
        // Lifting an override removes no server.
        let is_guarded = request.kind.is_some() && self.director.is_guarded();
        tokio::spawn(async move {
            let safety = SafetyCheck::now(request.force, is_guarded, kernel).await;
            let _ = inputs.send(Input::OverrideChecked(CheckedOverride {
                request,
                reply,
                safety,
            }));
        });
    }

    /// Applies or lifts an override unless it exceeds the safety limits.
    pub(super) fn apply_override(&mut self, checked: CheckedOverride) {
        let CheckedOverride {
            request,
            reply,
            safety,
        } = checked;
        let snapshot = self.director.snapshot(self.now());
        match override_replies::resolve(&request, &snapshot) {
            Ok(resolved) => {
                let now = self.now();
                let conflict = override_replies::conflict(&self.director, &resolved, now);
                let conflict = conflict.filter(|_| !request.replace);
                let refusal = || override_replies::refusal(&self.director, &resolved, &safety, now);
                if let Some(why) = conflict.or_else(refusal) {
                    tracing::warn!(author = %request.author, "override refused: {why}");
                    let _ = reply.send(Err(ApiError::Refused(why)));
                    return;
                }
                let (event, servers) = resolved.split();
                self.dispatch(event);
                let now = self.now();
                self.override_replies
                    .accepted(servers, reply, &self.director, now);
            }
            Err(message) => {
                let _ = reply.send(Err(ApiError::Refused(message)));
            }
        }
    }
}
