//! Real servers and the sorry server.

use std::net::IpAddr;

use director_core::definitions::{
    ForwardingDefinition, Host, Placed, PortDefinition, RealServerDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::{Family, TunnelChecksum};

use super::timing::Timing;
use super::values;
use crate::findings::Findings;
use crate::tree::Entry;
use crate::words::PlacedWord;

/// The largest weight that keepalived 2.2 takes. That of 2.4 and of ipvsd is 65535.
const LARGEST_WEIGHT: u64 = 2_147_483_647;
/// The largest weight in ipvsd: with larger ones the kernel's schedulers may take seconds for a connection.
const LARGEST_WEIGHT_HERE: u64 = 65_535;

/// A real server as written.
#[derive(Debug)]
pub(super) struct ServerBlock<'e> {
    pub(super) address: Placed<IpAddr>,
    pub(super) port: Option<Placed<u16>>,
    /// Forwarding of its own, or that which the virtual server had when it was read.
    pub(super) forwarding: Option<Placed<ForwardingDefinition>>,
    pub(super) weight: Option<Placed<u64>>,
    pub(super) upper_threshold: Option<Placed<u64>>,
    pub(super) lower_threshold: Option<Placed<u64>>,
    pub(super) inhibit: Option<Placed<bool>>,
    pub(super) smtp_alert: Option<Placed<bool>>,
    pub(super) virtual_host: Option<Placed<String>>,
    pub(super) timing: Timing,
    pub(super) checkers: Vec<&'e Entry>,
    pub(super) place: Place,
}

/// Reads a real server. One without a usable address is none, for keepalived too.
pub(super) fn server<'e>(
    entry: &'e Entry,
    forwarding: Option<&Placed<ForwardingDefinition>>,
    findings: &mut Findings,
) -> Option<ServerBlock<'e>> {
    let (address, port) = endpoint(entry, findings)?;
    let mut server = ServerBlock {
        address,
        port,
        forwarding: forwarding.cloned(),
        weight: None,
        upper_threshold: None,
        lower_threshold: None,
        inhibit: None,
        smtp_alert: None,
        virtual_host: None,
        timing: Timing::default(),
        checkers: Vec::new(),
        place: entry.place.clone(),
    };
    for entry in &entry.entries {
        if !server.timing.take(entry, 1, findings) {
            server.take(entry, findings);
        }
    }
    server.order_thresholds(findings);
    Some(server)
}

/// Address and port behind `real_server` and `sorry_server`.
pub(super) fn endpoint(
    entry: &Entry,
    findings: &mut Findings,
) -> Option<(Placed<IpAddr>, Option<Placed<u16>>)> {
    let written = entry.value().map_or("", |word| word.text.as_str());
    let Some(address) = values::address(written) else {
        let message = format!(
            "{written:?} is no address; keepalived ignores this {}",
            entry.name
        );
        findings.faulty(
            &entry.place,
            message,
            "write the IPv4 or IPv6 address; keepalived takes no names",
        );
        return None;
    };
    match values::port(entry.values.get(1)) {
        Ok(port) => {
            let place = entry.value().map_or(&entry.place, |word| &word.place);
            Some((Placed::new(address, place.clone()), port))
        }
        Err(word) => {
            let message = format!(
                "{} is no port; keepalived ignores this {}",
                word.text, entry.name
            );
            findings.faulty(&word.place, message, "write a number up to 65535");
            None
        }
    }
}

impl<'e> ServerBlock<'e> {
    fn take(&mut self, entry: &'e Entry, findings: &mut Findings) {
        let thresholds = 0..=u64::from(u32::MAX);
        match entry.name.as_str() {
            "weight" => self.weight = weight(entry, findings),
            "lvs_method" => {
                self.forwarding = forwarding(entry, findings).or_else(|| self.forwarding.clone());
            }
            "uthreshold" => self.upper_threshold = values::number(entry, thresholds, findings),
            "lthreshold" => self.lower_threshold = values::number(entry, thresholds, findings),
            "inhibit_on_failure" => self.inhibit = values::switch(entry, findings),
            "smtp_alert" => self.smtp_alert = values::switch(entry, findings),
            "virtualhost" => self.virtual_host = values::text(entry, findings),
            "notify_up" | "notify_down" => {
                let message = format!("{} is not run", entry.name);
                let hint = "use notify in YAML: a command gets each change of a server as JSON";
                findings.differs(&entry.place, message, hint);
            }
            // It is about the agent for SNMP.
            "snmp_name" => {}
            _ => self.checkers.push(entry),
        }
    }

    /// The kernel refuses a server whose lower threshold is above the upper one.
    fn order_thresholds(&mut self, findings: &mut Findings) {
        let upper = self.upper_threshold.as_ref().map_or(0, |upper| upper.value);
        if let Some(lower) = self.lower_threshold.take_if(|lower| lower.value > upper) {
            let message = format!(
                "lthreshold {} is above uthreshold {upper}, which the kernel refuses; ipvsd leaves it out",
                lower.value
            );
            findings.faulty(&lower.place, message, "make lthreshold the smaller one");
        }
    }

    pub(super) fn family(&self) -> Family {
        Family::of(self.address.value)
    }

    pub(super) fn is_tunnelled(&self) -> bool {
        is_tunnel(self.forwarding.as_ref())
    }

