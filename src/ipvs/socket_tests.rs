//! Batches and lost answers, against the generic netlink controller, which every kernel has and every user may ask.

use nix::errno::Errno;

use super::*;

/// No such command of the controller.
const UNKNOWN_COMMAND: u8 = 200;

fn to_controller() -> NetlinkConnection {
    NetlinkConnection {
        socket: open_socket().unwrap(),
        family: controller::FAMILY,
        sequence: 0,
        datagram: vec![0; DATAGRAM],
    }
}

fn refused_requests(count: usize) -> impl Iterator<Item = NetlinkRequest> {
    (0..count).map(|_| NetlinkRequest::new(UNKNOWN_COMMAND))
}

fn family(name: &str) -> NetlinkRequest {
    encode::find_family(name)
}

#[test]
fn every_refusal_of_a_batch_comes_back_under_its_index() {
    let mut connection = to_controller();
    // Few enough for the receive buffer of an ordinary user, which the kernel caps.
    let refused = connection.execute(refused_requests(200)).unwrap();
    let indices: Vec<usize> = refused.iter().map(|(index, _)| *index).collect();
    assert_eq!(indices, (0..200).collect::<Vec<_>>());
    assert!(
        refused
            .iter()
            .all(|(_, refusal)| refusal.reason() == Errno::EOPNOTSUPP)
    );
}

#[test]
fn refusals_are_told_from_successes() {
    let mut connection = to_controller();
    let mixed = [
        family("nlctrl"),
        NetlinkRequest::new(UNKNOWN_COMMAND),
        family("no such family"),
        family("nlctrl"),
    ];
    let refused = connection.execute(mixed.into_iter()).unwrap();
    let found: Vec<(usize, Errno)> = refused
        .iter()
        .map(|(index, refusal)| (*index, refusal.reason()))
        .collect();
    assert_eq!(found, [(1, Errno::EOPNOTSUPP), (2, Errno::ENOENT)]);
    assert_eq!(connection.execute(std::iter::empty()).unwrap(), []);
}

#[test]
fn a_batch_is_filled_up_to_its_size_and_only_its_last_request_is_acknowledged() {
    let mut connection = to_controller();
    let mut requests = refused_requests(6000).peekable();
    let mut total = 0;
    while requests.peek().is_some() {
        let mut batch = Vec::new();
        let count = connection.fill(&mut batch, &mut requests);
        assert!(batch.len() <= BATCH_BYTES);
        let asked: Vec<bool> = Messages(&batch)
            .map(|message| message.flags & nl::F_ACK != 0)
            .collect();
        assert_eq!(asked.len(), count);
        assert_eq!(asked.iter().position(|asked| *asked), Some(count - 1));
        total += count;
    }
    assert_eq!(total, 6000);
    let too_long = std::iter::once(family(&"x".repeat(2 * BATCH_BYTES / 3)));
    let count = connection.fill(&mut Vec::new(), &mut too_long.peekable());
    assert_eq!(count, 1);
}

#[test]
fn lost_answers_are_noticed() {
    let mut connection = to_controller();
    setsockopt(&connection.socket, sockopt::RcvBuf, &2048).unwrap();
    let result = connection.execute(refused_requests(2000));
    assert!(
        matches!(result, Err(KernelError::AnswersLost)),
        "{result:?}"
    );
}

#[test]
fn a_missing_answer_is_not_waited_for_without_end() {
    let mut connection = to_controller();
    let short = TimeVal::milliseconds(50);
    setsockopt(&connection.socket, sockopt::ReceiveTimeout, &short).unwrap();
    let result = connection.gather_refusals(1, 1, |_, _| {});
    assert!(
        matches!(result, Err(KernelError::NoAnswer(_))),
        "{result:?}"
    );
}

#[test]
fn answers_to_earlier_requests_are_passed_over() {
    let mut connection = to_controller();
    connection
        .send_one(&NetlinkRequest::new(UNKNOWN_COMMAND), 0)
        .unwrap();
    connection.send_one(&family("nlctrl"), 0).unwrap();
    let asked = connection.question(&family("nlctrl"), "find the controller", decode::family_id);
    assert_eq!(asked.unwrap(), Ok(controller::FAMILY));
}

impl NetlinkConnection {
    /// A connection for tests of whoever owns one.
    pub(in crate::ipvs) fn for_tests() -> Self {
        to_controller()
    }
}
