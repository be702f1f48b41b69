//! What all probes share: TLS configurations, lookups, memory and threads; and what one probe has of its own.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use director_core::model::{Pattern, Probe};
use openssl::ssl::SslContext;
use openssl::x509::X509;
use socket2::Socket;
use tokio::time::Instant;

use super::error::ProbeError;
use super::lookup::{LookupError, Lookups, NamedBy};
use super::matcher::{Matcher, quick_search};
use super::memory::{Allowance, Memory, ProbeMemory, ReadLimits};
use super::origin::ProbeOrigin;
use super::pauses::Pauses;
use super::stopwatch::Stopwatch;
use super::tls::TlsTrust;
use super::tls_contexts::TlsContexts;
use super::vip_path::VipPath;
use crate::net::source_beside;

/// How long a lookup may take for a probe without a time limit.
const LOOKUP_LIMIT: Duration = Duration::from_secs(5);
/// A time limit that is longer counts as this.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Settings for all probes. Cloning is cheap and shares them. Certificate authorities are read when the first probe needs
/// them; make new settings to have them read again.
#[derive(Debug, Clone, Default)]
pub struct ProbeSettings {
    shared: Arc<Shared>,
    /// The path of the one probe that these settings are for, when it goes through a VIP.
    vip_path: Option<Arc<VipPath>>,
    /// Where the connections of that probe come from.
    origin: ProbeOrigin,
    /// Times the parts of the probe that these settings are for.
    stopwatch: Option<Stopwatch>,
    /// When half of the time limit of the probe is over.
    halfway: Option<Instant>,
    /// When it is nearly over.
    last_call: Option<Instant>,
    /// The memory of that probe.
    memory: ProbeMemory,
}

#[derive(Debug, Default)]
struct Shared {
    /// The VIPs of all services, which real servers have too: none of them can be the source of a probe.
    vips: Mutex<Arc<BTreeSet<IpAddr>>>,
    tls: TlsContexts,
    lookups: Lookups,
    pauses: Arc<Pauses>,
    matcher: Mutex<Option<Arc<Matcher>>>,
    memory: Memory,
}

