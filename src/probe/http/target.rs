//! Whom a request goes to and what it says: the first one from the definition, the next ones from redirects.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use director_core::model::{HttpProbe, HttpVersion, TlsCheck};
use hyper::header;
use hyper::http::HeaderValue;

use super::request::{Carried, HttpRequest, of_url};
use super::url::{Url, bracketed, encode, split_port};
use crate::probe::error::ProbeError;
use crate::probe::lookup::{LookupError, NamedBy};
use crate::probe::protocol::ProtocolError;
use crate::probe::settings::ProbeSettings;
use crate::probe::stream::{Stream, TlsWish};
use crate::probe::tls::{H2, server_name};

/// One request: whom to connect to and what to ask.
#[derive(Debug)]
pub(super) struct HttpTarget {
    /// Whom to connect to.
    pub(super) peer: SocketAddr,
    /// TLS on the connection.
    pub(super) tls: Option<TlsWish>,
    url: Url,
    /// The `Host` header.
    host: String,
    /// The peer is a proxy and gets absolute addresses.
    through_proxy: bool,
    /// User and password of the URL. A redirect does not take them along, since it may lead to another server.
    authorization: Option<HeaderValue>,
    carried: Carried,
    /// A redirect led to another server or scheme than the one of the check.
    elsewhere: bool,
}

impl HttpTarget {
    /// The request as defined.
    pub(super) async fn first(
        home: SocketAddr,
        question: &HttpProbe,
        settings: &ProbeSettings,
    ) -> Result<Self, ProbeError> {
        let named = Url::parse(question.target.reveal());
        // A question that names a host goes there, unless the server is a proxy; it speaks to that host as to the server,
        // as ldirectord does.
        let peer = match &named {
            Some(url) if !question.proxy => address_of(url, (home, NamedBy::Check), settings)
                .await
                .map_err(|error| without_address(error, url))?,
            _ => home,
        };
        let host = match (&question.virtual_host, &named) {
            (Some(virtual_host), _) => virtual_host.clone(),
            (None, Some(url)) if question.proxy => url.authority(),
            // Without the port even where it is an unusual one: servers choose their site by this text, and the
            // address alone is what ldirectord has always sent.
            (None, _) => bracketed(&home.ip().to_string()),
        };
        let through_proxy = question.proxy && named.is_some();
        let url = named.unwrap_or_else(|| Url {
            tls: question.tls.is_some(),
            host: own_name(question).map_or_else(|| home.ip().to_string(), str::to_owned),
            port: None,
            path: encode(question.target.reveal()),
        });
        let tls = question.tls.as_ref().map(|tls| {
            let names = tls.server_name.as_deref().into_iter();
            let names = names.chain(own_name(question)).chain([url.host.as_str()]);
            TlsWish::of(
                &offering(tls, question, &[H2]),
                server_name(names, peer.ip()),
            )
        });
        Ok(Self {
            peer,
            tls,
            url,
            host,
            through_proxy,
            authorization: of_url(question)?,
            carried: Carried::first(question),
            elsewhere: false,
        })
    }

    /// The request that a redirect with this status to `location` asks for. `home` is the server that the probe is about.
    pub(super) async fn redirected(
        &self,
        (status, location): (u16, &str),
        home: SocketAddr,
        question: &HttpProbe,
        settings: &ProbeSettings,
    ) -> Result<Self, ProbeError> {
        let astray = || ProbeError::RedirectedAstray(location.to_owned());
        let url = self.url.join(location).ok_or_else(astray)?;
        let same_scheme = url.tls == self.url.tls;
        if self.through_proxy {
            let to_same = same_scheme && url.authority() == self.url.authority();
            return Ok(Self {
                peer: self.peer,
                tls: self.tls.clone(),
                host: url.authority(),
                url,
                through_proxy: true,
                authorization: None,
                carried: self.carried.redirected(status, to_same),
                elsewhere: self.elsewhere || !to_same,
            });
        }
        let at_home = is_home(&url, home.ip(), question);
        let peer = peer_of(&url, at_home, home, question, settings).await?;
        // The same server, or the same site of the host that the check names.
        let same_site = url.authority() == self.url.authority();
        let to_same = same_scheme && peer == self.peer && (at_home || same_site);
        let tls = url.tls.then(|| match &question.tls {
            _ if to_same && !at_home => self.tls.clone(),
            Some(tls) if at_home => Some(own_tls(tls, question, home.ip())),
            tls => {
                let name = server_name([url.host.as_str()], peer.ip());
                // Where a redirect leads may speak less.
                let tls = tls
                    .as_ref()
                    .map(|tls| offering(tls, question, &[H2, "http/1.1"]));
                Some(TlsWish::of_stranger(tls.as_deref(), name))
            }
        });
        let tls = tls.flatten();
        let host = match &question.virtual_host {
            Some(virtual_host) if at_home => virtual_host.clone(),
            _ => url.authority(),
        };
        Ok(Self {
            peer,
            tls,
            host,
            url,
            through_proxy: false,
            authorization: None,
            carried: self.carried.redirected(status, to_same),
            elsewhere: self.elsewhere || !to_same,
        })
    }

