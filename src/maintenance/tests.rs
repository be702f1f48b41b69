//! The watch, over directories that files come to and go from.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use director_core::model::{Family, ServiceId};
use tempfile::TempDir;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

fn target(last: u8) -> Target {
    let service = ServiceId::Mark {
        family: Family::Ipv4,
        mark: 1,
    };
    let server = Endpoint {
        address: [10, 0, 0, last].into(),
        port: 80,
    };
    (service, server)
}

fn watched(directory: &Path) -> Watched {
    let candidates = [1, 2].map(|last| Candidate {
        target: target(last),
        ports: [80, 80],
    });
    Watched {
        directory: directory.to_owned(),
        candidates: candidates.into(),
    }
}

fn nobody(_: IpAddr) -> Option<String> {
    None
}

fn web(address: IpAddr) -> Option<String> {
    (address == target(2).1.address).then(|| "web2.example.org".to_owned())
}

/// A watch with what it has said last.
struct Listening {
    _watch: DirectoryWatch,
    said: Arc<Mutex<Vec<NewOverride>>>,
}

impl Listening {
    async fn to(directory: &Path, lookup: fn(IpAddr) -> Option<String>) -> Self {
        let said = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&said);
        let (watch, first) =
            DirectoryWatch::with_lookup(watched(directory), lookup, move |orders| {
                *keep.lock().unwrap() = orders;
            });
        *said.lock().unwrap() = first.await.unwrap();
        Self {
            _watch: watch,
            said,
        }
    }

    /// The last numbers of the servers that are out.
    fn out(&self) -> Vec<String> {
        let said = self.said.lock().unwrap();
        let address = |order: &NewOverride| order.target.1.address.to_string();
        said.iter().map(address).collect()
    }

    async fn eventually(&self, expected: &[&str]) -> Duration {
        let begin = Instant::now();
        while self.out() != expected {
            assert!(
                begin.elapsed() < PATIENCE,
                "{:?} and not {expected:?}",
                self.out()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        begin.elapsed()
    }
}

fn touch(directory: &TempDir, name: &str) {
    std::fs::write(directory.path().join(name), "").unwrap();
}

#[tokio::test]
async fn what_is_there_before_counts_from_the_first_look_on() {
    let directory = TempDir::new().unwrap();
    touch(&directory, "10.0.0.1");
    touch(&directory, "web2");
    let listening = Listening::to(directory.path(), web).await;
    assert_eq!(listening.out(), ["10.0.0.1", "10.0.0.2"]);
    let reasons: Vec<String> = listening
        .said
        .lock()
        .unwrap()
        .iter()
        .map(|order| order.reason.clone())
        .collect();
    let expected =
        ["10.0.0.1", "web2"].map(|name| format!("file {}/{name}", directory.path().display()));
    assert_eq!(reasons, expected);
}

#[tokio::test]
async fn files_take_servers_out_and_back_within_a_second() {
    let directory = TempDir::new().unwrap();
    let listening = Listening::to(directory.path(), nobody).await;
    assert_eq!(listening.out(), [""; 0]);
    touch(&directory, "10.0.0.2:80");
    let took = listening.eventually(&["10.0.0.2"]).await;
    std::fs::remove_file(directory.path().join("10.0.0.2:80")).unwrap();
    let back = listening.eventually(&[]).await;
    assert!(took.max(back) < Duration::from_secs(1), "{took:?} {back:?}");
    touch(&directory, "10.0.0.2:81");
    touch(&directory, "10.0.0.1:80");
    listening.eventually(&["10.0.0.1"]).await;
}

#[tokio::test]
async fn a_directory_that_comes_later_goes_and_is_replaced_is_followed() {
    let parent = TempDir::new().unwrap();
    let directory = parent.path().join("maintenance");
    let listening = Listening::to(&directory, nobody).await;
    for _ in 0..2 {
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("10.0.0.1"), "").unwrap();
        listening.eventually(&["10.0.0.1"]).await;
        std::fs::remove_dir_all(&directory).unwrap();
        listening.eventually(&[]).await;
    }
}

#[tokio::test]
async fn overrides_stay_while_the_directory_cannot_be_read() {
    let parent = TempDir::new().unwrap();
    let (real, name, other) = (
        parent.path().join("real"),
        parent.path().join("maintenance"),
        parent.path().join("other"),
    );
    std::fs::create_dir(&real).unwrap();
    std::fs::write(real.join("10.0.0.1"), "").unwrap();
    std::os::unix::fs::symlink(&real, &name).unwrap();
    let listening = Listening::to(&name, nobody).await;
    // What is no directory cannot be read as one.
    std::os::unix::fs::symlink("/dev/null", &other).unwrap();
    std::fs::rename(&other, &name).unwrap();
    // Longer than the pause between two looks.
    tokio::time::sleep(Duration::from_millis(1300)).await;
    assert_eq!(listening.out(), ["10.0.0.1"]);
    std::fs::remove_file(&name).unwrap();
    listening.eventually(&[]).await;
}

#[tokio::test]
async fn a_late_first_scan_is_reported_later() {
    let directory = TempDir::new().unwrap();
    touch(&directory, "10.0.0.1");
    let said = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&said);
    let (watch, first) =
        DirectoryWatch::with_lookup(watched(directory.path()), nobody, move |orders| {
            *keep.lock().unwrap() = orders;
        });
    drop(first);
    let listening = Listening {
        _watch: watch,
        said,
    };
    listening.eventually(&["10.0.0.1"]).await;
}

#[tokio::test]
async fn a_name_service_that_hangs_delays_no_address() {
    fn hangs(_: IpAddr) -> Option<String> {
        std::thread::sleep(Duration::from_millis(2500));
        None
    }
    let directory = TempDir::new().unwrap();
    touch(&directory, "unknown");
    let listening = Listening::to(directory.path(), hangs).await;
    touch(&directory, "10.0.0.1");
    let took = listening.eventually(&["10.0.0.1"]).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
}
