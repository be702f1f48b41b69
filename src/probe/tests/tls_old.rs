//! Servers that speak TLS as appliances of 2012 do, or with rare curves: up when nothing is to be verified.

use std::pin::Pin;

use super::*;
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{
    NameType, SniError, Ssl, SslAlert, SslContext, SslContextBuilder, SslMethod, SslOptions,
    SslVerifyMode, SslVersion,
};
use openssl::x509::{X509, X509Name};
use tokio_openssl::SslStream;

fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn p521() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::SECP521R1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn certificate(key: &PKey<Private>) -> X509 {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "appliance").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(9).unwrap())
        .unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build()
}

/// A server whose TLS is as `restrict` makes it, and which answers one request.
async fn restricted(
    key: &PKey<Private>,
    restrict: impl FnOnce(&mut SslContextBuilder),
) -> SocketAddr {
    let mut context = SslContextBuilder::new(SslMethod::tls_server()).unwrap();
    context.set_private_key(key).unwrap();
    context.set_certificate(&certificate(key)).unwrap();
    context.set_security_level(0);
    restrict(&mut context);
    answering_over(context.build()).await
}

async fn answering_over(context: SslContext) -> SocketAddr {
    serve(move |tcp| {
        let context = context.clone();
        async move {
            let ssl = Ssl::new(&context).unwrap();
            let mut stream = SslStream::new(ssl, tcp).unwrap();
            if Pin::new(&mut stream).accept().await.is_ok() {
                read_head(&mut stream).await;
                send(&mut stream, ok("OK").as_bytes()).await;
            }
        }
    })
    .await
}

fn question() -> HttpProbe {
    HttpProbe {
        tls: Some(TlsCheck {
            verify: Verification::None,
            ..TlsCheck::default()
        }),
        virtual_host: Some("www.example.org".to_owned()),
        ..expecting("OK")
    }
}

#[tokio::test]
async fn ciphers_without_forward_secrecy_or_aead_are_spoken() {
    let key = rsa();
    for cipher in [
        "AES256-GCM-SHA384",
        "AES128-SHA",
        "DHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-SHA384",
        "ECDHE-RSA-AES128-SHA",
    ] {
        let address = restricted(&key, |context| {
            context
                .set_max_proto_version(Some(SslVersion::TLS1_2))
                .unwrap();
            context.set_cipher_list(cipher).unwrap();
            context
                .set_tmp_dh(&openssl::dh::Dh::get_2048_256().unwrap())
                .unwrap();
        })
        .await;
        assert_eq!(
            good(address, question()).await,
            "status 200, body as expected",
            "{cipher}"
        );
    }
}

#[tokio::test]
async fn versions_from_one_on_are_spoken() {
    let key = rsa();
    for version in [
        SslVersion::TLS1,
        SslVersion::TLS1_1,
        SslVersion::TLS1_2,
        SslVersion::TLS1_3,
    ] {
        let address = restricted(&key, |context| {
            context.set_min_proto_version(Some(version)).unwrap();
            context.set_max_proto_version(Some(version)).unwrap();
            context.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
        })
        .await;
        good(address, question()).await;
    }
}

#[tokio::test]
async fn rare_curves_and_keys_are_spoken() {
    let address = restricted(&p521(), |_| ()).await;
    good(address, question()).await;
    let key = rsa();
    for group in ["P-521", "X448", "P-384", "ffdhe2048"] {
        let address = restricted(&key, |context| context.set_groups_list(group).unwrap()).await;
        good(address, question()).await;
    }
}

#[tokio::test]
async fn a_server_that_does_not_know_the_name_is_probed_without_one() {
    let address = restricted(&rsa(), |context| {
        context.set_options(SslOptions::NO_TICKET);
        context.set_servername_callback(|ssl, alert| {
            if ssl.servername(NameType::HOST_NAME).is_some() {
                *alert = SslAlert::UNRECOGNIZED_NAME;
                return Err(SniError::ALERT_FATAL);
            }
            Ok(())
        });
    })
    .await;
    good(address, question()).await;
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_is_not_blamed_for_its_own() {
    let address = restricted(&rsa(), |context| {
        context
            .set_max_proto_version(Some(SslVersion::TLS1_2))
            .unwrap();
        context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    })
    .await;
    assert_eq!(
        failure(address, question()).await,
        "TLS: refused by the server (handshake failure)"
    );
}

#[tokio::test]
async fn what_server_and_probe_do_not_share_is_named() {
    let address = restricted(&rsa(), |context| {
        context
            .set_max_proto_version(Some(SslVersion::TLS1_2))
            .unwrap();
        context.set_cipher_list("NULL-SHA256:@SECLEVEL=0").unwrap();
    })
    .await;
    assert_eq!(
        failure(address, question()).await,
        "TLS: refused by the server (handshake failure)"
    );
}
