//! Keys of what happens on failure and return.

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, DrainDefinition, FallbackPoolDefinition,
    MinimumDefinition, Placed, SlowStartDefinition,
};
use director_core::diagnostic::Place;

use super::check;
use super::service::RealServers;
use crate::loader::yaml::layers;
use crate::loader::yaml::mapping::{Input, Key, Lens, Mapping, Takes};
use crate::loader::yaml::node::Content;
use crate::loader::yaml::other_words::truth;
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::loader::yaml::servers;
use crate::loader::yaml::value::{Mapped, Value};
use crate::loader::yaml::words::Percent;

mapping! {
    /// A drain with more than a time.
    DRAIN: DrainDefinition = "drain", "a drain", |place| DrainDefinition {
        place: place.clone(),
        off: false,
        timeout: None,
        then: None,
    }, Some("timeout");
    opt(timeout) "timeout" = "10m", or "none; there is no limit", "How long to wait for open connections.";
    opt(then) "then" = "remove", or "remove",
        "What to do after the time limit. `remove` removes the server and ends its connections. `keep` keeps it \
         with weight 0; a server that is no longer configured then stays until it has no active connection.";
}

/// `off`, a time, or `{timeout: 10m, then: remove}`.
impl Value for DrainDefinition {
    fn takes(_: &Key) -> Takes {
        let mut forms = vec![Takes::Word(vec!["off"])];
        match DRAIN.takes() {
            Takes::Either(others) => forms.extend(others),
            other => forms.push(other),
        }
        Takes::Either(forms)
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let place = &input.node.place;
        let Content::Scalar(scalar) = &input.node.content else {
            return DRAIN.read(input, reader);
        };
        match scalar.text.as_str() {
            "off" => Some(Self {
                off: true,
                ..DRAIN.draft(place).value
            }),
            text if text == "none" || truth(text) == Some(false) => {
                let message = format!("drain {text:?} is neither off nor a time");
                reader.error(place, message, "write off");
                None
            }
            _ => DRAIN.read(input, reader),
        }
    }

    fn print(&self) -> String {
        match self.off {
            true => "off".to_owned(),
            false => DRAIN.print(self),
        }
    }
}

mapping! {
    /// A slow start with more than a time.
    SLOW_START: SlowStartDefinition = "slow_start", "a slow start", |place| SlowStartDefinition {
        place: place.clone(),
        window: None,
        aggression: None,
        from: None,
    }, Some("window");
    opt(window) "window" = "60s", or "60s", "Time until the full weight.";
    opt(aggression) "aggression" = "1.0", or "1.0; a straight line",
        "Form of the rise, from 0.1 to 10. Above 1 the weight rises faster at the beginning, below 1 slower.";
    code(Percent, from) "from" = "10%", or "10%", "Share of the weight to begin with.";
}

impl Mapped for SlowStartDefinition {
    const MAPPING: &'static Mapping<Self> = &SLOW_START;
}

mapping! {
    /// The servers that must be available, with more than their number.
    MINIMUM: MinimumDefinition = "minimum_healthy", "minimum_healthy", |place| MinimumDefinition {
        place: place.clone(),
        servers: None,
        back_at: None,
        below: None,
    }, Some("servers");
    opt(servers) "servers" in "real servers" = "50%", or "1",
        "Least number of available servers, or share of the first tier.";
    opt(below) "below" = "keep_all", or "fallback",
        "What to do with fewer servers. `fallback` uses the fallback instead of the servers that are left; without a \
         working fallback they keep serving. `keep_all` ignores health and uses all servers, but a working \
         fallback if none is up. `withdraw` removes the \
         service from the kernel so that another director or a router takes over; it also removes the `vip` when no \
         other service uses that address.";
    opt(back_at) "back_at" in "real servers" = "75%", or "the value of `servers`",
        "Number or share of available servers that ends this state. Above `servers` it keeps the state from flapping. \
         From this number on the next tier stands by again.";
}

impl Mapped for MinimumDefinition {
    const MAPPING: &'static Mapping<Self> = &MINIMUM;
}

mapping! {
    /// A fallback of several servers.
    FALLBACK: FallbackPoolDefinition = "fallback", "a fallback of several servers", pool, Some("real_servers");
    by(RealServers) "real_servers" = "[10.0.0.98:80, 10.0.0.99:80]", "Servers of the fallback.";
    by(OwnCheck) "check" = "{http: {path: /sorry.html}}", or "tcp", "Health check of these servers.";
}

impl Mapped for FallbackPoolDefinition {
    const MAPPING: &'static Mapping<Self> = &FALLBACK;
}

/// Several servers that are connected to at least; a page of its own has a check of its own.
fn pool(place: &Place) -> FallbackPoolDefinition {
    FallbackPoolDefinition {
        place: place.clone(),
        real_servers: Vec::new(),
        check: CheckDefinition {
            kind: Some(Placed::new(CheckKindDefinition::Connect, place.clone())),
            ..CheckDefinition::default()
        },
    }
}

impl Lens<FallbackPoolDefinition> for RealServers {
    fn takes(key: &Key) -> Takes {
        <Self as Lens<super::service::ServiceText>>::takes(key)
    }

    fn read(
        pool: &mut FallbackPoolDefinition,
        input: &Input<'_>,
        reader: &mut Reader,
    ) -> Option<()> {
        pool.real_servers = servers::servers(input, false, reader)?;
        Some(())
    }

    fn print(pool: &FallbackPoolDefinition, _: &Key) -> Option<String> {
        Some(pool.real_servers.print())
    }
}

/// The check of a fallback, to which the defaults of checks do not apply.
struct OwnCheck;

impl Lens<FallbackPoolDefinition> for OwnCheck {
    fn takes(_: &Key) -> Takes {
        check::takes()
    }

    fn read(
        pool: &mut FallbackPoolDefinition,
        input: &Input<'_>,
        reader: &mut Reader,
    ) -> Option<()> {
        pool.check = layers::check(Some(input), false, &pool.place, reader);
        Some(())
    }

    fn print(pool: &FallbackPoolDefinition, _: &Key) -> Option<String> {
        check::print(&pool.check)
    }
}
