//! How often a list is read until it is trusted.

use super::*;

/// Readings given one after the other, with the number of datagrams of each.
fn read_all(readings: &[(&[u32], usize)]) -> (Vec<u32>, usize) {
    let mut asked = 0;
    let entries = consistent(|| {
        let (keys, datagrams) = readings[asked];
        asked += 1;
        Ok((keys.iter().map(|key| (*key, ())).collect(), datagrams))
    })
    .unwrap();
    (entries.into_iter().map(|(key, ())| key).collect(), asked)
}

#[test]
fn one_datagram_is_trusted_at_once() {
    assert_eq!(read_all(&[(&[2, 1], 1)]), (vec![2, 1], 1));
    assert_eq!(read_all(&[(&[], 0)]), (vec![], 1));
}

#[test]
fn several_datagrams_are_read_until_two_agree() {
    let short: &[u32] = &[1, 3];
    let twice: &[u32] = &[1, 2, 3, 2];
    let whole: &[u32] = &[3, 1, 2];
    assert_eq!(
        read_all(&[(short, 2), (twice, 2), (whole, 2)]),
        (vec![3, 1, 2], 3)
    );
}

#[test]
fn a_table_that_never_rests_is_read_four_times() {
    let readings: [(&[u32], usize); 5] = [(&[1], 2), (&[2], 2), (&[3], 2), (&[4], 2), (&[5], 2)];
    assert_eq!(read_all(&readings), (vec![4], 4));
}

#[test]
fn a_connection_is_kept_after_a_refusal_and_dropped_when_answers_may_be_queued() {
    let after = |error: KernelError| {
        let mut kernel = NetlinkKernel {
            connection: Some(NetlinkConnection::for_tests()),
        };
        let mut error = Some(error);
        let result: Result<(), _> = kernel.with_connection(|_| Err(error.take().unwrap()));
        assert!(result.is_err());
        kernel.connection.is_some()
    };
    assert!(after(KernelError::NotPermitted));
    assert!(after(KernelError::Refused {
        attempted: "read a service",
        errno: Errno::EBUSY as i32,
        text: None,
    }));
    assert!(!after(KernelError::AnswersLost));
    assert!(!after(KernelError::ModuleReloaded));
    assert!(!after(KernelError::NoAnswer(std::time::Duration::ZERO)));
}