impl ProbeSettings {
    /// Settings that trust the authorities of the system's store (`/etc/ssl/certs`, or what the environment variables
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` name): the place where operators put their own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Settings that trust these authorities and no others.
    #[must_use]
    pub fn trusting(authorities: Vec<X509>) -> Self {
        Self {
            shared: Arc::new(Shared {
                tls: TlsContexts::trusting(authorities),
                ..Shared::default()
            }),
            ..Self::default()
        }
    }

    /// Settings with other threads for TLS configurations.
    #[cfg(test)]
    pub(super) fn making_tls(tls: TlsContexts) -> Self {
        Self {
            shared: Arc::new(Shared {
                tls,
                ..Shared::default()
            }),
            ..Self::default()
        }
    }

    /// Settings with other threads for lookups.
    #[cfg(test)]
    pub(super) fn looking_up(lookups: Lookups) -> Self {
        Self {
            shared: Arc::new(Shared {
                lookups,
                ..Shared::default()
            }),
            ..Self::default()
        }
    }

    /// Sends probes from none of these addresses from now on: the VIPs of all services.
    pub fn set_vips(&self, vips: BTreeSet<IpAddr>) {
        *self
            .shared
            .vips
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(vips);
    }

    /// Notices from now on when this process does not run, so that no server is blamed for it.
    pub fn watch_pauses(&self) {
        self.shared.pauses.watch();
    }

    /// A pause of this process that excuses a probe with this limit that failed just now.
    pub(super) fn pause_since(&self, started: Instant, limit: Duration) -> Option<Duration> {
        self.shared.pauses.excuse(started, Instant::now(), limit)
    }

    pub(super) fn vips(&self) -> Arc<BTreeSet<IpAddr>> {
        let vips = self.shared.vips.lock();
        Arc::clone(&vips.unwrap_or_else(PoisonError::into_inner))
    }

    /// The address from which a probe of this server has to leave, where the kernel would send it from a VIP.
    pub(super) fn source_beside_vips(&self, peer: IpAddr) -> Result<Option<IpAddr>, ProbeError> {
        Ok(source_beside(peer, &self.vips())?)
    }

    /// Whether the kernel has chosen a VIP as the address of this socket.
    pub(super) fn is_from_vip(&self, socket: &Socket) -> bool {
        let vips = self.vips();
        if vips.is_empty() {
            return false;
        }
        let local = socket.local_addr().ok();
        let local = local.and_then(|local| local.as_socket());
        local.is_some_and(|local| vips.contains(&local.ip()))
    }

    pub(super) fn through_vip(&self, vip_path: VipPath) -> Self {
        Self {
            vip_path: Some(Arc::new(vip_path)),
            ..self.clone()
        }
    }

    /// The path that packets to this peer take, when it leads through a VIP.
    pub(super) fn vip_path_to(&self, peer: IpAddr) -> Option<&VipPath> {
        self.vip_path.as_deref().filter(|path| path.leads_to(peer))
    }

    /// The same settings for one probe with this time limit, whose parts are timed.
    pub(super) fn timed(&self, probe: &Probe, limit: Duration) -> (Self, Stopwatch) {
        let stopwatch = Stopwatch::start();
        // A twentieth of the limit is left to weigh what has come by then.
        // No clock goes to the end of the largest number.
        let limit = limit.min(LONGEST);
        let now = Instant::now();
        let last_call = now + limit.saturating_sub(limit / 20);
        let timed = Self {
            shared: Arc::clone(&self.shared),
            vip_path: self.vip_path.clone(),
            origin: ProbeOrigin::of(probe),
            stopwatch: Some(stopwatch.clone()),
            halfway: Some(now + limit / 2),
            last_call: Some(last_call),
            memory: ProbeMemory::within(limit),
        };
        (timed, stopwatch)
    }

    /// Where the connections of the probe come from.
    pub(super) fn origin(&self) -> &ProbeOrigin {
        &self.origin
    }

    /// What a connection of the probe may read.
    pub(super) fn allowance(&self, limits: ReadLimits) -> Allowance {
        self.shared.memory.allowance(limits, self.memory.clone())
    }

    /// Whether the probe had no time left for its server, because long answers of other servers had the memory.
    pub(super) fn lacked_memory(&self) -> bool {
        self.memory.is_an_excuse()
    }

    /// Takes all memory for long answers, until it is dropped.
    #[cfg(test)]
    pub(super) fn all_memory(&self) -> Option<[tokio::sync::OwnedSemaphorePermit; 2]> {
        self.shared.memory.take_all()
    }

    /// Whether `pattern` is found in what a server said.
    pub(super) async fn finds(&self, pattern: &Pattern, said: &[u8]) -> Result<bool, ProbeError> {
        if let Some(found) = quick_search(pattern, said) {
            return Ok(found);
        }
        let matcher = self.matcher().map_err(ProbeError::CannotAsk)?;
        matcher.search(pattern, said, self.last_call).await
    }

    /// The threads that match long answers, which are started for the first one.
    fn matcher(&self) -> std::io::Result<Arc<Matcher>> {
        let mut matcher = (self.shared.matcher.lock()).unwrap_or_else(PoisonError::into_inner);
        if let Some(matcher) = &*matcher {
            return Ok(Arc::clone(matcher));
        }
        let started = Arc::new(Matcher::start()?);
        Ok(Arc::clone(matcher.insert(started)))
    }

    /// When the time limit of the probe is nearly over: the last moment to be content with what has come.
    pub(super) fn last_call(&self) -> Option<Instant> {
        self.last_call
    }

    /// The address of a host that this server names, or that its check does, looked up within the time limit of the probe.
    pub(super) async fn address(
        &self,
        host: (&str, u16),
        named_by: (SocketAddr, NamedBy),
    ) -> Result<SocketAddr, LookupError> {
        let until = self
            .last_call
            .unwrap_or_else(|| Instant::now() + LOOKUP_LIMIT);
        self.shared.lookups.address(host, named_by, until).await
    }

    /// The stopwatch of the probe.
    pub(super) fn stopwatch(&self) -> Option<&Stopwatch> {
        self.stopwatch.as_ref()
    }

    /// The TLS configuration for a check. At least half of the time limit is left for the server.
    pub(super) async fn tls(&self, trust: &TlsTrust) -> Result<SslContext, ProbeError> {
        Ok(self.shared.tls.get(trust, self.halfway).await?)
    }
}
