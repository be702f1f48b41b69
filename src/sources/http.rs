//! A list of servers that an HTTP server gives, as Prometheus' `http_sd` does.

use std::error::Error;
use std::time::Duration;

use reqwest::{Response, Url, redirect};

use crate::http_client::http_client;

/// Bytes of the largest list that is read.
const LARGEST: usize = 4 << 20;
/// How long the server may take for all of it.
const LIMIT: Duration = Duration::from_secs(5);

/// Why an address is none of a list: another scheme, no host, or a password, which log and status would show.
pub(super) fn fault(address: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(address) else {
        return Some("not a URL");
    };
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(_)) => {}
        _ => return Some("not a URL of http or https"),
    }
    let is_open = url.username().is_empty() && url.password().is_none();
    (!is_open || address.contains(char::is_whitespace))
        .then_some("the URL has a user, a password or a blank, and log and status would show it")
}

/// The text that the server answers with. Blocks.
///
/// # Errors
/// When it does not answer in time, answers with a status other than 200, or with too much.
pub(super) fn read(address: &str) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let bytes = runtime.block_on(get(address))?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

async fn get(address: &str) -> Result<Vec<u8>, String> {
    let client = http_client()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .timeout(LIMIT)
        .build()
        .map_err(words)?;
    let answer = client.get(address).send().await.map_err(words)?;
    match answer.status().as_u16() {
        200 => body(answer).await,
        status => Err(format!("the server answered with status {status}")),
    }
}

async fn body(mut answer: Response) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(words)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST {
            return Err(format!("it has more than {LARGEST} bytes"));
        }
    }
    Ok(bytes)
}

/// The innermost cause says the most, and the address stands before it anyway.
fn words(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", LIMIT.as_secs());
    }
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that answers one request with this.
    fn server(answer: String) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            // It may be closed when enough was read.
            let _ = stream.write_all(answer.as_bytes());
        });
        format!("http://{address}/targets")
    }

    fn answer(status: &str, body: &str) -> String {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
    }

    #[test]
    fn the_body_of_a_good_answer_is_the_list() {
        let address = server(answer("200 OK", "[\"10.0.0.1:80\"]"));
        assert_eq!(read(&address).unwrap(), "[\"10.0.0.1:80\"]");
        let address = server(answer("503 Busy", "[]"));
        let status = "the server answered with status 503";
        assert_eq!(read(&address).unwrap_err(), status);
        let redirect = answer("302 Found\r\nlocation: http://192.0.2.1/", "");
        let status = "the server answered with status 302";
        assert_eq!(read(&server(redirect)).unwrap_err(), status);
        let large = answer("200 OK", &" ".repeat(LARGEST + 1));
        assert_eq!(
            read(&server(large)).unwrap_err(),
            format!("it has more than {LARGEST} bytes")
        );
        let refused = read("http://127.0.0.1:1/").unwrap_err();
        assert!(refused.contains("refused"), "{refused}");
    }

    #[test]
    fn an_address_shows_no_secret() {
        assert_eq!(fault("http://sd.example.org:8080/web?zone=a"), None);
        assert_eq!(fault("https://[2001:db8::1]/web"), None);
        for wrong in [
            "",
            "sd.example.org/web",
            "ftp://sd.example.org/",
            "http://",
            "http://user:secret@sd.example.org/",
            "http://sd.example.org/a b",
        ] {
            assert!(fault(wrong).is_some(), "{wrong}");
        }
    }
}
