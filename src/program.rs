//! Runs a program of the operator's: directly, in a process group of its own that is killed as a whole when nobody waits
//! any more, with the end of what it printed. Who calls it says what is run and for how long, and judges the outcome.

use std::io;
use std::process::{ExitStatus, Stdio};
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
pub(crate) fn start(command: &mut Command) -> io::Result<Running> {
    let child = command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let group = Group::of(&child);
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
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok());
        Self(leader.map(Pid::from_raw))
    }

    /// The program has ended by itself; what it left behind is its business.
    fn leave(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // The group may have ended in this moment, and then there is nothing to do.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