    /// The real server as a definition. What it shares with its service is left to that. Without a port of the service
    /// only NAT can lead to one.
    pub(super) fn definition(
        &self,
        usual_weight: Option<&Placed<u64>>,
        check_address: Option<&Placed<IpAddr>>,
        usual_forwarding: &Placed<ForwardingDefinition>,
        has_no_port: bool,
    ) -> RealServerDefinition {
        let is_own =
            |method: &&Placed<ForwardingDefinition>| method.value != usual_forwarding.value;
        let forwarding = self.forwarding.as_ref().filter(is_own);
        let method = self.forwarding.as_ref().unwrap_or(usual_forwarding);
        let port = self
            .port
            .as_ref()
            .filter(|_| !has_no_port || method.value == ForwardingDefinition::Masq);
        let signed = |number: &Placed<u64>| {
            let value = i64::try_from(number.value).unwrap_or(i64::MAX);
            Placed::new(value, number.place.clone())
        };
        RealServerDefinition {
            weight: self.weight.as_ref().or(usual_weight).map(signed),
            upper_threshold: self.upper_threshold.as_ref().map(signed),
            lower_threshold: self.lower_threshold.as_ref().map(signed),
            check_address: check_address.cloned(),
            ..bare(&self.place, &self.address, port, forwarding)
        }
    }
}

/// A weight, no larger than ipvsd takes.
fn weight(entry: &Entry, findings: &mut Findings) -> Option<Placed<u64>> {
    let weight = values::number(entry, 0..=LARGEST_WEIGHT, findings)?;
    if weight.value > LARGEST_WEIGHT_HERE {
        let message = format!(
            "weights go up to {LARGEST_WEIGHT_HERE} in ipvsd, which is used instead of {}",
            weight.value
        );
        findings.differs(
            &weight.place,
            message,
            "divide all weights of the virtual_server by the same number",
        );
    }
    Some(weight.map(|weight| weight.min(LARGEST_WEIGHT_HERE)))
}

/// A server with nothing but its endpoint and its forwarding method.
pub(super) fn bare(
    place: &Place,
    address: &Placed<IpAddr>,
    port: Option<&Placed<u16>>,
    forwarding: Option<&Placed<ForwardingDefinition>>,
) -> RealServerDefinition {
    RealServerDefinition {
        port: port
            .cloned()
            .map(|port| port.map(|port| PortDefinition::Number(port.into()))),
        forwarding: forwarding.cloned(),
        ..RealServerDefinition::at(place.clone(), address.clone().map(Host::Address))
    }
}

pub(super) fn is_tunnel(forwarding: Option<&Placed<ForwardingDefinition>>) -> bool {
    use ForwardingDefinition::{Gre, Gue, Ipip};
    forwarding.is_some_and(|method| matches!(method.value, Ipip | Gre { .. } | Gue { .. }))
}

/// `NAT`, `DR`, or `TUN` with its type.
pub(super) fn forwarding(
    entry: &Entry,
    findings: &mut Findings,
) -> Option<Placed<ForwardingDefinition>> {
    let Some((word, options)) = entry.values.split_first() else {
        findings.faulty(
            &entry.place,
            format!("{} has no value and is ignored", entry.name),
            "write NAT, DR or TUN",
        );
        return None;
    };
    let value = match word.text.as_str() {
        "NAT" => Some(ForwardingDefinition::Masq),
        "DR" => Some(ForwardingDefinition::Direct),
        "TUN" => Some(tunnel(options).unwrap_or_else(|| {
            let line: Vec<&str> = options.iter().map(|word| word.text.as_str()).collect();
            let message = format!(
                "a tunnel cannot have {}; keepalived uses ipip",
                line.join(" ")
            );
            let hint = "write TUN, TUN type gue port NUMBER, or TUN type gre";
            findings.faulty(&word.place, message, hint);
            ForwardingDefinition::Ipip
        })),
        _ => None,
    };
    let Some(value) = value else {
        let hint = "write NAT, DR or TUN";
        let line: Vec<&str> = entry.values.iter().map(|word| word.text.as_str()).collect();
        let message = format!(
            "{} is no value of {}; keepalived ignores the line",
            line.join(" "),
            entry.name
        );
        findings.faulty(&word.place, message, hint);
        return None;
    };
    Some(Placed::new(value, word.place.clone()))
}

/// `type ipip | type gue port NUMBER | type gre`, with `nocsum`, `csum` or `remcsum`.
fn tunnel(options: &[PlacedWord]) -> Option<ForwardingDefinition> {
    let mut words = options.iter().map(|word| word.text.as_str());
    let (mut kind, mut port, mut checksum) = ("ipip", None, TunnelChecksum::Off);
    while let Some(word) = words.next() {
        match word {
            "type" => kind = words.next()?,
            "port" => port = Some(words.next()?.parse::<u16>().ok().filter(|port| *port > 0)?),
            "nocsum" => checksum = TunnelChecksum::Off,
            "csum" => checksum = TunnelChecksum::On,
            "remcsum" => checksum = TunnelChecksum::Remote,
            _ => return None,
        }
    }
    match (kind, port, checksum) {
        ("ipip", None, TunnelChecksum::Off) => Some(ForwardingDefinition::Ipip),
        ("gue", Some(port), checksum) => Some(ForwardingDefinition::Gue {
            port: port.into(),
            checksum,
        }),
        ("gre", None, TunnelChecksum::Off | TunnelChecksum::On) => {
            Some(ForwardingDefinition::Gre { checksum })
        }
        _ => None,
    }
}
