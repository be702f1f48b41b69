//! What can go wrong between this program and the kernel's IPVS, each with what to do about it.

use std::io;
use std::time::Duration;

use nix::errno::Errno;

use super::DecodeError;

/// The kernel could not be used, or its answer was lost. A refused operation of a plan is not an error but an
/// [`OpFailure`](director_core::plan::OpFailure).
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The kernel has no IPVS and could not load it.
    #[error(
        "this kernel has no IPVS and could not load the module ip_vs; run `modprobe ip_vs` as root. If there is no \
         such module, install the kernel package that has it (Debian: linux-image-amd64 instead of the cloud kernel, \
         Ubuntu: linux-modules-extra-$(uname -r)). In a container, load it on the host"
    )]
    NoIpvs,
    /// `CAP_NET_ADMIN` is missing.
    #[error(
        "not permitted: IPVS needs CAP_NET_ADMIN in the initial user namespace. Run as root or grant that \
         capability (systemd: AmbientCapabilities=CAP_NET_ADMIN). A container needs the capability and must not be \
         rootless"
    )]
    NotPermitted,
    /// The socket could not be made or used.
    #[error("could not {attempted} a netlink socket: {source}")]
    Socket {
        /// What was attempted, such as `open`.
        attempted: &'static str,
        source: io::Error,
    },
    /// No answer within the time.
    #[error("the kernel did not answer within {0:?}; reading the table again")]
    NoAnswer(Duration),
    /// The receive buffer overflowed, so that it is not known which operations succeeded.
    #[error("answers of the kernel were lost (ENOBUFS); reading the table again")]
    AnswersLost,
    /// The module was removed and loaded again, so that the family has another id now.
    #[error("the module ip_vs was reloaded meanwhile; reading the table again")]
    ModuleReloaded,
    /// A question was refused.
    #[error("the kernel refused to {attempted}: {}{}", described(*.errno), quoted(.text.as_deref()))]
    Refused {
        /// What was attempted, such as `list the services`.
        attempted: &'static str,
        /// Its error number, positive.
        errno: i32,
        /// Its own words, which it rarely has.
        text: Option<String>,
    },
    /// An answer that cannot be understood.
    #[error("could not parse the kernel's answer when trying to {attempted}: {source}")]
    Malformed {
        attempted: &'static str,
        /// What is wrong with the answer.
        source: DecodeError,
    },
}

/// Why the kernel refused one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RefusedOperation {
    /// The error number, positive.
    pub(super) errno: i32,
    /// The kernel's own words, which it rarely has.
    pub(super) text: Option<String>,
}

impl RefusedOperation {
    /// A refusal without words, as nearly all are.
    pub(super) fn silent(errno: Errno) -> Self {
        Self {
            errno: errno as i32,
            text: None,
        }
    }

    /// The error number by name; a number without one becomes `UnknownErrno`.
    pub(super) fn reason(&self) -> Errno {
        Errno::from_raw(self.errno)
    }
}

/// An error number in words and by name, such as `Invalid argument (EINVAL)`.
pub(super) fn described(errno: i32) -> String {
    match Errno::from_raw(errno) {
        Errno::UnknownErrno => format!("error {errno}"),
        known => format!("{} ({known:?})", known.desc()),
    }
}

/// The kernel's own words, ready to be appended to ours.
pub(super) fn quoted(text: Option<&str>) -> String {
    text.map(|text| format!("; the kernel says: {text}"))
        .unwrap_or_default()
}
