//! A list of servers in a file. Root acts on it, so no other user may be able to write it.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::trusted_file;

/// Bytes of the largest list that is read.
const LARGEST: u64 = 4 << 20;
/// A file that was written within this time may still be in writing.
const SETTLED: Duration = Duration::from_millis(300);
/// Attempts to find a file that is not in writing.
const ATTEMPTS: u32 = 5;

/// The text of a file that no one is writing. Blocks.
///
/// # Errors
/// When it cannot be read or trusted, or changes all the time.
pub(super) fn read(path: &Path) -> Result<String, String> {
    for _ in 0..ATTEMPTS {
        let (bytes, age) = read_once(path).map_err(|error| error.to_string())?;
        if age >= SETTLED {
            return String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned());
        }
        // Half a list may be a valid one.
        thread::sleep(SETTLED);
    }
    Err("it changes all the time".to_owned())
}

/// What the file has, and how long ago it was written.
fn read_once(path: &Path) -> io::Result<(Vec<u8>, Duration)> {
    let file = trusted_file::open(path, OpenOptions::new().read(true))?;
    let mut bytes = Vec::new();
    (&file).take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!(
            "it has more than {LARGEST} bytes"
        )));
    }
    let written = file.metadata()?.modified()?;
    // A time in the future, as after a change of the clock, says nothing.
    let age = SystemTime::now().duration_since(written);
    Ok((bytes, age.unwrap_or(SETTLED)))
}
