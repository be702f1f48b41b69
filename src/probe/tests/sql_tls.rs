//! TLS of MySQL and PostgreSQL: off, preferred and required, and what a login does without it.

use director_core::model::{CheckProtocol, TlsStart};
use openssl::rsa::{Padding, Rsa};

use super::protocol::*;
use super::tls::certified;
use super::*;

fn mysql() -> ProtocolQuestion {
    with_login(question(CheckProtocol::Mysql), "probe", "secret")
}

/// A greeting of this plugin; `tls` is the high byte of the lower capabilities, whose bit 8 offers TLS.
fn greeting(tls: bool, plugin: &str) -> Vec<u8> {
    let low = if tls { 0xff } else { 0xf7 };
    [
        b"\x0a8.0\0\x01\0\0\x0012345678\0\xff",
        &[low][..],
        b"\x2d\x02\0\xff\x81\x15\0\0\0\0\0\0\0\0\0\0abcdefghijkl\0",
        plugin.as_bytes(),
        b"\0",
    ]
    .concat()
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), number: u8, content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let _ = stream
        .write_all(&[&length[..3], &[number], content].concat())
        .await;
    let _ = stream.flush().await;
}

/// The next packet; empty when the client has left.
async fn hear(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut header = [0; 4];
    if stream.read_exact(&mut header).await.is_err() {
        return Vec::new();
    }
    let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
    let mut content = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut content).await.unwrap();
    content
}

const OK: &[u8] = &[0, 0, 0, 2, 0, 0, 0];
/// A refusal of a login without TLS.
const NEEDS_TLS: &[u8] = b"\xff\x15\x04#28000Access denied";

/// A server that offers TLS or not, and lets in only clients that use it.
async fn mysql_with_tls(offers: bool) -> SocketAddr {
    let acceptor = certified(&["db.example.org"], None).acceptor(&[], None);
    serve(move |mut stream| {
        let acceptor = acceptor.clone();
        async move {
            say(&mut stream, 0, &greeting(offers, "mysql_native_password")).await;
            let first = hear(&mut stream).await;
            // A request for TLS ends where a login has the user.
            if first.len() > 32 {
                return say(&mut stream, 2, NEEDS_TLS).await;
            }
            let mut stream = acceptor.accept(stream).await.unwrap();
            hear(&mut stream).await;
            say(&mut stream, 3, OK).await;
            hear(&mut stream).await;
        }
    })
    .await
}

#[tokio::test]
async fn mysql_uses_tls_where_the_server_offers_it() {
    let (offering, plain) = (mysql_with_tls(true).await, mysql_with_tls(false).await);
    for start in [TlsStart::Preferred, TlsStart::Negotiated] {
        let question = with_tls(mysql(), start);
        assert_eq!(good_talk(offering, question).await, "logged in as probe");
    }
    let denied = "refused: Access denied (1045)";
    assert_eq!(bad_talk(offering, mysql()).await, denied);
    let preferring = with_tls(mysql(), TlsStart::Preferred);
    assert_eq!(bad_talk(plain, preferring).await, denied);
    let requiring = with_tls(mysql(), TlsStart::Negotiated);
    assert_eq!(bad_talk(plain, requiring).await, "the server offers no TLS");
}

/// MySQL 8 after its start: it has not seen the password yet, and wants it whole.
#[tokio::test]
async fn mysql_without_tls_encrypts_the_password_for_the_server() {
    let key = Rsa::generate(2048).unwrap();
    let address = serve(move |mut stream| {
        let key = key.clone();
        async move {
            say(&mut stream, 0, &greeting(false, "caching_sha2_password")).await;
            hear(&mut stream).await;
            say(&mut stream, 2, &[1, 4]).await;
            assert_eq!(hear(&mut stream).await, [2]);
            let public = key.public_key_to_pem().unwrap();
            say(&mut stream, 4, &[&[1], &public[..]].concat()).await;
            let sent = hear(&mut stream).await;
            let mut plain = vec![0; 256];
            let length = key
                .private_decrypt(&sent, &mut plain, Padding::PKCS1_OAEP)
                .unwrap();
            let nonce = b"12345678abcdefghijkl";
            let bytes = plain[..length].iter().zip(nonce.iter().cycle());
            let password: Vec<u8> = bytes.map(|(byte, nonce)| byte ^ nonce).collect();
            let answer = match password == b"secret\0" {
                true => OK,
                false => NEEDS_TLS,
            };
            say(&mut stream, 6, answer).await;
            hear(&mut stream).await;
        }
    })
    .await;
    assert_eq!(good_talk(address, mysql()).await, "logged in as probe");
    let wrong = with_login(mysql(), "probe", "wrong");
    assert_eq!(
        bad_talk(address, wrong).await,
        "refused: Access denied (1045)"
    );
}

