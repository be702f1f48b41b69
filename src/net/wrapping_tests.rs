//! Tests of [`super`]: the bytes of an echo in each wrapping and family, and what is made of answers.

use std::time::Duration;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// An echo between two machines of IPv4 or of IPv6.
fn plain(is_ipv4: bool) -> Echo<'static> {
    let (from, to) = if is_ipv4 {
        ("192.0.2.1", "192.0.2.7")
    } else {
        ("2001:db8::1", "2001:db8::7")
    };
    Echo {
        from: ip(from),
        to: ip(to),
        wrapping: Wrapping::Plain,
        size: 120,
        heard_on: None,
        wait: Duration::from_millis(300),
    }
}

fn tunnel(is_ipv4: bool, coat: Coat) -> Wrapping<'static> {
    let (from, to) = if is_ipv4 {
        ("10.0.0.1", "10.0.0.9")
    } else {
        ("2001:db8:9::1", "2001:db8:9::9")
    };
    Wrapping::Tunnel {
        from: ip(from),
        to: ip(to),
        coat,
    }
}

const COATS: [Coat; 4] = [
    Coat::Ipip,
    Coat::Gre { checksum: false },
    Coat::Gre { checksum: true },
    Coat::Gue { port: 6080 },
];

/// Every echo that there is, of 1500 bytes.
fn all() -> Vec<Echo<'static>> {
    let mut echoes = Vec::new();
    for inner in [true, false] {
        let large = Echo {
            size: 1500,
            ..plain(inner)
        };
        echoes.push(large);
        for outer in [true, false] {
            echoes.extend(COATS.map(|coat| Echo {
                wrapping: tunnel(outer, coat),
                ..large
            }));
        }
    }
    echoes
}

/// The answer that the one who is asked gives.
fn reply(request: &[u8]) -> Vec<u8> {
    let mut packet = request.to_vec();
    let head = Head::of(request).unwrap();
    let (at, size, kind) = if head.from.is_ipv4() {
        (12, 4, 0)
    } else {
        (8, 16, 129)
    };
    packet[at..at + size].copy_from_slice(&request[at + size..at + 2 * size]);
    packet[at + size..at + 2 * size].copy_from_slice(&request[at..at + size]);
    packet[head.length] = kind;
    packet
}

#[test]
fn every_wrapping_has_the_requested_size() {
    let echoes = all();
    assert_eq!(echoes.len(), 18);
    for echo in echoes {
        let (packet, to) = wrap(&echo, 7, 0);
        assert_eq!(packet.len(), 1500, "{echo:?}");
        let far = match echo.wrapping {
            Wrapping::Tunnel { to, .. } => to,
            _ => echo.to,
        };
        assert_eq!((to, Head::of(&packet).unwrap().to), (far, far));
        if far.is_ipv4() {
            assert_eq!(checksum(&[&packet[..IPV4_HEADER]]), 0, "{echo:?}");
            assert_eq!(packet[6] & 0x40, 0x40, "it must not be taken apart");
        }
    }
}

#[test]
fn sums_over_ipv6_are_right() {
    let sum_of = |packet: &[u8], protocol: u8| {
        let head = Head::of(packet).unwrap();
        assert_eq!(head.protocol, protocol);
        let message = &packet[head.length..];
        checksum(&[
            &pseudo(head.from, head.to, protocol, message.len()),
            message,
        ])
    };
    for size in [120, 121] {
        let echo = Echo {
            size,
            ..plain(false)
        };
        assert_eq!(sum_of(&wrap(&echo, 7, 0).0, ICMPV6), 0);
        let wrapped = Echo {
            wrapping: tunnel(false, Coat::Gue { port: 6080 }),
            ..echo
        };
        assert_eq!(sum_of(&wrap(&wrapped, 7, 0).0, UDP), 0);
    }
}

#[test]
fn an_echo_is_known_by_its_number() {
    for echo in [plain(true), plain(false)] {
        let (request, to) = wrap(&echo, 7, 0);
        let answer = reply(&request);
        assert_eq!(understood(&answer, &echo, to, 7), Some(Answer::Echo));
        assert_eq!(understood(&answer, &echo, to, 8), None);
        assert_eq!(understood(&request, &echo, to, 7), None);
    }
}

#[test]
fn a_refusal_is_known_by_what_it_quotes() {
    // The kind and code of ICMP or ICMPv6 that say: such a protocol, such a port, so large is not taken.
    let words = |is_ipv4: bool| {
        if is_ipv4 {
            [(3, 2), (3, 3), (3, 4)]
        } else {
            [(4, 1), (1, 4), (2, 0)]
        }
    };
    for echo in all() {
        let (request, to) = wrap(&echo, 7, 0);
        let by = to;
        let refusal = |(kind, code): (u8, u8)| {
            let mut message = vec![kind, code, 0, 0, 0, 0];
            message.extend_from_slice(&1400_u16.to_be_bytes());
            message.extend_from_slice(&request[..header(to) + 8]);
            let protocol = if to.is_ipv4() { ICMP } else { ICMPV6 };
            super::ip(protocol, by, Head::of(&request).unwrap().from, &message)
        };
        let expected = [
            Answer::Unreachable { by, code: 2 },
            Answer::Unreachable { by, code: 3 },
            Answer::TooLarge { mtu: Some(1400) },
        ];
        for (words, expected) in words(to.is_ipv4()).into_iter().zip(expected) {
            let said = refusal(words);
            assert_eq!(understood(&said, &echo, to, 7), Some(expected), "{echo:?}");
            let other = Echo {
                to: ip("203.0.113.1"),
                ..echo
            };
            assert_eq!(understood(&said, &other, ip("203.0.113.1"), 7), None);
            for length in 0..said.len() {
                // Whatever is cut off, nothing is read beyond the end.
                let _ = understood(&said[..length], &echo, to, 7);
            }
        }
    }
}
