//! What a check sends with method and path: headers, credentials and the header of the PROXY protocol.

use serde::{Deserialize, Serialize};

use super::Secret;

/// A header of an HTTP request. Its value may be a credential, so that it never shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct RequestHeader {
    /// Its name as written.
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// Texts that are shorter are no secrets unless their header says so: a server may well say `json` or `https`.
const SHORTEST_SECRET: usize = 8;

impl RequestHeader {
    /// Whether the value has to be hidden in what a server says.
    fn is_secret(&self) -> bool {
        carries_credentials(&self.name)
            || self.value.source().is_some()
            || self.value.reveal().len() >= SHORTEST_SECRET
    }
}

/// Whether the value of a header with this name is a credential.
#[must_use]
pub fn carries_credentials(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auth", "cookie", "key", "token", "secret", "password"]
        .iter()
        .any(|part| name.contains(part))
}

/// Why a header cannot be set, and what to write instead; none when it can.
#[must_use]
pub fn refused_header(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "host" => Some("write host: NAME in the check instead"),
        "content-length" | "transfer-encoding" => {
            Some("remove it: ipvsd sends the length of `body`")
        }
        "connection" | "keep-alive" | "proxy-connection" | "te" | "trailer" | "upgrade"
        | "expect" => Some("remove it: each probe has a connection of its own, which ipvsd closes"),
        _ => None,
    }
}

/// Who asks, in the `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Authorization {
    /// User and password (RFC 7617).
    Basic {
        /// The user, without a colon.
        login: String,
        /// The password.
        password: Secret,
    },
    /// A token (RFC 6750).
    Bearer(Secret),
}

impl Authorization {
    fn secret(&self) -> (&str, &Secret) {
        match self {
            Self::Basic { login, password } => (login, password),
            Self::Bearer(token) => ("", token),
        }
    }
}

/// What an HTTP request carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct RequestContent {
    /// Headers in their order, no name twice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<RequestHeader>,
    /// The `Authorization` header, unless it is among the headers or comes from a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// The body, which may hold credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Secret>,
}

impl RequestContent {
    /// Whether it carries nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it needs a secret that is not known any more.
    pub(super) fn is_withheld(&self) -> bool {
        let authorization = self.authorization.iter().map(|login| login.secret().1);
        let headers = self.headers.iter().map(|header| &header.value);
        let mut secrets = authorization.chain(headers).chain(&self.body);
        secrets.any(Secret::is_withheld)
    }

    /// The secrets, each with the user that it belongs to.
    pub(super) fn credentials(&self) -> impl Iterator<Item = (&str, &str)> {
        let authorization = self.authorization.iter().map(Authorization::secret);
        let headers = self.headers.iter().filter(|header| header.is_secret());
        let headers = headers.map(|header| ("", &header.value));
        let body = self.body.iter();
        let body = body.filter(|body| body.reveal().len() >= SHORTEST_SECRET);
        let body = body.map(|body| ("", body));
        let all = authorization.chain(headers).chain(body);
        all.map(|(user, secret)| (user, secret.reveal()))
    }
}

/// The version of the PROXY protocol (haproxy.org, proxy-protocol.txt).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyHeader {
    /// A line of text with the addresses of the connection.
    V1,
    /// The binary form, with the command LOCAL.
    V2,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> RequestHeader {
        RequestHeader {
            name: name.to_owned(),
            value: Secret::new(value.to_owned()),
        }
    }

    #[test]
    fn values_that_may_be_secret_are_hidden_in_what_a_server_says() {
        let content = RequestContent {
            headers: vec![
                header("X-API-Key", "abc"),
                header("Accept", "json"),
                header("X-Tenant", "opensesame"),
            ],
            authorization: Some(Authorization::Bearer(Secret::new("token".to_owned()))),
            body: Some(Secret::new("ping".to_owned())),
        };
        let hidden: Vec<&str> = content.credentials().map(|(_, secret)| secret).collect();
        assert_eq!(hidden, ["token", "abc", "opensesame"]);
        assert!(!content.is_withheld());
        let withheld = RequestContent {
            body: Some(Secret::from("***".to_owned())),
            ..content
        };
        assert!(withheld.is_withheld());
    }

    #[test]
    fn headers_that_ipvsd_writes_are_refused() {
        assert!(refused_header("HOST").is_some());
        assert!(refused_header("Content-Length").is_some());
        assert!(refused_header("User-Agent").is_none());
    }
}