/// A server that asks for the password by `plugin`, and what it gets, over TLS and without.
async fn what_a_login_sends(plugin: &'static str, tls: TlsStart) -> (Vec<u8>, String) {
    let acceptor = certified(&["db.example.org"], None).acceptor(&[], None);
    let (sent, mut received) = tokio::sync::mpsc::unbounded_channel();
    let offers = tls == TlsStart::Negotiated;
    let address = serve(move |mut stream| {
        let (acceptor, sent) = (acceptor.clone(), sent.clone());
        async move {
            say(&mut stream, 0, &greeting(offers, plugin)).await;
            hear(&mut stream).await;
            let switch = [b"\xfe", plugin.as_bytes(), b"\0", b"12345678abcdefghijkl\0"].concat();
            if offers {
                let mut stream = acceptor.accept(stream).await.unwrap();
                hear(&mut stream).await;
                say(&mut stream, 3, &switch).await;
                let _ = sent.send(hear(&mut stream).await);
                say(&mut stream, 5, OK).await;
                hear(&mut stream).await;
            } else {
                say(&mut stream, 2, &switch).await;
                let _ = sent.send(hear(&mut stream).await);
            }
        }
    })
    .await;
    let question = match offers {
        true => with_tls(mysql(), tls),
        false => mysql(),
    };
    let result = match offers {
        true => good_talk(address, question).await,
        false => bad_talk(address, question).await,
    };
    (received.recv().await.unwrap(), result)
}

#[tokio::test]
async fn mysql_sends_the_password_itself_over_tls_only() {
    for plugin in ["sha256_password", "mysql_clear_password"] {
        let (sent, result) = what_a_login_sends(plugin, TlsStart::Negotiated).await;
        assert_eq!(
            (&sent[..], &result[..]),
            (&b"secret\0"[..], "logged in as probe")
        );
    }
    let (sent, _) = what_a_login_sends("sha256_password", TlsStart::Preferred).await;
    assert_eq!(sent, [1], "the request for the key of the server");
    let (sent, result) = what_a_login_sends("mysql_clear_password", TlsStart::Preferred).await;
    assert!(sent.is_empty());
    assert!(
        result.ends_with("over TLS only; write tls: require"),
        "{result}"
    );
}

#[tokio::test]
async fn mysql_encrypts_the_password_for_no_key_that_it_did_not_request() {
    let key = Rsa::generate(2048).unwrap().public_key_to_pem().unwrap();
    let key = Arc::new([&[1], &key[..]].concat());
    let wants_password = Arc::new(vec![1, 4]);
    for (plugin, unasked) in [
        ("mysql_native_password", &key),
        ("caching_sha2_password", &key),
        // The password itself belongs to the other way of login.
        ("mysql_native_password", &wants_password),
    ] {
        let (sent, mut received) = tokio::sync::mpsc::unbounded_channel();
        let unasked = Arc::clone(unasked);
        let address = serve(move |mut stream| {
            let (unasked, sent) = (Arc::clone(&unasked), sent.clone());
            async move {
                say(&mut stream, 0, &greeting(false, plugin)).await;
                hear(&mut stream).await;
                say(&mut stream, 2, &unasked).await;
                let _ = sent.send(hear(&mut stream).await);
            }
        })
        .await;
        assert_eq!(bad_talk(address, mysql()).await, "the answer is not MySQL");
        assert_eq!(received.recv().await, Some(Vec::new()), "{plugin}");
    }
}

#[tokio::test]
async fn mysql_logins_that_are_unknown_say_what_to_do() {
    let address = serve(|mut stream| async move {
        say(&mut stream, 0, &greeting(false, "mysql_native_password")).await;
        hear(&mut stream).await;
        say(&mut stream, 2, b"\xfeparsec\0nonce").await;
        hear(&mut stream).await;
    })
    .await;
    assert_eq!(
        bad_talk(address, mysql()).await,
        "the server requires login by parsec, which this probe does not support; give the user of the check \
         mysql_native_password, caching_sha2_password, sha256_password or ed25519"
    );
}

