//! What is encoded decodes to the same, and no bytes make the decoder panic.

use director_core::plan::Op;
use proptest::prelude::*;

use super::super::attributes::nl;
use super::super::samples;
use super::super::wire::{Messages, NetlinkMessage, NetlinkRequest};
use super::super::{encode, wire};
use super::*;

fn on_the_wire(request: &NetlinkRequest) -> Vec<u8> {
    let mut bytes = Vec::new();
    request.append_to(&mut bytes, 28, 0, 7);
    bytes
}

fn only_message(bytes: &[u8]) -> NetlinkMessage<'_> {
    let messages: Vec<_> = Messages(bytes).collect();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].kind, messages[0].sequence), (28, 7));
    messages[0]
}

fn decode_everything(attributes: Attributes<'_>) {
    let _ = service(attributes);
    let _ = server(attributes, Family::Ipv4);
    let _ = server(attributes, Family::Ipv6);
    let _ = kernel_info(attributes);
    let _ = timeouts(attributes);
    let _ = sync_daemon(attributes);
    let _ = family_id(attributes);
}

proptest! {
    #[test]
    fn a_service_comes_back_as_it_was_sent(
        (id, scheduling) in samples::service_id()
            .prop_flat_map(|id| (Just(id), samples::scheduling(id.family()))),
    ) {
        let op = Op::AddService { service: id, scheduling: scheduling.clone() };
        let bytes = on_the_wire(&encode::operation(&op));
        let decoded = service(only_message(&bytes).attributes());
        prop_assert_eq!(decoded, Ok(Some((id, ServiceEntry::new(scheduling)))));
    }

    #[test]
    fn a_server_comes_back_as_it_was_sent(
        id in samples::service_id(),
        endpoint in samples::endpoint(),
        settings in samples::settings(),
    ) {
        let op = Op::AddServer { service: id, server: endpoint, settings };
        let bytes = on_the_wire(&encode::operation(&op));
        let decoded = server(only_message(&bytes).attributes(), id.family());
        prop_assert_eq!(decoded, Ok((endpoint, ServerEntry::new(settings))));
    }

    #[test]
    fn a_sync_daemon_comes_back_as_it_was_sent(daemon in samples::sync_daemon()) {
        let bytes = on_the_wire(&encode::start_sync_daemon(&daemon));
        prop_assert_eq!(sync_daemon(only_message(&bytes).attributes()), Ok(daemon));
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for message in Messages(&bytes) {
            let _ = (message.errno(), message.error_text());
            decode_everything(message.attributes());
        }
        decode_everything(Attributes(&bytes));
    }

    #[test]
    fn a_spoilt_answer_never_panics(
        id in samples::service_id(),
        scheduling in samples::scheduling(Family::Ipv4),
        spoils in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let op = Op::AddService { service: id, scheduling };
        let mut bytes = on_the_wire(&encode::operation(&op));
        for (at, value) in spoils {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len()));
        for message in Messages(&bytes) {
            let _ = (message.errno(), message.error_text());
            decode_everything(message.attributes());
        }
    }
}

#[test]
fn unknown_attributes_are_passed_over() {
    let mut request = NetlinkRequest::new(1);
    request.put(999, b"new").nest(top::SERVICE, |nest| {
        nest.put(900, &[1, 2, 3])
            .put(service::FAMILY, &family::IPV4.to_ne_bytes())
            .put(service::MARK, &9_u32.to_ne_bytes())
            .put_text(service::SCHEDULER, "rr")
            .put(service::FLAGS, &[0; 8])
            .put(service::MASK, &[255; 4])
            .put(901, &[]);
    });
    let bytes = on_the_wire(&request);
    let (id, entry) = service(only_message(&bytes).attributes()).unwrap().unwrap();
    let family = Family::Ipv4;
    assert_eq!(id, ServiceId::Mark { family, mark: 9 });
    assert_eq!(entry.scheduling, Scheduling::plain("rr", family));
}

