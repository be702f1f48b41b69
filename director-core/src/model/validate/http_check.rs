//! HTTP checks become probes: what is sent, and what is expected.

use super::check::{Asked, pattern};
use super::{DEFAULT_BODY_LIMIT, Findings, http_request, tls};
use crate::definitions::{HttpCheckDefinition, Placed};
use crate::model::{HttpProbe, Redirects, RequestTarget, StatusRange, without_password};

pub(super) fn http_probe(
    http: &HttpCheckDefinition,
    own: &Asked<'_>,
    findings: &mut Findings,
) -> Option<HttpProbe> {
    let method = http_request::method(http, findings);
    // All are looked at before the first fault ends it, so that all faults are reported.
    let target = target(http, own.request.or(http.path.as_ref()), findings);
    let content = http_request::content(http, target.as_ref(), findings);
    let body = match own.receive.or(http.body.as_ref()) {
        Some(receive) if !receive.value.is_empty() => pattern(Some(receive), findings).map(Some),
        _ => Some(None),
    };
    let md5 = md5(http.md5.as_ref(), findings);
    let status = statuses(&http.status, findings);
    let limit = http
        .body_limit
        .as_ref()
        .map_or(DEFAULT_BODY_LIMIT, |limit| {
            usize::try_from(limit.value).unwrap_or(usize::MAX)
        });
    let redirects = match http
        .follow_redirects
        .as_ref()
        .map_or(0, |count| count.value)
    {
        0 => Redirects::Answer,
        count => Redirects::Follow(u8::try_from(count).unwrap_or(u8::MAX)),
    };
    Some(HttpProbe {
        tls: tls::of_http(http, findings),
        version: tls::http_version(http, findings),
        method,
        target: target?,
        proxy: http.proxy,
        content: content?,
        virtual_host: http.virtual_host.as_ref().map(|host| host.value.clone()),
        status: status?,
        body: body?,
        md5: md5?,
        body_limit: limit,
        redirects,
    })
}

fn md5(written: Option<&Placed<String>>, findings: &mut Findings) -> Option<Option<String>> {
    let Some(written) = written else {
        return Some(None);
    };
    let digest = written.value.to_ascii_lowercase();
    if digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(Some(digest));
    }
    let message = format!("{:?} is no MD5 digest", written.value);
    let hint = "write the 32 hexadecimal digits that md5sum prints for the page";
    findings.error(&written.place, message, hint);
    None
}

fn target(
    http: &HttpCheckDefinition,
    request: Option<&Placed<String>>,
    findings: &mut Findings,
) -> Option<RequestTarget> {
    let Some(request) = request else {
        return Some("/".to_owned().into());
    };
    let text = request.value.as_str();
    if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        let shown = without_password(text);
        let message = format!("the request {shown:?} contains a space or control character");
        findings.error(&request.place, message, "percent-encode it; a space is %20");
        return None;
    }
    let absolute = http.proxy || text.starts_with("http://") || text.starts_with("https://");
    let target = if absolute || text.starts_with('/') {
        text.to_owned()
    } else {
        format!("/{text}")
    };
    Some(target.into())
}

fn statuses(written: &[Placed<String>], findings: &mut Findings) -> Option<Vec<StatusRange>> {
    if written.is_empty() {
        return Some(vec![StatusRange::SUCCESS]);
    }
    let mut ranges = Vec::new();
    for status in written {
        match StatusRange::parse(&status.value) {
            Some(range) => ranges.push(range),
            None => {
                let message = format!("{:?} is not an HTTP status", status.value);
                findings.error(
                    &status.place,
                    message,
                    "write a code such as 200, a class such as 2xx or a range such as 200-399",
                );
            }
        }
    }
    (ranges.len() == written.len()).then_some(ranges)
}
