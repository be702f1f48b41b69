//! Takes the capabilities of this process away from programs. Capabilities belong to threads (capabilities(7)): each program is
//! started by a thread of its own that gives up first what the program must not have.
//!
//! A program that runs as root would get all of the bounding set back at its start. The thread empties that set, and sets
//! `SECBIT_NOROOT`, by which root has no capabilities of its own. It keeps `CAP_SETUID` until the start, to become the user of
//! the program.

use std::fs::{self, File};
use std::io;
use std::thread;

use nix::sys::prctl;
use nix::unistd;
use rustix::thread as kernel;
use rustix::thread::{CapabilitiesSecureBits, CapabilitySet};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::leftovers::{self, Leader};

/// Capabilities that a kernel can have.
const MOST_CAPABILITIES: u32 = 64;
/// Descriptors that a process is meant to get from the one that started it.
const STANDARD: i32 = 3;

/// To be called before any thread is started: closes descriptors that the one who started this process left open, lets no
/// program inherit capabilities, and writes no memory to a core file, since there are passwords in it. Standard input is
/// empty from now on: a daemon has nothing to read there, and no library can wait for it.
pub(crate) fn narrow_this_process() -> io::Result<()> {
    unistd::dup2_stdin(File::open("/dev/null")?)?;
    for descriptor in inherited() {
        // That of the listing itself is closed already.
        let _ = unistd::close(descriptor);
    }
    protect_memory()?;
    let _ = kernel::clear_ambient_capability_set();
    let sets = kernel::capabilities(None)?;
    kernel::set_capabilities(None, without_inheritable(sets))?;
    Ok(())
}

/// No core file is written, and no other process of this user can read the memory.
pub(super) fn protect_memory() -> io::Result<()> {
    Ok(prctl::set_dumpable(false)?)
}

fn inherited() -> Vec<i32> {
    let entries = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|number| *number >= STANDARD).collect()
}

/// Whether programs that run as root can be started without capabilities.
pub(super) fn can_drop_all() -> bool {
    let can = kernel::capabilities(None)
        .is_ok_and(|sets| sets.effective.contains(CapabilitySet::SETPCAP));
    // Of any other user only the ambient and inheritable sets would matter.
    can || !unistd::geteuid().is_root()
}

/// Starts a program without capabilities.
pub(super) async fn spawn(mut command: Command) -> io::Result<(Child, Option<Leader>)> {
    let (result, started) = oneshot::channel();
    let runtime = Handle::current();
    let spawn = move || {
        let _entered = runtime.enter();
        let child = drop_privileges().and_then(|()| leftovers::start(|| command.spawn()));
        // The one who waits may have given up; then the child is killed as it is dropped.
        let _ = result.send(child);
    };
    thread::Builder::new()
        .name("start".to_owned())
        .spawn(spawn)?;
    let lost = |_| io::Error::other("the thread that starts it has ended");
    let (child, leader) = started.await.map_err(lost)??;
    Ok((child, Some(leader)))
}

/// Leaves this thread what it needs to become another user, and a program that it starts nothing.
fn drop_privileges() -> io::Result<()> {
    kernel::set_no_new_privs(true)?;
    let sets = kernel::capabilities(None)?;
    if sets.effective.contains(CapabilitySet::SETPCAP) {
        for number in 0..MOST_CAPABILITIES {
            let one = CapabilitySet::from_bits_retain(1 << number);
            // Numbers that this kernel does not know come last.
            if kernel::remove_capability_from_bounding_set(one).is_err() {
                break;
            }
        }
        let bits = kernel::capabilities_secure_bits()?;
        let bits = bits | CapabilitiesSecureBits::NO_ROOT | CapabilitiesSecureBits::NO_ROOT_LOCKED;
        kernel::set_capabilities_secure_bits(bits)?;
    }
    let _ = kernel::clear_ambient_capability_set();
    kernel::set_capabilities(None, without_inheritable(sets))?;
    Ok(())
}

fn without_inheritable(sets: kernel::CapabilitySets) -> kernel::CapabilitySets {
    kernel::CapabilitySets {
        inheritable: CapabilitySet::empty(),
        ..sets
    }
}
