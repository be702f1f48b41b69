//! What only a name server says: how long an answer holds, and the SRV records of a service. The system's own lookup says
//! neither. For addresses it stays the authority, so a time to live counts only where the name server gives the same
//! addresses: what comes from /etc/hosts or elsewhere has none.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use director_core::definitions::SrvRecord;
use director_core::model::Family;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolveHosts;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::{RData, RecordType};
use tokio::runtime::Builder;

const HOSTS: &str = "/etc/hosts";
/// How long a name server may take to say how long an answer holds.
const LIFETIME_WAIT: Duration = Duration::from_secs(1);

/// How long these addresses of a host hold; none when no name server says it. Blocks.
pub(super) fn lifetime(name: &str, addresses: &[IpAddr]) -> Option<Duration> {
    if is_in_hosts(&fs::read_to_string(HOSTS).unwrap_or_default(), name) {
        return None;
    }
    let wait = Some(LIFETIME_WAIT);
    block_on(async { lifetime_by(&system_resolver(wait).ok()?, name, addresses).await }).ok()?
}

/// The SRV records of a service and how long they hold. Blocks.
///
/// # Errors
/// When there are none, or no name server answers.
pub(super) fn services(name: &str) -> Result<(Vec<SrvRecord>, Duration), String> {
    let failed = |error: io::Error| error.to_string();
    block_on(async {
        let resolver = system_resolver(None).map_err(|error| error.to_string())?;
        services_by(&resolver, name).await
    })
    .map_err(failed)?
}

fn block_on<T>(future: impl Future<Output = T>) -> io::Result<T> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(future))
}

/// The name servers of /etc/resolv.conf as it is now. It is read each time, since other programs rewrite it.
fn system_resolver(wait: Option<Duration>) -> Result<TokioResolver, NetError> {
    let mut builder = TokioResolver::builder_tokio()?;
    let options = builder.options_mut();
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 0;
    if let Some(wait) = wait {
        (options.timeout, options.attempts) = (wait, 1);
    }
    builder.build()
}

fn is_in_hosts(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let meant = line.split('#').next().unwrap_or_default();
        meant
            .split_whitespace()
            .skip(1)
            .any(|known| known.eq_ignore_ascii_case(name))
    })
}

async fn lifetime_by(
    resolver: &TokioResolver,
    name: &str,
    addresses: &[IpAddr],
) -> Option<Duration> {
    let mut shortest = None;
    for (family, kind) in [
        (Family::Ipv4, RecordType::A),
        (Family::Ipv6, RecordType::AAAA),
    ] {
        let mut wanted = addresses.iter().map(|address| Family::of(*address));
        if !wanted.any(|wanted| wanted == family) {
            continue;
        }
        let answer = resolver.lookup(name, kind).await.ok()?;
        let holds = time_to_live(&answer).filter(|_| gives_one_of(&answer, addresses));
        shortest = [shortest, holds].into_iter().flatten().min();
    }
    shortest
}

fn gives_one_of(answer: &Lookup, addresses: &[IpAddr]) -> bool {
    answer.answers().iter().any(|record| {
        let address = match &record.data {
            RData::A(address) => IpAddr::V4(address.0),
            RData::AAAA(address) => IpAddr::V6(address.0),
            _ => return false,
        };
        addresses.contains(&address)
    })
}

/// The shortest life of what leads to the answer, aliases included.
fn time_to_live(answer: &Lookup) -> Option<Duration> {
    let shortest = answer.answers().iter().map(|record| record.ttl).min()?;
    Some(Duration::from_secs(u64::from(shortest)))
}

