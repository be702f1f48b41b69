//! A request as it is sent (RFC 9112, 3).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use director_core::model::{Authorization, HttpProbe, RequestContent};
use hyper::http::{Error, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Uri, header};

use super::url::decode;
use crate::probe::error::ProbeError;

/// What the servers see of us in their logs.
const USER_AGENT: &str = concat!("ipvsd/", env!("CARGO_PKG_VERSION"));

/// What of the check's content a request carries. A redirect to another server takes nothing along.
#[derive(Debug, Clone)]
pub(super) struct Carried {
    pub(super) method: String,
    /// Headers and credentials.
    pub(super) headers: bool,
    pub(super) body: bool,
}

impl Carried {
    /// The first request carries everything.
    pub(super) fn first(question: &HttpProbe) -> Self {
        Self {
            method: question.method.clone(),
            headers: true,
            body: true,
        }
    }

    /// What is left after a redirect with this status. A body goes along with the method only, as in browsers (Fetch, 4.4).
    pub(super) fn redirected(&self, status: u16, to_same_server: bool) -> Self {
        let becomes_get = match status {
            303 => self.method != "HEAD",
            301 | 302 => self.method == "POST",
            _ => false,
        };
        Self {
            method: match becomes_get {
                true => "GET".to_owned(),
                false => self.method.clone(),
            },
            headers: self.headers && to_same_server,
            body: self.body && to_same_server && !becomes_get,
        }
    }
}

/// A request, complete.
pub(super) struct HttpRequest {
    method: Method,
    target: String,
    pub(super) headers: HeaderMap,
    /// Headers of the check, by their names as written.
    own: Vec<(String, HeaderValue)>,
    body: Vec<u8>,
}

impl HttpRequest {
    /// A request for `target` at `host`, with what it carries of the check's content.
    pub(super) fn new(
        target: String,
        host: &str,
        carried: &Carried,
        content: &RequestContent,
    ) -> Result<Self, Error> {
        target.parse::<Uri>()?;
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host)?);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        let mut own = Vec::new();
        if carried.headers {
            if let Some(authorization) = &content.authorization {
                headers.insert(header::AUTHORIZATION, credentials(authorization)?);
            }
            for header in &content.headers {
                headers.remove(&header.name);
                let value = HeaderValue::from_bytes(header.value.reveal().as_bytes())?;
                own.push((header.name.clone(), value));
            }
        }
        let body = content.body.as_ref().filter(|_| carried.body);
        let body = body.map_or(Vec::new(), |body| body.reveal().as_bytes().to_vec());
        // Some servers refuse a request that could have a body and has no length (RFC 9110, 8.6).
        let could_have_body = matches!(carried.method.as_str(), "POST" | "PUT" | "PATCH");
        if could_have_body || !body.is_empty() {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        Ok(Self {
            method: Method::from_bytes(carried.method.as_bytes())?,
            target,
            headers,
            own,
            body,
        })
    }

    /// The request for HTTP/2, where the host is no header and a connection has no options (RFC 9113, 8.2.2 and 8.3.1), and its
    /// body.
    pub(super) fn into_http2(mut self, tls: bool) -> Result<(Request<()>, Vec<u8>), Error> {
        let host = self.headers.remove(header::HOST);
        self.headers.remove(header::CONNECTION);
        for (name, value) in self.own {
            self.headers
                .append(HeaderName::from_bytes(name.as_bytes())?, value);
        }
        let uri = Uri::builder()
            .scheme(if tls { "https" } else { "http" })
            .authority(host.as_ref().map_or(&b""[..], HeaderValue::as_bytes))
            .path_and_query(self.target)
            .build()?;
        let mut request = Request::new(());
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        Ok((request, self.body))
    }

    /// The bytes that are sent. Names have capitals as in the RFCs, since some servers look for them so.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (capitalised(name.as_str()), value));
        let own = self.own.iter().map(|(name, value)| (name.clone(), value));
        for (name, value) in headers.chain(own) {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend(self.body);
        bytes
    }
}

/// `User-Agent` for `user-agent`.
fn capitalised(name: &str) -> String {
    let mut at_start = true;
    let mut capitalise = |letter: char| {
        let written = if at_start {
            letter.to_ascii_uppercase()
        } else {
            letter
        };
        at_start = letter == '-';
        written
    };
    name.chars().map(&mut capitalise).collect()
}

fn credentials(authorization: &Authorization) -> Result<HeaderValue, Error> {
    match authorization {
        Authorization::Basic { login, password } => {
            basic(login.as_bytes(), password.reveal().as_bytes())
        }
        Authorization::Bearer(token) => {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))?;
            value.set_sensitive(true);
            Ok(value)
        }
    }
}

/// Basic authentication (RFC 7617).
fn basic(login: &[u8], password: &[u8]) -> Result<HeaderValue, Error> {
    let credentials = [login, b":", password].concat();
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64.encode(credentials)))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Basic authentication with user and password of the URL, as browsers and LWP do it.
pub(super) fn of_url(question: &HttpProbe) -> Result<Option<HeaderValue>, ProbeError> {
    let Some((user, password)) = question.target.user_and_password() else {
        return Ok(None);
    };
    let value = basic(&decode(user), &decode(password));
    value.map(Some).map_err(ProbeError::NoSuchRequest)
}
