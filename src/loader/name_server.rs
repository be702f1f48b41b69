//! For how long an answer of the name service holds. The system's own lookup does not say, so a name server is asked beside
//! it, and believed only where it names the same addresses: what comes from /etc/hosts or elsewhere has no such time.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use director_core::model::Family;
use hickory_proto::op::{Message, MessageType, Query};
use hickory_proto::rr::{Name, RData, RecordType};

const SERVERS: &str = "/etc/resolv.conf";
const HOSTS: &str = "/etc/hosts";
/// How long a name server may take; the answer is only about when to ask again.
const PATIENCE: Duration = Duration::from_secs(1);
const PORT: u16 = 53;
/// Name servers that the system's own lookup asks at most (resolv.conf(5)).
const MOST_SERVERS: usize = 3;
/// An answer by datagram is never longer without EDNS (RFC 1035, section 4.2.1).
const LONGEST_ANSWER: usize = 4096;

/// For how long these addresses of a host hold; none when nobody says. Blocks.
pub(super) fn of_answer(name: &str, addresses: &[IpAddr]) -> Option<Duration> {
    if stands_in_hosts(&fs::read_to_string(HOSTS).unwrap_or_default(), name) {
        return None;
    }
    let servers = servers(&fs::read_to_string(SERVERS).ok()?);
    servers
        .into_iter()
        .find_map(|server| told_by(SocketAddr::new(server, PORT), name, addresses).ok())
        .flatten()
}

fn stands_in_hosts(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let meant = line.split('#').next().unwrap_or_default();
        meant
            .split_whitespace()
            .skip(1)
            .any(|known| known.eq_ignore_ascii_case(name))
    })
}

/// The name servers of a resolv.conf.
fn servers(text: &str) -> Vec<IpAddr> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some("nameserver"))
                .then(|| words.next()?.parse().ok())
                .flatten()
        })
        .take(MOST_SERVERS)
        .collect()
}

/// What one name server says. An error means that it cannot be asked.
fn told_by(server: SocketAddr, name: &str, addresses: &[IpAddr]) -> io::Result<Option<Duration>> {
    let mut shortest = None;
    for (family, kind) in [
        (Family::Ipv4, RecordType::A),
        (Family::Ipv6, RecordType::AAAA),
    ] {
        if addresses
            .iter()
            .all(|address| Family::of(*address) != family)
        {
            continue;
        }
        let answer = asked(server, name, kind)?;
        let said = lifetime(&answer, addresses);
        shortest = [shortest, said].into_iter().flatten().min();
    }
    Ok(shortest)
}

fn asked(server: SocketAddr, name: &str, kind: RecordType) -> io::Result<Message> {
    let unusual =
        |error: &dyn std::fmt::Display| io::Error::new(ErrorKind::InvalidInput, error.to_string());
    let mut name = Name::from_str_relaxed(name).map_err(|error| unusual(&error))?;
    name.set_fqdn(true);
    let mut question = Message::query();
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(name, kind));
    let bytes = question.to_vec().map_err(|error| unusual(&error))?;
    let here: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(here)?;
    socket.connect(server)?;
    socket.send(&bytes)?;
    let end = Instant::now() + PATIENCE;
    let mut buffer = [0; LONGEST_ANSWER];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout(Some(left))?;
        let length = socket.recv(&mut buffer)?;
        let answer = Message::from_vec(&buffer[..length]).ok().filter(|answer| {
            answer.metadata.message_type == MessageType::Response
                && answer.metadata.id == question.metadata.id
                && answer.queries == question.queries
        });
        if let Some(answer) = answer {
            return Ok(answer);
        }
    }
}

/// The shortest life of what leads to the addresses, aliases included; none when the answer names none of them.
fn lifetime(answer: &Message, addresses: &[IpAddr]) -> Option<Duration> {
    let names_one = answer.answers.iter().any(|record| {
        let address = match &record.data {
            RData::A(address) => IpAddr::V4(address.0),
            RData::AAAA(address) => IpAddr::V6(address.0),
            _ => return false,
        };
        addresses.contains(&address)
    });
    let shortest = answer.answers.iter().map(|record| record.ttl).min()?;
    names_one.then(|| Duration::from_secs(u64::from(shortest)))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use hickory_proto::rr::Record;

    use super::*;

    #[test]
    fn the_files_of_the_system_are_read_as_it_reads_them() {
        let text = "# c\nsearch example.org\nnameserver 192.0.2.1\nnameserver\t2001:db8::1\nnameserver x\n";
        let expected: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        assert_eq!(servers(text), expected);
        let hosts = "127.0.0.1 localhost\n10.0.0.1\tweb Web.example.org # old\n#10.0.0.2 gone\n";
        for (name, stands) in [
            ("web", true),
            ("WEB.example.org", true),
            ("old", false),
            ("gone", false),
        ] {
            assert_eq!(stands_in_hosts(hosts, name), stands, "{name}");
        }
    }

    #[test]
    fn a_name_server_is_believed_about_the_addresses_that_it_names() {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = server.local_addr().unwrap();
        let serving = thread::spawn(move || {
            for _ in 0..2 {
                let mut buffer = [0; 512];
                let (length, peer) = server.recv_from(&mut buffer).unwrap();
                let mut answer = Message::from_vec(&buffer[..length]).unwrap();
                answer.metadata.message_type = MessageType::Response;
                let name = answer.queries[0].name().clone();
                for (last, ttl) in [(1, 300), (2, 40)] {
                    let data = RData::A(Ipv4Addr::new(10, 0, 0, last).into());
                    answer
                        .answers
                        .push(Record::from_rdata(name.clone(), ttl, data));
                }
                server.send_to(&answer.to_vec().unwrap(), peer).unwrap();
            }
        });
        let told =
            |text: &str| told_by(address, "web.example.org", &[text.parse().unwrap()]).unwrap();
        assert_eq!(told("10.0.0.1"), Some(Duration::from_secs(40)));
        assert_eq!(told("10.0.0.9"), None);
        serving.join().unwrap();
    }
}
