//! Files of others, links and pipes in the place of files that are trusted.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown, symlink};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::*;

fn refusal(path: &Path) -> String {
    let error = read(path).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
    error.to_string()
}

#[test]
fn a_file_of_another_user_is_not_trusted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.json");
    replace(&path, b"{}").unwrap();
    assert_eq!(read(&path).unwrap(), b"{}");
    let about = fs::metadata(&path).unwrap();
    // To any other user but root this file is one of another user.
    if !geteuid().is_root() {
        assert!(distrust(&about, about.uid() + 1).is_some());
        return;
    }
    chown(&path, Some(65_534), None).unwrap();
    assert!(refusal(&path).contains("belongs to user 65534"));
    chown(&path, Some(0), None).unwrap();
    assert!(read(&path).is_ok());
}

#[test]
fn a_file_that_others_can_write_is_not_trusted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.json");
    for mode in [0o602, 0o620, 0o666] {
        replace(&path, b"[]").unwrap();
        if geteuid().is_root() {
            // The group of root may write, since only root is in it.
            chown(&path, None, Some(65_534)).unwrap();
        }
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        assert!(refusal(&path).contains("chmod go-w"), "{mode:o}");
    }
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert!(read(&path).is_ok());
}

#[test]
fn neither_links_nor_pipes_are_followed() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("victim"), "precious").unwrap();
    symlink(path("victim"), path("link")).unwrap();
    assert!(refusal(&path("link")).contains("symbolic link"));
    // Opening a pipe without a writer would block.
    mkfifo(&path("pipe"), Mode::from_bits_truncate(0o600)).unwrap();
    assert!(refusal(&path("pipe")).contains("regular file"));
    // What is written beside the file before it takes its place is never written through a link.
    symlink(path("victim"), path("state.new")).unwrap();
    replace(&path("state"), b"mine").unwrap();
    assert_eq!(fs::read(path("victim")).unwrap(), b"precious");
    assert_eq!(fs::read(path("state")).unwrap(), b"mine");
    assert!(path("state").symlink_metadata().unwrap().is_file());
}

#[test]
fn a_directory_that_others_can_write_to_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("below/it");
    create_directory(&path).unwrap();
    assert_eq!(exposed(&path), None);
    assert_eq!(path.metadata().unwrap().mode() & 0o027, 0);
    fs::set_permissions(&path, Permissions::from_mode(0o1777)).unwrap();
    assert!(exposed(&path).is_some_and(|why| why.contains("mode 1777")));
    assert_eq!(directory_of(Path::new("file")), Path::new("."));
}
