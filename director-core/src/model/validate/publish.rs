//! The file that a service publishes its state in.

use super::findings::Findings;
use crate::definitions::{Placed, PublishDefinition, ServiceDefinition};
use crate::model::Publish;

/// The numbers that keepalived adds to a priority when nothing else is written.
const USUAL: [i32; 3] = [0, -10, -50];

pub(super) fn publish(written: &ServiceDefinition, findings: &mut Findings) -> Option<Publish> {
    let PublishDefinition {
        file,
        up,
        degraded,
        down,
    } = written.publish.as_ref()?;
    if !file.value.starts_with('/') || file.value.ends_with('/') {
        findings.error(
            &file.place,
            format!(
                "publish: {:?} is not an absolute path of a file",
                file.value
            ),
            "write a path such as /run/ipvsd/web",
        );
    }
    let [usual_up, usual_degraded, usual_down] = USUAL;
    let mut number = |key, written: &Option<Placed<i64>>, usual| match written {
        None => usual,
        Some(written) => i32::try_from(written.value).unwrap_or_else(|_| {
            findings.error(
                &written.place,
                format!("{key} {} is out of range", written.value),
                "write -2147483648 to 2147483647; keepalived uses -254 to 254",
            );
            usual
        }),
    };
    Some(Publish {
        file: file.value.clone(),
        up: number("up", up, usual_up),
        degraded: number("degraded", degraded, usual_degraded),
        down: number("down", down, usual_down),
    })
}
