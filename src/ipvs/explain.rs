//! Why the kernel refused an operation, in words: it gives only a number, so the meaning comes from the number and from
//! what was attempted (net/netfilter/ipvs/ip_vs_ctl.c). One sentence of what is wrong, then what to do.

use std::net::IpAddr;

use director_core::model::{
    ClientMask, Endpoint, Family, Forwarding, Scheduling, ServiceId, Tunnel,
};
use director_core::plan::Op;
use director_core::table::ServerSettings;
use nix::errno::Errno;

use super::error::{RefusedOperation, described, quoted};

/// Longest name of a scheduler, include/uapi/linux/ip_vs.h IP_VS_SCHEDNAME_MAXLEN less the closing NUL.
pub(super) const LONGEST_SCHEDULER_NAME: usize = 15;
/// Longest name of a persistence engine: IP_VS_PENAME_MAXLEN, to which the netlink policy adds the closing NUL.
pub(super) const LONGEST_ENGINE_NAME: usize = 16;
/// Largest weight and threshold, since the kernel keeps them in signed numbers.
pub(super) const LARGEST_NUMBER: u32 = i32::MAX.unsigned_abs();

/// The refusal of an operation in words, ending with the error's name.
pub(super) fn refused(op: &Op, refusal: &RefusedOperation) -> String {
    let meaning = meaning(op, refusal.reason());
    let words = quoted(refusal.text.as_deref());
    match (meaning, refusal.reason()) {
        (Some(meaning), errno) => format!("{meaning} ({errno:?}){words}"),
        (None, _) => format!("{}{words}", described(refusal.errno)),
    }
}

fn meaning(op: &Op, errno: Errno) -> Option<String> {
    let text = match errno {
        Errno::EPERM => {
            "not permitted; run as root or with CAP_NET_ADMIN in the initial user namespace"
        }
        Errno::EEXIST => {
            "it already exists: another program added it; let only one program manage this service"
        }
        Errno::ESRCH => "the virtual service does not exist: another program deleted it",
        Errno::ENOENT => return Some(not_found(op)),
        Errno::EINVAL => return Some(invalid(op)),
        Errno::ERANGE => return Some(out_of_range(op)),
        Errno::ENOMEM | Errno::ENOBUFS => "the kernel is out of memory",
        Errno::EAFNOSUPPORT => {
            "IPv6 is disabled in this kernel; boot it without ipv6.disable=1 or use IPv4"
        }
        Errno::EOPNOTSUPP => {
            "the IPVS of this kernel does not know the command; use Linux 3.18 or later"
        }
        Errno::ENOPROTOOPT => {
            "the module ip_vs is being removed; load it again with `modprobe ip_vs`"
        }
        Errno::EMSGSIZE => "the request is too long for the kernel",
        _ => return None,
    };
    Some(text.to_owned())
}

fn not_found(op: &Op) -> String {
    let (Op::AddService { scheduling, .. } | Op::EditService { to: scheduling, .. }) = op else {
        return "the real server does not exist: another program deleted it".to_owned();
    };
    let scheduler = &scheduling.scheduler;
    let engine = scheduling
        .persistence
        .as_ref()
        .and_then(|persistence| persistence.engine.as_ref());
    match engine {
        None => format!(
            "the kernel has no scheduler \"{scheduler}\" and no module ip_vs_{scheduler}; load or install the module, \
             or use another scheduler"
        ),
        Some(engine) => format!(
            "the kernel has no scheduler \"{scheduler}\" or no persistence engine \"{engine}\", and no module \
             ip_vs_{scheduler} or ip_vs_pe_{engine}; load or install the module, or use another one"
        ),
    }
}

fn invalid(op: &Op) -> String {
    match op {
        Op::AddService { scheduling, .. } | Op::EditService { to: scheduling, .. } => {
            invalid_scheduling(scheduling)
        }
        Op::AddServer {
            service,
            server,
            settings,
        }
        | Op::EditServer {
            service,
            server,
            to: settings,
            ..
        } => invalid_server(service, server, settings),
        Op::DeleteService { .. } | Op::DeleteServer { .. } => {
            "the kernel cannot identify the entry".to_owned()
        }
    }
}

fn invalid_scheduling(scheduling: &Scheduling) -> String {
    let engine = scheduling
        .persistence
        .as_ref()
        .and_then(|persistence| persistence.engine.as_ref());
    if scheduling.scheduler.len() > LONGEST_SCHEDULER_NAME {
        format!(
            "scheduler name \"{}\" is longer than {LONGEST_SCHEDULER_NAME} characters",
            scheduling.scheduler
        )
    } else if engine.is_some_and(|name| name.len() > LONGEST_ENGINE_NAME) {
        format!(
            "the name of the persistence engine is longer than {LONGEST_ENGINE_NAME} characters"
        )
    } else if let ClientMask::V6(prefix @ (0 | 129..)) = scheduling.mask {
        format!("a persistence mask of {prefix} bits is out of range for IPv6; use 1 to 128")
    } else {
        "the kernel accepts no service with these settings, or (since Linux 6.2) cannot start more estimator \
         threads (see net.ipv4.vs.est_cpulist)"
            .to_owned()
    }
}

fn invalid_server(service: &ServiceId, server: &Endpoint, settings: &ServerSettings) -> String {
    let (service_family, server_family) = (service.family(), Family::of(server.address));
    let mixed = service_family != server_family;
    if mixed && !matches!(settings.forwarding, Forwarding::Tunnel(_)) {
        format!(
            "an {server_family} real server of an {service_family} service needs a tunnel; use forwarding by \
             tunnel, or an {service_family} address"
        )
    } else if matches!(
        settings.forwarding,
        Forwarding::Tunnel(Tunnel::Gue { port: 0, .. })
    ) {
        "a gue tunnel needs the UDP port of the real server, 1 to 65535".to_owned()
    } else if settings.upper_threshold > LARGEST_NUMBER {
        format!(
            "the upper threshold {} is above {LARGEST_NUMBER}",
            settings.upper_threshold
        )
    } else if !is_unicast(server.address) {
        format!(
            "{} is not the address of a host; use a unicast address that is not link-local",
            server.address
        )
    } else if mixed {
        format!(
            "an {server_family} real server of an {service_family} service is impossible while a sync daemon runs; \
             stop the daemon or use an {service_family} address"
        )
    } else {
        format!(
            "the kernel does not accept {} as a real server: it is a broadcast address here, or no interface has an \
             address (`ip link set lo up` is enough), or (since Linux 6.2) the kernel cannot start more estimator \
             threads",
            server.address
        )
    }
}

/// Whether the address can be one host's, as far as that can be told without the routing table.
pub(super) fn is_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !(address.is_unspecified() || address.is_broadcast() || address.is_multicast())
        }
        IpAddr::V6(address) => {
            !(address.is_unspecified()
                || address.is_multicast()
                || address.is_unicast_link_local()
                || address.to_ipv4_mapped().is_some())
        }
    }
}

fn out_of_range(op: &Op) -> String {
    let (Op::AddServer { settings, .. } | Op::EditServer { to: settings, .. }) = op else {
        return "a number is too large for the kernel".to_owned();
    };
    if settings.weight > LARGEST_NUMBER {
        format!("the weight {} is above {LARGEST_NUMBER}", settings.weight)
    } else {
        format!(
            "the lower threshold {} is above the upper one, {}; lower it, or set 0 for three quarters of the upper \
             one",
            settings.lower_threshold, settings.upper_threshold
        )
    }
}