async fn services_by(
    resolver: &TokioResolver,
    name: &str,
) -> Result<(Vec<SrvRecord>, Duration), String> {
    const NONE: &str = "it has no SRV records";
    let answer = resolver.lookup(name, RecordType::SRV).await;
    let answer = answer.map_err(|error| match error.is_no_records_found() {
        true => NONE.to_owned(),
        false => error.to_string(),
    })?;
    let records = answer.answers().iter().filter_map(|record| {
        let RData::SRV(service) = &record.data else {
            return None;
        };
        let target = service.target.to_utf8();
        // A root target means that the service is decidedly not available there (RFC 2782), and no server has port 0.
        let target = target.strip_suffix('.').unwrap_or(&target);
        (!target.is_empty() && service.port != 0).then(|| SrvRecord {
            priority: service.priority,
            target: target.to_owned(),
            port: service.port,
            weight: service.weight,
        })
    });
    let mut records: Vec<SrvRecord> = records.collect();
    records.sort();
    records.dedup();
    if records.is_empty() {
        return Err(NONE.to_owned());
    }
    Ok((records, time_to_live(&answer).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket};
    use std::str::FromStr;
    use std::thread;

    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use hickory_resolver::proto::op::{Message, MessageType};
    use hickory_resolver::proto::rr::rdata::SRV;
    use hickory_resolver::proto::rr::{Name, Record};

    use super::*;

    #[test]
    fn a_name_in_the_hosts_file_has_no_time_to_live() {
        let hosts = "127.0.0.1 localhost\n10.0.0.1\tweb Web.example.org # old\n#10.0.0.2 gone\n";
        for (name, stands) in [
            ("web", true),
            ("WEB.example.org", true),
            ("old", false),
            ("gone", false),
        ] {
            assert_eq!(is_in_hosts(hosts, name), stands, "{name}");
        }
    }

    /// A resolver whose name server gives these records to each question, and a runtime for it.
    fn answering(records: Vec<(u32, RData)>) -> TokioResolver {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut connection = ConnectionConfig::udp();
        connection.port = server.local_addr().unwrap().port();
        // It ends with the test.
        thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, peer)) = server.recv_from(&mut buffer) {
                let mut answer = Message::from_vec(&buffer[..length]).unwrap();
                answer.metadata.message_type = MessageType::Response;
                let name = answer.queries[0].name().clone();
                for (ttl, data) in &records {
                    let record = Record::from_rdata(name.clone(), *ttl, data.clone());
                    answer.answers.push(record);
                }
                server.send_to(&answer.to_vec().unwrap(), peer).unwrap();
            }
        });
        let server = NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![connection]);
        let config = ResolverConfig::from_name_servers(vec![server]);
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        builder.build().unwrap()
    }

    #[test]
    fn a_time_to_live_counts_for_the_addresses_that_the_name_server_gives() {
        let address = |last| RData::A(Ipv4Addr::new(10, 0, 0, last).into());
        block_on(async {
            let resolver = answering(vec![(300, address(1)), (40, address(2))]);
            for (text, expected) in [("10.0.0.1", Some(40)), ("10.0.0.9", None)] {
                let known = [text.parse().unwrap()];
                let holds = lifetime_by(&resolver, "web.example.org.", &known).await;
                assert_eq!(holds, expected.map(Duration::from_secs), "{text}");
            }
        })
        .unwrap();
    }

    #[test]
    fn srv_records_give_target_port_weight_and_priority() {
        let record = |priority, weight, port, target: &str| {
            RData::SRV(SRV::new(
                priority,
                weight,
                port,
                Name::from_str(target).unwrap(),
            ))
        };
        block_on(async {
            let resolver = answering(vec![
                (60, record(20, 5, 8081, "b.example.org.")),
                (30, record(10, 1, 8080, "a.example.org.")),
                (60, record(10, 1, 80, ".")),
                (60, record(10, 1, 0, "c.example.org.")),
            ]);
            let (records, holds) = services_by(&resolver, "_http._tcp.example.org.")
                .await
                .unwrap();
            let shown = records.iter().map(|known| {
                format!(
                    "{} {} {} {}",
                    known.priority, known.weight, known.port, known.target
                )
            });
            let shown: Vec<String> = shown.collect();
            assert_eq!(
                shown,
                ["10 1 8080 a.example.org", "20 5 8081 b.example.org"]
            );
            assert_eq!(holds, Duration::from_secs(30));
            let resolver = answering(vec![(60, record(0, 0, 0, "."))]);
            let none = services_by(&resolver, "_http._tcp.example.org.").await;
            assert_eq!(none.unwrap_err(), "it has no SRV records");
        })
        .unwrap();
    }
}