#[cfg(feature = "postgres")]
mod pgsql {
    use super::*;

    fn pgsql() -> ProtocolQuestion {
        with_login(question(CheckProtocol::Pgsql), "probe", "secret")
    }

    fn refusal(code: &str) -> Vec<u8> {
        let fields = format!("SFATAL\0VFATAL\0C{code}\0Mno\0\0");
        let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
        [b"E", &length[..], fields.as_bytes()].concat()
    }

    async fn message(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
        let Ok(length) = stream.read_u32().await else {
            return Vec::new();
        };
        let mut content = vec![0; usize::try_from(length - 4).unwrap()];
        stream.read_exact(&mut content).await.unwrap();
        content
    }

    const SSL_REQUEST: &[u8] = &[0x04, 0xd2, 0x16, 0x2f];

    /// What a server answers: to the request for TLS, to a login over TLS, and to one without. Without an answer for TLS its
    /// handshake is broken.
    async fn server(
        offer: &'static [u8],
        secure: Option<&'static str>,
        plain: &'static str,
    ) -> SocketAddr {
        let acceptor = certified(&["db.example.org"], None).acceptor(&[], None);
        serve(move |mut stream| {
            let acceptor = acceptor.clone();
            async move {
                let mut first = message(&mut stream).await;
                if first == SSL_REQUEST {
                    let _ = stream.write_all(offer).await;
                    if offer == b"S" {
                        let Some(secure) = secure else {
                            return send(&mut stream, b"broken").await;
                        };
                        let Ok(mut stream) = acceptor.accept(stream).await else {
                            return;
                        };
                        message(&mut stream).await;
                        let _ = stream.write_all(&refusal(secure)).await;
                        let _ = stream.shutdown().await;
                        return;
                    }
                    first = message(&mut stream).await;
                }
                if !first.is_empty() {
                    send(&mut stream, &refusal(plain)).await;
                }
            }
        })
        .await
    }

    /// The codes stand for how far a login came; each is a refusal, since the rest of a login is shown in the lab.
    #[tokio::test]
    async fn prefer_goes_without_tls_where_libpq_does() {
        let preferring = || with_tls(pgsql(), TlsStart::Preferred);
        let code = |code: &str| format!("refused: no ({code})");
        // No TLS on offer; broken TLS; pg_hba.conf has no entry for TLS; it has none for either.
        let without = server(b"N", None, "53300").await;
        assert_eq!(bad_talk(without, preferring()).await, code("53300"));
        let broken = server(b"S", None, "53300").await;
        assert_eq!(bad_talk(broken, preferring()).await, code("53300"));
        let hostnossl = server(b"S", Some("28000"), "53300").await;
        assert_eq!(bad_talk(hostnossl, preferring()).await, code("53300"));
        let neither = server(b"S", Some("28000"), "28000").await;
        assert_eq!(bad_talk(neither, preferring()).await, code("28000"));
        // A wrong password over TLS is not sent again without.
        let wrong = server(b"S", Some("28P01"), "53300").await;
        assert_eq!(bad_talk(wrong, preferring()).await, code("28P01"));
    }

    #[tokio::test]
    async fn require_and_off_do_what_they_say() {
        let requiring = || with_tls(pgsql(), TlsStart::Negotiated);
        let both = server(b"S", Some("53300"), "28000").await;
        assert_eq!(bad_talk(both, requiring()).await, "refused: no (53300)");
        assert_eq!(bad_talk(both, pgsql()).await, "refused: no (28000)");
        let hostnossl = server(b"S", Some("28000"), "53300").await;
        assert_eq!(
            bad_talk(hostnossl, requiring()).await,
            "refused: no (28000)"
        );
        let broken = server(b"S", None, "53300").await;
        let reason = bad_talk(broken, requiring()).await;
        assert!(reason.starts_with("TLS: "), "{reason}");
        let without = server(b"N", None, "53300").await;
        let reason = bad_talk(without, requiring()).await;
        assert_eq!(reason, "server does not support TLS");
    }
}
