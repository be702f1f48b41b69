//! What an HTTP check sends: method, headers, credentials and body. No message shows a value, since it may be a secret.

use super::Findings;
use crate::definitions::{HeaderDefinition, HttpCheckDefinition, Placed};
use crate::model::{
    Authorization, RequestContent, RequestHeader, RequestTarget, Secret, refused_header,
};

/// The request method. A body is sent with POST unless something else is written, as curl does.
pub(super) fn method(http: &HttpCheckDefinition, findings: &mut Findings) -> String {
    let default = if http.content.is_some() {
        "POST"
    } else {
        "GET"
    };
    let written = http.method.as_ref();
    let method = written
        .map_or(default, |method| method.value.as_str())
        .to_ascii_uppercase();
    if let Some(written) = written.filter(|_| !is_method(&method)) {
        findings.error(
            &written.place,
            format!("{:?} is not a request method", written.value),
            "write GET, HEAD or POST",
        );
    }
    if let Some(body) = http.content.as_ref().filter(|_| method == "HEAD") {
        findings.error(
            &body.place,
            "a HEAD request has no body",
            "write method: POST, or remove body; for what the answer must contain write expect: {body: OK}",
        );
    }
    method
}

fn is_method(method: &str) -> bool {
    !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Headers, credentials and body; none where a finding stands in the way.
pub(super) fn content(
    http: &HttpCheckDefinition,
    target: Option<&RequestTarget>,
    findings: &mut Findings,
) -> Option<RequestContent> {
    let before = findings.list.len();
    let headers = headers(&http.headers, findings);
    let authorization = authorization(http, findings);
    one_credential(http, target, findings);
    (findings.list.len() == before).then(|| RequestContent {
        headers,
        authorization,
        body: http.content.as_ref().map(|body| body.value.clone()),
    })
}

fn headers(written: &[HeaderDefinition], findings: &mut Findings) -> Vec<RequestHeader> {
    let mut headers: Vec<RequestHeader> = Vec::new();
    for HeaderDefinition { name, value } in written {
        let (shown, place) = (&name.value, &name.place);
        if !is_token(shown) {
            // What stands behind a colon is a value in the wrong place, perhaps a secret one.
            let name = shown.split([':', ' ']).next().unwrap_or_default();
            let message = format!("{name:?} is not the name of a header");
            findings.error(
                place,
                message,
                "write letters, digits and hyphens, such as X-Tenant",
            );
        } else if let Some(fix) = refused_header(shown) {
            findings.error(
                place,
                format!("ipvsd writes the header {shown} itself"),
                fix,
            );
        } else if headers
            .iter()
            .any(|known| known.name.eq_ignore_ascii_case(shown))
        {
            let message = format!("the header {shown} is set twice");
            findings.error(
                place,
                message,
                "keep one of the two; case makes no difference in names of headers",
            );
        }
        let is_text = |byte: u8| byte == b'\t' || byte >= b' ' && byte != 0x7f;
        if !value.value.reveal().bytes().all(is_text) {
            findings.error(
                &value.place,
                format!(
                    "the value of the header {shown} contains a line break or a control character"
                ),
                "write it in one line",
            );
        }
        headers.push(RequestHeader {
            name: shown.clone(),
            value: value.value.clone(),
        });
    }
    headers
}

/// RFC 9110, 5.6.2.
fn is_token(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

fn authorization(http: &HttpCheckDefinition, findings: &mut Findings) -> Option<Authorization> {
    if let (None, Some(password)) = (&http.login, &http.password) {
        findings.error(
            &password.place,
            "password needs login",
            "write the user name as login; for a token alone write bearer",
        );
    }
    if let Some(login) = (http.login.as_ref()).filter(|login| login.value.contains(':')) {
        findings.error(
            &login.place,
            "login contains a colon, which ends a user name",
            "write the user name alone, and the rest as password",
        );
    }
    // A token is visible ASCII (RFC 6750, 2.1).
    let is_bearer = |token: &&Placed<Secret>| {
        let token = token.value.reveal();
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if let (Some(token), None) = (&http.bearer, http.bearer.as_ref().filter(is_bearer)) {
        findings.error(
            &token.place,
            "bearer is empty, or contains a space, a line break or another character that no token has",
            "write the token alone, without the word Bearer",
        );
    }
    let bearer = http.bearer.as_ref();
    let bearer = bearer.map(|token| Authorization::Bearer(token.value.clone()));
    bearer.or_else(|| {
        let none = || Secret::new(String::new());
        Some(Authorization::Basic {
            login: http.login.as_ref()?.value.clone(),
            password: (http.password.as_ref()).map_or_else(none, |secret| secret.value.clone()),
        })
    })
}

/// A request has one `Authorization` header, and four keys write it.
fn one_credential(
    http: &HttpCheckDefinition,
    target: Option<&RequestTarget>,
    findings: &mut Findings,
) {
    let is_authorization = |name: &str| name.eq_ignore_ascii_case("authorization");
    let mut headers = http.headers.iter();
    let header = headers.find(|header| is_authorization(&header.name.value));
    let url = target.filter(|target| target.user_and_password().is_some());
    let written = [
        (http.login.as_ref().map(|login| &login.place), "login"),
        (http.bearer.as_ref().map(|token| &token.place), "bearer"),
        (
            header.map(|header| &header.name.place),
            "the header Authorization",
        ),
    ];
    let mut written = written
        .iter()
        .filter_map(|(place, what)| Some(((*place)?, *what)));
    let Some((_, first)) = (match url {
        Some(_) => written.next().map(|(place, what)| {
            let message = format!("{what} and the user in the URL are both set");
            findings.error(place, message, "keep one of the two");
            (place, what)
        }),
        None => written.next(),
    }) else {
        return;
    };
    for (place, what) in written {
        let message = format!("{first} and {what} are both set, and each is a credential");
        findings.error(place, message, "keep one of the two");
    }
}
