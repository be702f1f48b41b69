//! What is wanted of the machine besides its table: VIPs on interfaces, a profile, time limits.

use director_core::definitions::{HostDefinition, VipDefinition};
use director_core::model::{OnStop, Profile};

use super::reader::{Fields, Reader};
use super::shape;

/// The part of the director section that is about the machine.
pub(super) fn host(director: &Fields<'_>, reader: &mut Reader) -> HostDefinition {
    let mut host = HostDefinition {
        profile: reader.word_of(director, "profile", &Profile::ALL),
        ..HostDefinition::default()
    };
    let limits = director
        .get("timeouts")
        .and_then(|timeouts| reader.fields(timeouts, &shape::TIMEOUTS, &[]));
    if let Some(limits) = limits {
        host.tcp_timeout = reader.duration_of(&limits, "tcp");
        host.tcp_fin_timeout = reader.duration_of(&limits, "tcp_fin");
        host.udp_timeout = reader.duration_of(&limits, "udp");
    }
    host
}

/// `{interface: eth0}`.
pub(super) fn vip(service: &Fields<'_>, reader: &mut Reader) -> Option<VipDefinition> {
    let fields = reader.fields(service.get("vip")?, &shape::VIP, &[])?;
    let interface = reader.text_of(&fields, "interface");
    if interface.is_none() && fields.get("interface").is_none() {
        let hint = format!("write {}", fields.example("interface"));
        reader.error(fields.place, "the vip has no interface", hint);
    }
    Some(VipDefinition {
        interface: interface?,
        prefix: reader.number_of(&fields, "prefix"),
        on_stop: reader.word_of(
            &fields,
            "on_stop",
            &[("keep", OnStop::Keep), ("remove", OnStop::Remove)],
        ),
    })
}
