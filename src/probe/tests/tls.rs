//! HTTPS: which name is said, what is verified, and how TLS fails in words.

use super::*;
use director_core::model::{PemFile, Secret, TlsIdentity};
use openssl::pkey::PKey;
use openssl::x509::X509;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::blocking::BlockingPool;
use crate::probe::stream::TlsWish;
use crate::probe::tls::ServerName;
use crate::probe::tls_contexts::TlsContexts;

/// The site of these tests.
const SITE: &str = "www.example.org";

pub(super) struct Certified {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    authority: CertificateDer<'static>,
}

impl Certified {
    /// The authority as a file.
    pub(super) fn ca(&self) -> PemFile {
        let authority = X509::from_der(&self.authority).unwrap();
        pem(authority.to_pem().unwrap())
    }

    /// Certificate and key as files.
    pub(super) fn identity(&self) -> TlsIdentity {
        let certificate = X509::from_der(&self.chain[0]).unwrap();
        let key = PKey::private_key_from_der(self.key.secret_der()).unwrap();
        TlsIdentity {
            certificate: pem(certificate.to_pem().unwrap()),
            key: pem(key.private_key_to_pem_pkcs8().unwrap()),
        }
    }

    /// A server's side of TLS with this certificate, which offers these protocols and, if `clients` is given, wants a
    /// certificate by that authority.
    pub(super) fn acceptor(&self, alpn: &[&str], clients: Option<&Self>) -> TlsAcceptor {
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.authority.clone()).unwrap();
                let builder =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(builder.build().unwrap())
            }
        };
        let mut config = config
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn pem(text: Vec<u8>) -> PemFile {
    PemFile {
        path: "file.pem".to_owned(),
        text: Secret::new(String::from_utf8(text).unwrap()),
    }
}

/// A certificate for `names` from an authority of its own.
pub(super) fn certified(names: &[&str], not_after: Option<(i32, u8, u8)>) -> Certified {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // One of the same name as the server would make its certificate look signed by itself.
    let name = &mut authority.distinguished_name;
    name.push(DnType::CommonName, "authority of this test");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    if let Some((year, month, day)) = not_after {
        params.not_after = rcgen::date_time_ymd(year, month, day);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    Certified {
        chain: vec![certificate.der().clone()],
        key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        authority: authority.der().clone(),
    }
}

/// An HTTPS server that answers with the server name it was told, and ends as the flag says.
async fn https(certified: &Certified, says_goodbye: bool) -> SocketAddr {
    https_over(certified.acceptor(&[], None), says_goodbye).await
}

async fn https_over(acceptor: TlsAcceptor, says_goodbye: bool) -> SocketAddr {
    serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            read_head(&mut stream).await;
            let name = stream.get_ref().1.server_name().unwrap_or("none");
            let answer = format!("HTTP/1.1 200 OK\r\n\r\nsni={name}.");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.flush().await;
            if says_goodbye {
                let _ = stream.shutdown().await;
            }
        }
    })
    .await
}

fn over_tls(verify: Verification, question: HttpProbe) -> HttpProbe {
    HttpProbe {
        tls: Some(TlsCheck {
            verify,
            ..TlsCheck::default()
        }),
        ..question
    }
}

fn at_site(question: HttpProbe) -> HttpProbe {
    HttpProbe {
        virtual_host: Some(SITE.to_owned()),
        ..question
    }
}

async fn verified(address: SocketAddr, question: HttpProbe, server: &Certified) -> Outcome {
    let settings = ProbeSettings::trusting(vec![X509::from_der(&server.authority).unwrap()]);
    let kind = ProbeKind::Http(over_tls(Verification::Full, question));
    run(&probe(address, kind, AMPLE), &settings).await.outcome
}

