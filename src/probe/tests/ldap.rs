//! LDAP against servers that answer with given messages.

use super::protocol::*;
use super::*;
use director_core::model::CheckProtocol;

/// `number` is the message's, `operation` its content.
fn message(number: u8, operation: &[u8]) -> Vec<u8> {
    let length = u8::try_from(operation.len() + 3).unwrap();
    [&[0x30, length, 2, 1, number], operation].concat()
}

/// An LDAPResult without names and words.
fn result(tag: u8, code: u8) -> Vec<u8> {
    vec![tag, 7, 0x0a, 1, code, 4, 0, 4, 0]
}

fn entry(name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    [&[0x64, length + 4, 4, length], name.as_bytes(), &[0x30, 0]].concat()
}

/// A server that answers the first message with `bound` and the second with all of `found`, and records what it is told.
async fn directory(bound: Vec<u8>, found: Vec<Vec<u8>>) -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (record, found) = (Arc::clone(&seen), found.concat());
    let address = serve(move |mut stream| {
        let (record, bound, found) = (Arc::clone(&record), bound.clone(), found.clone());
        async move {
            for answer in [bound, found] {
                let mut head = [0; 2];
                if stream.read_exact(&mut head).await.is_err() {
                    return;
                }
                let mut body = vec![0; usize::from(head[1])];
                stream.read_exact(&mut body).await.unwrap();
                record.lock().unwrap().extend_from_slice(&body);
                let _ = stream.write_all(&answer).await;
            }
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    (address, seen)
}

fn search(base: &str) -> ProtocolQuestion {
    ProtocolQuestion {
        request: Some(base.to_owned()),
        ..question(CheckProtocol::Ldap)
    }
}

fn bound() -> Vec<u8> {
    message(1, &result(0x61, 0))
}

fn searched() -> Vec<u8> {
    message(2, &result(0x65, 0))
}

#[tokio::test]
async fn one_entry_is_good_and_its_name_is_matched() {
    let found = vec![message(2, &entry("dc=example,dc=org")), searched()];
    let (address, seen) = directory(bound(), found).await;
    let question = search("/dc=example,dc=org");
    assert_eq!(
        good_talk(address, question.clone()).await,
        "dc=example,dc=org"
    );
    // Version 3, no name, simple bind with no password.
    assert_eq!(
        seen.lock().unwrap()[..12],
        [2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0]
    );
    good_talk(address, receiving(question.clone(), "dc=org$")).await;
    assert_eq!(
        bad_talk(address, receiving(question, "dc=com")).await,
        "answer does not match dc=com"
    );
}

#[tokio::test]
async fn no_entry_and_many_entries_fail() {
    let (none, _) = directory(bound(), vec![searched()]).await;
    assert_eq!(
        bad_talk(none, search("dc=x")).await,
        "0 entries at dc=x, expected one"
    );
    let found = vec![message(2, &entry("a")), message(2, &entry("b")), searched()];
    let (many, _) = directory(bound(), found).await;
    assert_eq!(
        bad_talk(many, search("dc=x")).await,
        "2 entries at dc=x, expected one"
    );
}

#[tokio::test]
async fn refusals_are_named_as_in_the_rfc() {
    let (address, seen) = directory(message(1, &result(0x61, 49)), Vec::new()).await;
    let question = with_login(search("dc=x"), "cn=a", "b");
    assert_eq!(
        bad_talk(address, question).await,
        "bind refused: invalidCredentials"
    );
    let told = seen.lock().unwrap().clone();
    assert!(told.ends_with(&[4, 4, b'c', b'n', b'=', b'a', 0x80, 1, b'b']));

    let refused = vec![0x65, 11, 0x0a, 1, 32, 4, 0, 4, 4, b'n', b'o', b'n', b'e'];
    let (address, _) = directory(bound(), vec![message(2, &refused)]).await;
    assert_eq!(
        bad_talk(address, search("dc=x")).await,
        "search refused: noSuchObject (none)"
    );
}

#[tokio::test]
async fn a_login_without_password_is_anonymous() {
    let found = vec![message(2, &entry("dc=x")), searched()];
    let (address, seen) = directory(bound(), found).await;
    good_talk(address, with_login(search("dc=x"), "cn=a", "")).await;
    assert_eq!(seen.lock().unwrap()[8..12], [4, 0, 0x80, 0]);
}

#[tokio::test]
async fn nonsense_is_named_and_deep_nesting_is_harmless() {
    let nested: Vec<u8> = std::iter::repeat_n([0x30, 0x84, 0, 0, 0xff, 0xff], 12_000)
        .flatten()
        .collect();
    for nonsense in [
        b"HTTP/1.1 400\r\n".to_vec(),
        vec![0x30, 0x85, 9, 9, 9, 9, 9],
        nested,
    ] {
        let (address, _) = directory(nonsense, Vec::new()).await;
        assert_eq!(
            bad_talk(address, search("dc=x")).await,
            "the answer is not LDAP"
        );
    }
}

#[tokio::test]
async fn an_entry_counts_whatever_stands_around_it() {
    let found = || message(2, &entry("dc=x"));
    let notice = message(0, &result(0x78, 0));
    for (name, bound, answers) in [
        (
            "notice first",
            [notice, bound()].concat(),
            vec![found(), searched()],
        ),
        (
            "intermediate",
            bound(),
            vec![message(2, &[0x79, 0]), found(), searched()],
        ),
        (
            "limit",
            bound(),
            vec![found(), message(2, &result(0x65, 4))],
        ),
        (
            "referral",
            bound(),
            vec![found(), message(2, &result(0x65, 10))],
        ),
        (
            "no texts",
            bound(),
            vec![found(), message(2, &[0x65, 3, 0x0a, 1, 0])],
        ),
    ] {
        let (address, _) = directory(bound, answers).await;
        assert_eq!(good_talk(address, search("dc=x")).await, "dc=x", "{name}");
    }
    let address = serve(move |mut stream| async move {
        for answer in [bound(), found()] {
            let _ = stream.read(&mut [0; 512]).await;
            let _ = stream.write_all(&answer).await;
        }
    })
    .await;
    good_talk(address, search("dc=x")).await;
    let (refused, _) = directory(bound(), vec![message(2, &result(0x65, 4))]).await;
    bad_talk(refused, search("dc=x")).await;
}
