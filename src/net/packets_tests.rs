//! Tests of [`super`]: the bytes of an echo in each wrapping, and what is made of answers.

use super::*;

fn plain() -> Echo<'static> {
    Echo {
        from: Ipv4Addr::new(192, 0, 2, 1),
        to: Ipv4Addr::new(192, 0, 2, 7),
        wrapping: Wrapping::Plain,
        size: 84,
        heard_on: None,
        wait: Duration::from_millis(300),
    }
}

const FAR: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);

/// The answer that the one who is asked gives.
fn reply(request: &[u8]) -> Vec<u8> {
    let mut packet = request.to_vec();
    let (from, to) = (request[12..16].to_vec(), request[16..20].to_vec());
    packet[12..16].copy_from_slice(&to);
    packet[16..20].copy_from_slice(&from);
    packet[HEADER] = 0;
    packet
}

#[test]
fn every_wrapping_has_the_size_that_was_asked_for() {
    for wrapping in [
        Wrapping::Plain,
        Wrapping::Ipip(FAR),
        Wrapping::Gre {
            to: FAR,
            checksum: false,
        },
        Wrapping::Gre {
            to: FAR,
            checksum: true,
        },
        Wrapping::Gue {
            to: FAR,
            port: 6080,
        },
    ] {
        let echo = Echo {
            wrapping,
            size: 1500,
            ..plain()
        };
        let (packet, to) = wrap(&echo, 7, 0);
        assert_eq!(packet.len(), 1500, "{wrapping:?}");
        assert_eq!(
            to,
            if wrapping == Wrapping::Plain {
                echo.to
            } else {
                FAR
            }
        );
        assert_eq!(checksum(&[&packet[..HEADER]]), 0, "{wrapping:?}");
        assert_eq!(packet[6] & 0x40, 0x40, "it must not be taken apart");
    }
}

#[test]
fn an_echo_is_known_by_its_number() {
    let (request, to) = wrap(&plain(), 7, 0);
    let answer = reply(&request);
    assert_eq!(understood(&answer, &plain(), to, 7), Some(Answer::Echo));
    assert_eq!(understood(&answer, &plain(), to, 8), None);
    assert_eq!(understood(&request, &plain(), to, 7), None);
}

#[test]
fn a_refusal_is_known_by_what_it_quotes() {
    let echo = Echo {
        wrapping: Wrapping::Ipip(FAR),
        ..plain()
    };
    let (request, to) = wrap(&echo, 7, 0);
    let refusal = |code: u8, mtu: u16| {
        let mut message = vec![3, code, 0, 0, 0, 0];
        message.extend_from_slice(&mtu.to_be_bytes());
        message.extend_from_slice(&request[..28]);
        ipv4(ICMP, FAR, echo.from, &message)
    };
    assert_eq!(
        understood(&refusal(2, 0), &echo, to, 7),
        Some(Answer::Unreachable { by: FAR, code: 2 })
    );
    assert_eq!(
        understood(&refusal(4, 1400), &echo, to, 7),
        Some(Answer::TooLarge { mtu: Some(1400) })
    );
    assert_eq!(understood(&refusal(2, 0), &plain(), plain().to, 7), None);
    for length in 0..refusal(2, 0).len() {
        // Whatever is cut off, nothing is read beyond the end.
        let _ = understood(&refusal(2, 0)[..length], &echo, to, 7);
    }
}
