//! The pid file of an instance: who runs, and the claim of who is about to. It is ldirectord's own file in its own form,
//! so that either program finds, stops and reloads a daemon of the other.
//!
//! Invariant: nobody removes or overwrites the pid file of another process that runs.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::role::Role;

/// The word by which a running instance is known in `/proc/PID/cmdline`.
const MARK: &[u8] = MARK_NAME.as_bytes();
const MARK_NAME: &str = "ldirectord";

/// Who holds a pid file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// There is no such file.
    Nobody,
    /// A process that is gone, or that is no ldirectord.
    Gone,
    /// This process runs.
    Running(u32),
}

/// A pid file, which may or may not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PidFile {
    path: PathBuf,
}

impl PidFile {
    /// The pid file at this path.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Who holds it.
    #[must_use]
    pub fn owner(&self) -> Owner {
        match (read(&self.path), self.path.exists()) {
            (Some(pid), _) if is_running(pid) && self.may_name(pid) => Owner::Running(pid),
            (None, false) => Owner::Nobody,
            _ => Owner::Gone,
        }
    }

    /// Whether this process can have written the file. After a restart of the machine its number may be that of another
    /// instance, which a command must neither stop nor take for its own.
    fn may_name(&self, pid: u32) -> bool {
        let name = self.path.file_name().unwrap_or_default();
        instance_of(pid)
            .is_none_or(|instance| name.to_string_lossy() == format!("{MARK_NAME}.{instance}.pid"))
    }

    /// Writes the pid of this process.
    ///
    /// # Errors
    /// When another instance runs, or the file cannot be written.
    pub fn claim(&self) -> io::Result<Claim> {
        let mut file = File::options()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&self.path)?;
        if !file.metadata()?.is_file() {
            let message = "it is a pipe or a device, not a file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        match (file.try_lock(), self.owner()) {
            (Err(TryLockError::Error(error)), _) => return Err(error),
            (Err(TryLockError::WouldBlock), _) | (_, Owner::Running(_)) => {
                return Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    "another instance uses it",
                ));
            }
            (Ok(()), _) => {}
        }
        let pid = std::process::id();
        file.set_len(0)?;
        file.write_all(format!("{pid}\n").as_bytes())?;
        Ok(Claim {
            path: self.path.clone(),
            pid,
            _locked: file,
        })
    }
}

/// The pid file of this process; it goes when this is dropped. The lock in it ends with the process in any case.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    pid: u32,
    _locked: File,
}

impl Drop for Claim {
    fn drop(&mut self) {
        if read(&self.path) == Some(self.pid) {
            // Gone already is as good.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn read(path: &Path) -> Option<u32> {
    // A FIFO would be waited for, and a device may give bytes without end.
    let is_file = fs::metadata(path).is_ok_and(|about| about.is_file());
    let content = is_file.then(|| fs::read_to_string(path).ok())??;
    content.trim().parse().ok()
}

fn is_running(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline"))
        .is_ok_and(|command| command.windows(MARK.len()).any(|part| part == MARK))
}

/// The instance of a running ldirectord: that of its role, or what Perl's program reads from its command line.
fn instance_of(pid: u32) -> Option<String> {
    if let Some(role) = Role::of_process(pid) {
        return Some(role.instance);
    }
    instance_in(&fs::read(format!("/proc/{pid}/cmdline")).ok()?)
}

fn instance_in(command: &[u8]) -> Option<String> {
    let base = |word: &[u8]| {
        let text = String::from_utf8_lossy(word);
        text.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let mut words = command
        .split(|byte| *byte == 0)
        .skip_while(|word| base(word) != MARK_NAME)
        .skip(1)
        .filter(|word| !word.is_empty() && !word.starts_with(b"-"));
    match (words.next()?, words.next()) {
        (config, Some(_)) => Some(base(config)),
        (_, None) => Some(MARK_NAME.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_known_by_its_command_line() {
        for (command, instance) in [
            (
                "/usr/bin/perl|-w|/usr/sbin/ldirectord|/etc/ha.d/a.cf|start|",
                Some("a.cf"),
            ),
            ("/usr/sbin/ldirectord|-d|b.cf|start|", Some("b.cf")),
            ("ldirectord|start|", Some("ldirectord")),
            ("ldirectord tcp:10.0.0.1:80|", None),
            ("vi|/etc/ldirectord.cf|", None),
        ] {
            let command = command.replace('|', "\0");
            let found = instance_in(command.as_bytes());
            assert_eq!(found.as_deref(), instance, "{command}");
        }
    }

    #[test]
    fn a_file_that_names_another_instance_has_no_owner() {
        let directory = tempfile::tempdir().unwrap();
        let mut other = std::process::Command::new("/bin/sh")
            .args(["-c", "read line", "/usr/sbin/ldirectord", "b.cf", "start"])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let owner = |name: &str| {
            let path = directory.path().join(name);
            fs::write(&path, other.id().to_string()).unwrap();
            PidFile::new(&path).owner()
        };
        // Its command line can be read a moment after the start.
        while !is_running(other.id()) {
            std::thread::yield_now();
        }
        assert_eq!(owner("ldirectord.a.cf.pid"), Owner::Gone);
        assert_eq!(owner("ldirectord.b.cf.pid"), Owner::Running(other.id()));
        other.kill().unwrap();
        other.wait().unwrap();
    }

    fn file(content: Option<&str>) -> (tempfile::TempDir, PidFile) {
        // The name of the test's own program must not hold the mark by its directory.
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.pid");
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        (directory, PidFile::new(&path))
    }

    #[test]
    fn a_device_in_its_place_is_not_read() {
        // It gives bytes without end.
        assert_eq!(PidFile::new(Path::new("/dev/zero")).owner(), Owner::Gone);
        assert!(PidFile::new(Path::new("/dev/zero")).claim().is_err());
    }

    #[test]
    fn the_owner_is_told_apart_from_strangers_and_the_dead() {
        assert_eq!(file(None).1.owner(), Owner::Nobody);
        assert_eq!(file(Some("4194305\n")).1.owner(), Owner::Gone);
        assert_eq!(file(Some("1\n")).1.owner(), Owner::Gone);
        assert_eq!(file(Some("")).1.owner(), Owner::Gone);
        assert_eq!(file(Some("-1\n")).1.owner(), Owner::Gone);
    }

    #[test]
    fn a_claim_takes_over_what_the_dead_left_and_goes_with_its_holder() {
        let (_directory, file) = file(Some("4194305\nleft over"));
        let claim = file.claim().unwrap();
        let content = fs::read_to_string(file.path()).unwrap();
        assert_eq!(content, format!("{}\n", std::process::id()));
        drop(claim);
        assert!(!file.path().exists());
    }

    #[test]
    fn only_one_may_hold_the_file() {
        let (_directory, file) = file(None);
        let _claim = file.claim().unwrap();
        let second = file.claim().unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn the_file_of_another_process_stays() {
        let (_directory, file) = file(None);
        let claim = file.claim().unwrap();
        fs::write(file.path(), "1\n").unwrap();
        drop(claim);
        assert!(file.path().exists());
    }
}
