//! SIP over UDP and TCP, and lines in datagrams: repetition, refusal, provisional answers.

use super::protocol::*;
use super::*;
use director_core::model::{CheckProtocol, Protocol};
use tokio::net::UdpSocket;

/// A server that answers each datagram with what `answer` makes of it and of its number.
async fn datagram_server<F>(answer: F) -> SocketAddr
where
    F: Fn(usize, &str) -> Vec<String> + Send + 'static,
{
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        for number in 0.. {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            for answer in answer(number, &text) {
                socket.send_to(answer.as_bytes(), client).await.unwrap();
            }
        }
    });
    address
}

fn by_datagram(question: ProtocolQuestion) -> ProtocolQuestion {
    ProtocolQuestion {
        transport: Protocol::Udp,
        ..question
    }
}

fn sip() -> ProtocolQuestion {
    question(CheckProtocol::Sip)
}

/// An answer to a SIP request: its own Via, To, From, Call-ID and CSeq with another status line.
fn sip_answer(status: &str, request: &str) -> String {
    let kept = ["Via:", "To:", "From:", "Call-ID:", "CSeq:"];
    let headers: Vec<&str> = request
        .lines()
        .filter(|line| kept.iter().any(|name| line.starts_with(name)))
        .collect();
    format!(
        "SIP/2.0 {status}\r\n{}\r\nContent-Length: 0\r\n\r\n",
        headers.join("\r\n")
    )
}

#[tokio::test]
async fn provisional_answers_without_end_end_at_a_number_by_datagram_too() {
    let trying = |_: usize, request: &str| vec![sip_answer("100 Trying", request); 101];
    assert_eq!(
        bad_talk(datagram_server(trying).await, by_datagram(sip())).await,
        "sent more than 100 interim answers and no final one"
    );
}

#[tokio::test]
async fn sip_waits_out_provisional_answers_and_takes_200() {
    let address = datagram_server(|_, request| {
        vec![
            sip_answer("100 Trying", request),
            sip_answer("200 OK", request),
        ]
    })
    .await;
    assert_eq!(
        good_talk(address, by_datagram(sip())).await,
        "SIP/2.0 200 OK"
    );
}

#[tokio::test]
async fn sip_names_another_status() {
    let address = datagram_server(|_, request| vec![sip_answer("503 Busy", request)]).await;
    assert_eq!(
        bad_talk(address, by_datagram(sip())).await,
        "answer to OPTIONS \"SIP/2.0 503 Busy\", expected SIP/2.0 200"
    );
}

#[tokio::test]
async fn sip_ignores_the_answer_to_another_call() {
    let address = datagram_server(|_, request| {
        let other = sip_answer("503 Busy", request).replace("Call-ID: ", "Call-ID: x");
        vec![other, sip_answer("200 OK", request)]
    })
    .await;
    good_talk(address, by_datagram(sip())).await;
}

#[tokio::test]
async fn a_lost_question_is_repeated() {
    let address = datagram_server(|number, request| match number {
        0 => Vec::new(),
        _ => vec![sip_answer("200 OK", request)],
    })
    .await;
    good_talk(address, by_datagram(sip())).await;
}

#[tokio::test]
async fn a_port_without_listener_is_refused() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    // Connected elsewhere, it keeps the port from others and takes nothing from us.
    socket.connect("127.0.0.1:1").await.unwrap();
    assert_eq!(
        bad_talk(address, by_datagram(sip())).await,
        "connection refused"
    );
}

#[tokio::test]
async fn silence_ends_at_the_limit() {
    let address = datagram_server(|_, _| Vec::new()).await;
    let report = within(address, by_datagram(sip()), SHORT).await;
    assert_eq!(failed(report), "no answer within 150 ms");
}

#[tokio::test]
async fn sip_speaks_tcp_with_a_via_that_says_so() {
    let seen = ReceivedRequest::default();
    let record = Arc::clone(&seen);
    let address = serve(move |mut stream| {
        let record = Arc::clone(&record);
        async move {
            let request = read_head(&mut stream).await;
            let answers = sip_answer("100 Trying", &request) + &sip_answer("200 Okay", &request);
            record.lock().unwrap().push(request);
            send(&mut stream, answers.as_bytes()).await;
        }
    })
    .await;
    let named = ProtocolQuestion {
        login: Some("probe@example.org".to_owned()),
        ..sip()
    };
    assert_eq!(good_talk(address, named).await, "SIP/2.0 200 Okay");
    let request = told(&seen).remove(0);
    assert!(request.starts_with("OPTIONS sip:probe@example.org SIP/2.0\r\n"));
    assert!(request.contains("Via: SIP/2.0/TCP 127.0.0.1:"), "{request}");
}

#[tokio::test]
async fn lines_in_datagrams_are_matched_too() {
    let address = datagram_server(|_, text| vec![format!("one\nheard {text}\n")]).await;
    let question = by_datagram(ProtocolQuestion {
        request: Some("ping".to_owned()),
        ..question(CheckProtocol::Simpletcp)
    });
    good_talk(address, receiving(question.clone(), "^heard ping$")).await;
    assert_eq!(
        bad_talk(address, receiving(question, "pong")).await,
        "answer does not match pong"
    );
}

fn udp() -> ProtocolQuestion {
    by_datagram(question(CheckProtocol::Udp))
}

#[tokio::test]
async fn a_datagram_need_not_be_answered_but_may_not_be_refused() {
    let silent = datagram_server(|_, _| Vec::new()).await;
    assert_eq!(good_talk(silent, udp()).await, "not refused");
    let report = within(silent, udp(), SHORT).await;
    assert_eq!(report.outcome.words(), "not refused");
    let closed = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    assert_eq!(bad_talk(address, udp()).await, "connection refused");
}

#[tokio::test]
async fn an_answer_that_is_wanted_has_to_come_and_to_match() {
    let echo = datagram_server(|_, text| vec![format!("heard {text}")]).await;
    let request = ProtocolQuestion {
        request: Some("ping".to_owned()),
        ..udp()
    };
    assert_eq!(good_talk(echo, request.clone()).await, "heard ping");
    good_talk(echo, receiving(request.clone(), "^heard ping$")).await;
    assert_eq!(
        bad_talk(echo, receiving(request.clone(), "pong")).await,
        "answer does not match pong"
    );
    let silent = datagram_server(|_, _| Vec::new()).await;
    let report = within(silent, receiving(request, "pong"), SHORT).await;
    assert_eq!(failed(report), "no answer within 150 ms");
}