#[tokio::test]
async fn the_virtual_host_is_the_server_name() {
    let address = https(&certified(&[SITE], None), true).await;
    let question = at_site(expecting(r"sni=www\.example\.org\."));
    good(address, over_tls(Verification::None, question)).await;
    let with_port = HttpProbe {
        virtual_host: Some(format!("{SITE}:8443")),
        ..expecting(r"sni=www\.example\.org\.")
    };
    good(address, over_tls(Verification::None, with_port)).await;
}

#[tokio::test]
async fn a_certificate_that_is_trusted_itself_is_taken() {
    let mut params = CertificateParams::new(vec![SITE.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let certified = Certified {
        chain: vec![certificate.clone()],
        key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        authority: certificate,
    };
    let address = https(&certified, true).await;
    let outcome = verified(address, at_site(get()), &certified).await;
    assert_eq!(outcome.words(), "status 200");
}

#[tokio::test]
async fn a_server_name_of_its_own_wins() {
    let address = https(&certified(&[SITE], None), true).await;
    let mut question = over_tls(Verification::None, at_site(expecting(r"sni=other\.org\.")));
    if let Some(tls) = &mut question.tls {
        tls.server_name = Some("other.org".to_owned());
    }
    good(address, question).await;
}

#[tokio::test]
async fn an_address_is_never_said_as_a_name() {
    let address = https(&certified(&[SITE], None), true).await;
    good(address, over_tls(Verification::None, expecting("sni=none"))).await;
}

#[tokio::test]
async fn verification_takes_a_chain_that_ends_at_a_trusted_authority() {
    let server = certified(&[SITE], None);
    let address = https(&server, true).await;
    let outcome = verified(address, at_site(get()), &server).await;
    assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
}

#[tokio::test]
async fn verification_refuses_an_unknown_authority() {
    let address = https(&certified(&[SITE], None), true).await;
    let stranger = certified(&[SITE], None);
    let outcome = verified(address, at_site(get()), &stranger).await;
    assert_eq!(
        outcome.words(),
        "TLS: certificate is not from a trusted authority"
    );
    good(address, over_tls(Verification::None, at_site(get()))).await;
}

#[tokio::test]
async fn verification_refuses_another_name_and_the_bare_address() {
    let server = certified(&["other.example.org"], None);
    let address = https(&server, true).await;
    for question in [at_site(get()), get()] {
        let outcome = verified(address, question, &server).await;
        assert_eq!(outcome.words(), "TLS: certificate is not for this name");
    }
}

#[tokio::test]
async fn verification_takes_an_address_that_the_certificate_names() {
    let server = certified(&["127.0.0.1"], None);
    let address = https(&server, true).await;
    let outcome = verified(address, get(), &server).await;
    assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
}

#[tokio::test]
async fn verification_refuses_an_expired_certificate() {
    let server = certified(&[SITE], Some((2001, 1, 1)));
    let address = https(&server, true).await;
    let outcome = verified(address, at_site(get()), &server).await;
    assert_eq!(outcome.words(), "TLS: certificate has expired");
}

#[tokio::test]
async fn a_close_without_goodbye_ends_the_body() {
    let address = https(&certified(&[SITE], None), false).await;
    good(address, over_tls(Verification::None, expecting("sni"))).await;
}

#[tokio::test]
async fn a_server_without_tls_is_named() {
    let plain = serve(|mut stream| async move {
        send(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let reason = failure(plain, over_tls(Verification::None, get())).await;
    assert_eq!(reason, "TLS: the answer is not TLS");
}

#[tokio::test]
async fn a_close_within_the_handshake_is_named() {
    let address = serve(|mut stream| async move {
        let _ = stream.read(&mut [0; 4096]).await;
    })
    .await;
    assert_eq!(
        failure(address, over_tls(Verification::None, get())).await,
        "TLS: connection closed during the handshake"
    );
}

#[tokio::test]
async fn a_host_that_is_slow_to_set_up_tls_blames_no_server() {
    static BUSY: BlockingPool = BlockingPool::new("test", 1);
    let address = https(&certified(&[SITE], None), true).await;
    let settings = ProbeSettings::making_tls(TlsContexts::with(&BUSY, None));
    let asked = |limit| {
        let question = over_tls(Verification::None, get());
        probe(address, ProbeKind::Http(question), limit)
    };
    let turn = BUSY.turn().await;
    let late = run(&asked(SHORT), &settings).await.outcome;
    assert!(matches!(late, Outcome::LocalError { .. }), "{late:?}");
    drop(turn);
    let made = run(&asked(AMPLE), &settings).await.outcome;
    assert_eq!(made.words(), "status 200");
}

#[tokio::test]
async fn a_hang_within_the_handshake_ends_at_the_limit() {
    let address = serve(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    assert_silent(address, over_tls(Verification::None, get())).await;
}

#[tokio::test]
async fn a_file_of_authorities_is_trusted_in_place_of_the_system() {
    let server = certified(&[SITE], None);
    let address = https(&server, true).await;
    let by = |ca: PemFile| {
        let mut question = over_tls(Verification::Full, at_site(get()));
        question.tls.as_mut().unwrap().ca = Some(ca);
        question
    };
    assert_eq!(good(address, by(server.ca())).await, "status 200");
    let stranger = certified(&[SITE], None);
    assert_eq!(
        failure(address, by(stranger.ca())).await,
        "TLS: certificate is not from a trusted authority"
    );
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_servers_that_want_one() {
    let (server, client) = (certified(&[SITE], None), certified(&["probe"], None));
    let address = https_over(server.acceptor(&[], Some(&client)), true).await;
    let showing = |identity| HttpProbe {
        tls: Some(TlsCheck {
            identity,
            ..TlsCheck::default()
        }),
        ..at_site(get())
    };
    good(address, showing(Some(client.identity()))).await;
    assert_eq!(
        failure(address, showing(None)).await,
        "TLS: refused by the server (certificate required)"
    );
    let stranger = certified(&["probe"], None);
    let reason = failure(address, showing(Some(stranger.identity()))).await;
    assert!(reason.starts_with("TLS: refused by the server"), "{reason}");
}

#[tokio::test]
async fn only_a_client_certificate_that_has_expired_excuses_a_server_that_says_so() {
    let showing = |identity| HttpProbe {
        tls: Some(TlsCheck {
            identity,
            ..TlsCheck::default()
        }),
        ..at_site(get())
    };
    // A fatal alert: certificate_expired.
    let refusing = serve(|mut stream| async move {
        let _ = stream.read(&mut [0; 4096]).await;
        send(&mut stream, &[0x15, 3, 3, 0, 2, 2, 45]).await;
    })
    .await;
    let valid = certified(&["probe"], None);
    for identity in [None, Some(valid.identity())] {
        assert_eq!(
            failure(refusing, showing(identity)).await,
            "TLS: refused by the server (certificate expired)"
        );
    }
    let expired = certified(&["probe"], Some((2001, 1, 1)));
    let verifying = certified(&[SITE], None).acceptor(&[], Some(&expired));
    // In the handshake, and after it.
    for address in [refusing, https_over(verifying, true).await] {
        let report = report(address, showing(Some(expired.identity())), AMPLE).await;
        assert_eq!(
            report.outcome,
            Outcome::LocalError {
                reason: "TLS: refused by the server (certificate expired): the client certificate of the check has expired"
                    .to_owned()
            }
        );
    }
}

#[test]
fn a_client_certificate_stays_with_the_server_of_the_check() {
    let client = certified(&["probe"], None);
    let tls = TlsCheck {
        identity: Some(client.identity()),
        ca: Some(client.ca()),
        ..TlsCheck::default()
    };
    let name = ServerName::Dns(SITE.to_owned());
    let own = TlsWish::of(&tls, name.clone());
    assert!(own.trust.identity.is_some());
    let other = TlsWish::of_stranger(Some(&tls), name);
    assert!(other.trust.identity.is_none());
    assert!(other.trust.ca.is_some());
}