    /// Its address in full.
    pub(super) fn absolute(&self) -> String {
        self.url.absolute()
    }

    /// Whether the connection is one of HTTP/2: as the question wants it of the first server, or as the server has chosen.
    pub(super) fn speaks_http2(
        &self,
        question: &HttpProbe,
        stream: &Stream,
    ) -> Result<bool, ProbeError> {
        let chosen = stream.chosen_protocol() == Some(H2.as_bytes());
        match question.version {
            _ if self.through_proxy => Ok(false),
            _ if self.elsewhere => Ok(chosen),
            HttpVersion::Two if self.tls.is_some() && !chosen => Err(ProtocolError::NoHttp2.into()),
            HttpVersion::Two => Ok(true),
            HttpVersion::One => Ok(chosen),
        }
    }

    /// The request, with what it carries of the check's content.
    pub(super) fn request(&self, question: &HttpProbe) -> Result<HttpRequest, ProbeError> {
        let line = if self.through_proxy {
            self.url.absolute()
        } else {
            self.url.path.clone()
        };
        let request = HttpRequest::new(line, &self.host, &self.carried, &question.content);
        let mut request = request.map_err(ProbeError::NoSuchRequest)?;
        if let Some(authorization) = &self.authorization {
            let headers = &mut request.headers;
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        Ok(request)
    }
}

/// The virtual host without a port that it may have.
fn own_name(question: &HttpProbe) -> Option<&str> {
    let virtual_host = question.virtual_host.as_deref()?;
    split_port(virtual_host).map(|(host, _)| host)
}

fn own_tls(tls: &TlsCheck, question: &HttpProbe, address: IpAddr) -> TlsWish {
    let names = tls.server_name.as_deref().into_iter();
    let name = server_name(names.chain(own_name(question)), address);
    TlsWish::of(&offering(tls, question, &[H2]), name)
}

/// TLS that offers these protocols where the question is in HTTP/2, unless the check says what to offer.
fn offering<'a>(tls: &'a TlsCheck, question: &HttpProbe, alpn: &[&str]) -> Cow<'a, TlsCheck> {
    if question.version == HttpVersion::One || !tls.alpn.is_empty() {
        return Cow::Borrowed(tls);
    }
    let alpn = alpn.iter().map(|name| (*name).to_owned()).collect();
    Cow::Owned(TlsCheck {
        alpn,
        ..tls.clone()
    })
}

/// Whether `url` names the server itself, by its address or by the virtual host.
fn is_home(url: &Url, home: IpAddr, question: &HttpProbe) -> bool {
    own_name(question).is_some_and(|name| name.eq_ignore_ascii_case(&url.host))
        || url
            .host
            .parse::<IpAddr>()
            .is_ok_and(|address| address == home)
}

async fn peer_of(
    url: &Url,
    at_home: bool,
    home: SocketAddr,
    question: &HttpProbe,
    settings: &ProbeSettings,
) -> Result<SocketAddr, ProbeError> {
    if at_home {
        // The server knows its site by the port of the virtual service; its own may be another one. So an address
        // without a port that keeps the scheme means the port that is asked already.
        let same_scheme = url.tls == question.tls.is_some();
        let port = match url.port {
            None if same_scheme => home.port(),
            _ => url.port_or_default(),
        };
        return Ok(SocketAddr::new(home.ip(), port));
    }
    let found = address_of(url, (home, NamedBy::Server), settings).await;
    found.map_err(|error| match error {
        LookupError::NoThread(error) => ProbeError::NoThread(error),
        // Enough servers that redirect to dead names take all lookups, and none of them shall be excused by the others.
        LookupError::NoAddress | LookupError::NoAnswer | LookupError::Busy => {
            ProbeError::RedirectedNowhere(url.absolute())
        }
    })
}

/// Where the host of an address is to be found.
async fn address_of(
    url: &Url,
    named_by: (SocketAddr, NamedBy),
    settings: &ProbeSettings,
) -> Result<SocketAddr, LookupError> {
    let port = url.port_or_default();
    if let Ok(address) = url.host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, port));
    }
    settings.address((&url.host, port), named_by).await
}

/// What it means that the host that a check names has no address: this director is at fault.
fn without_address(error: LookupError, url: &Url) -> ProbeError {
    match error {
        LookupError::NoAddress | LookupError::NoAnswer => ProbeError::Nowhere(url.absolute()),
        LookupError::Busy => ProbeError::LookupsBusy(url.host.clone()),
        LookupError::NoThread(error) => ProbeError::NoThread(error),
    }
}