#[test]
fn counters_come_from_the_wide_form_and_else_from_the_narrow_one() {
    let answer = |wide: bool| {
        let mut request = NetlinkRequest::new(1);
        request.nest(dest::STATS, |nest| {
            nest.put(stats::CONNECTIONS, &5_u32.to_ne_bytes())
                .put(stats::BYTES_IN, &6_u64.to_ne_bytes());
        });
        if wide {
            request.nest(dest::STATS64, |nest| {
                nest.put(stats::CONNECTIONS, &(5_u64 << 32).to_ne_bytes());
            });
        }
        on_the_wire(&request)
    };
    let read = |bytes: &[u8]| {
        let found = only_message(bytes).attributes();
        statistics(found, dest::STATS64, dest::STATS)
    };
    let narrow = read(&answer(false));
    assert_eq!((narrow.connections, narrow.bytes_in), (5, 6));
    assert_eq!(read(&answer(true)).connections, 5 << 32);
}

#[test]
fn a_service_of_an_unknown_protocol_is_left_out() {
    let mut request = NetlinkRequest::new(1);
    request.nest(top::SERVICE, |nest| {
        nest.put(service::FAMILY, &family::IPV4.to_ne_bytes())
            .put(service::PROTOCOL, &47_u16.to_ne_bytes());
    });
    let bytes = on_the_wire(&request);
    assert_eq!(service(only_message(&bytes).attributes()), Ok(None));
}

#[test]
fn the_text_of_an_error_is_found_behind_a_cut_and_behind_a_whole_request() {
    for cut in [true, false] {
        let echoed = if cut { 16_usize } else { 40 };
        let mut bytes = vec![0; 16 + 4 + echoed];
        bytes[16..20].copy_from_slice(&(-22_i32).to_ne_bytes());
        bytes[20..24].copy_from_slice(&40_u32.to_ne_bytes());
        let mut attribute = 11_u16.to_ne_bytes().to_vec();
        attribute.extend(nl::ERROR_TEXT.to_ne_bytes());
        attribute.extend(b"no room\0");
        let length = u16::try_from(attribute.len() - 1).unwrap();
        attribute[..2].copy_from_slice(&length.to_ne_bytes());
        bytes.extend(attribute);
        let total = u32::try_from(bytes.len()).unwrap();
        bytes[..4].copy_from_slice(&total.to_ne_bytes());
        bytes[4..6].copy_from_slice(&nl::ERROR.to_ne_bytes());
        let flags = nl::F_ACK_TLVS | if cut { nl::F_CAPPED } else { 0 };
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        let message = wire::Messages(&bytes).next().unwrap();
        assert_eq!(message.errno(), Some(22));
        assert_eq!(message.error_text().as_deref(), Some("no room"));
    }
}

#[cfg(target_endian = "little")]
#[test]
fn a_sync_daemon_has_the_bytes_that_the_kernel_reads() {
    use director_core::model::{SyncDaemon, SyncRole};
    let daemon = SyncDaemon {
        role: SyncRole::Backup,
        interface: "eth1".to_owned(),
        sync_id: 7,
        max_length: 1500,
        group: Some([224, 0, 0, 81].into()),
        port: 8848,
        ttl: 1,
    };
    // The length comes first, then the number of the attribute (include/uapi/linux/ip_vs.h, IPVS_DAEMON_ATTR_*).
    let whole: [&[u8]; 9] = [
        &[9, 1, 0, 0],
        &[0x40, 0, 3, 0],
        &[8, 0, 1, 0, 2, 0, 0, 0],
        b"\x09\0\x02\0eth1\0\0\0\0",
        &[8, 0, 3, 0, 7, 0, 0, 0],
        &[6, 0, 4, 0, 0xdc, 5, 0, 0],
        &[8, 0, 5, 0, 224, 0, 0, 81],
        &[6, 0, 7, 0, 0x90, 0x22, 0, 0],
        &[5, 0, 8, 0, 1, 0, 0, 0],
    ];
    let bytes = on_the_wire(&encode::start_sync_daemon(&daemon));
    assert_eq!(bytes[16..], whole.concat());

    let bytes = on_the_wire(&encode::stop_sync_daemon(SyncRole::Backup));
    let whole = [10, 1, 0, 0, 12, 0, 3, 0, 8, 0, 1, 0, 2, 0, 0, 0];
    assert_eq!(bytes[16..], whole);
}
