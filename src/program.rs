//! Runs a program of the operator's: directly, in a process group of its own that is killed as a whole when nobody waits
//! any more, with the end of what it printed. Who calls it says what is run and for how long, and judges the outcome.
//!
//! A program gets a small [`environment`] and no descriptor but the standard ones. After [`confine`] it also gets no
//! capabilities ([`confinement`]), and nothing that it started outlives it ([`leftovers`]).

mod confinement;
mod descriptors;
mod environment;
mod leftovers;

use std::ffi::OsStr;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Bytes of output that are kept; the rest is read and forgotten, so that the program is never held up.
const OUTPUT_KEPT: usize = 4096;

/// How long output may trail the end of the program, whose children may hold the pipe open for ever.
const OUTPUT_TRAILS: Duration = Duration::from_millis(100);

/// Sweeps at the end, and the time between two: children become this process's own as their parents end.
const LAST_SWEEPS: usize = 4;
const BETWEEN_SWEEPS: Duration = Duration::from_millis(20);

/// Whether programs are confined.
static CONFINED: AtomicBool = AtomicBool::new(false);

pub(crate) use confinement::narrow_this_process;
pub(crate) use descriptors::limit_descriptors;
pub(crate) use environment::environment;

/// From now on programs get no capabilities, and nothing that they start outlives them.
pub(crate) fn confine() {
    if !confinement::can_drop_all() {
        tracing::warn!(
            "check commands that run as the user of ipvsd may keep its capabilities: ipvsd lacks CAP_SETPCAP; set `user` on \
             these commands, or add CAP_SETPCAP to CapabilityBoundingSet of the unit"
        );
    }
    if let Err(error) = leftovers::adopt_orphans() {
        tracing::warn!(%error, "processes that check commands leave behind cannot be ended");
    }
    CONFINED.store(true, Ordering::Relaxed);
}

/// Ends what programs have left behind, when this process ends and no runtime runs any more.
pub(crate) fn end_leftovers() {
    if !CONFINED.load(Ordering::Relaxed) {
        return;
    }
    for _ in 0..LAST_SWEEPS {
        leftovers::sweep();
        std::thread::sleep(BETWEEN_SWEEPS);
    }
}

/// A program with the environment that programs get.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    command_with(program, CONFINED.load(Ordering::Relaxed))
}

fn command_with(program: impl AsRef<OsStr>, confined: bool) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(environment(confined));
    command
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// The last line that it printed, on standard output rather than on standard error.
    pub(crate) last_line: Option<String>,
}

/// A program that runs. Dropping it, or the future of its end, kills it with its children.
pub(crate) struct Running {
    // Dropped before the child, whose number is certain to be its own until then.
    group: Group,
    child: Child,
}

/// Starts a program, away from our directory and our input.
pub(crate) async fn start(command: Command) -> io::Result<Running> {
    start_confined(command, CONFINED.load(Ordering::Relaxed)).await
}

async fn start_confined(mut command: Command, confined: bool) -> io::Result<Running> {
    command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let (child, leader) = match confined {
        true => confinement::spawn(command).await?,
        false => (command.spawn()?, None),
    };
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id {
        descriptors::lower(id);
    }
    let group = Group {
        leader: id.map(Pid::from_raw),
        _confined: leader,
    };
    Ok(Running { group, child })
}

impl Running {
    /// Waits for the end while reading what is printed.
    pub(crate) async fn end(mut self) -> io::Result<Ended> {
        let (status, output) = collect(&mut self.child).await?;
        self.group.leave();
        Ok(Ended {
            status,
            last_line: last_line(&output),
        })
    }
}

async fn collect(child: &mut Child) -> io::Result<(ExitStatus, Vec<u8>)> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut kept = Kept::default();
    let mut errors = Kept::default();
    let status = {
        let mut reading = std::pin::pin!(async {
            tokio::join!(drain(stdout, &mut kept), drain(stderr, &mut errors));
        });
        tokio::select! {
            biased;
            status = child.wait() => {
                // Time over means that a child of the program holds the pipe; what was read so far will do.
                let _ = timeout(OUTPUT_TRAILS, reading).await;
                status
            }
            () = &mut reading => child.wait().await,
        }
    };
    let output = if kept.0.is_empty() { errors } else { kept };
    Ok((status?, output.0))
}

/// The end of an output: the newest bytes of it.
#[derive(Default)]
struct Kept(Vec<u8>);

async fn drain(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Kept) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = pipe.read(&mut buffer).await {
        kept.0.extend_from_slice(&buffer[..length]);
        let surplus = kept.0.len().saturating_sub(OUTPUT_KEPT);
        kept.0.drain(..surplus);
    }
}

fn last_line(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    text.lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .map(str::to_owned)
}

/// The process group of a running program; dropping it kills the group, so that the time limit ends the children too.
struct Group {
    leader: Option<Pid>,
    /// The program is confined: what it left behind is ended after this is dropped.
    _confined: Option<leftovers::Leader>,
}

impl Group {
    /// The program has ended by itself; what it left behind is its business, unless it is confined.
    fn leave(&mut self) {
        self.leader = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // The group may have ended in this moment, and then there is nothing to do.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
