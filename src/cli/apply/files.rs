//! The files of an apply: put beside the daemon's definitions, moved over them, or thrown away.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use super::CliError;
use crate::api::apply::{candidate, replaced};

/// Whether both names lead to one file.
pub(super) fn are_the_same(one: &Path, other: &Path) -> bool {
    let of = |path: &Path| fs::metadata(path).map(|about| (about.dev(), about.ino()));
    matches!((of(one), of(other)), (Ok(one), Ok(other)) if one == other)
}

/// Puts a copy of `file` beside the definitions, with their owner and mode, since it may hold their secrets.
pub(super) fn put_beside(file: &Path, definitions: &Path) -> Result<PathBuf, CliError> {
    let text = fs::read(file).map_err(|source| CliError::Unreadable {
        file: file.to_owned(),
        source,
    })?;
    let candidate = candidate(definitions);
    let put = || -> io::Result<()> {
        let about = fs::metadata(definitions)?;
        discard(&candidate);
        let mut new = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&candidate)?;
        // Only root may give a file away; whoever else writes here owns the definitions already.
        let _ = fchown(&new, Some(about.uid()), Some(about.gid()));
        new.set_permissions(fs::Permissions::from_mode(about.mode() & 0o7777))?;
        new.write_all(&text)?;
        new.sync_all()
    };
    put().map_err(|source| CliError::Unwritable {
        file: candidate.clone(),
        source,
    })?;
    Ok(candidate)
}

/// Whether the candidate can be kept.
pub(super) fn check(candidate: &Path) -> Result<(), CliError> {
    let about = fs::symlink_metadata(candidate);
    about.map(drop).map_err(|source| CliError::Unreadable {
        file: candidate.to_owned(),
        source,
    })
}

/// Moves the candidate over the definitions; those that were there stay beside it.
pub(super) fn install(candidate: &Path, definitions: &Path) -> Result<(), CliError> {
    let former = replaced(definitions);
    let install = || -> io::Result<()> {
        match fs::remove_file(&former) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::hard_link(definitions, &former)?;
        fs::rename(candidate, definitions)
    };
    install().map_err(|source| CliError::NotInstalled {
        file: definitions.to_owned(),
        source,
    })
}

/// Throws a candidate away; one that is gone already is as good.
pub(super) fn discard(candidate: &Path) {
    let _ = fs::remove_file(candidate);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_is_as_private_as_the_configuration_and_replaces_it() {
        let directory = tempfile::tempdir().unwrap();
        let definitions = directory.path().join("ipvsd.yaml");
        let file = directory.path().join("new.yaml");
        fs::write(&definitions, "old").unwrap();
        fs::set_permissions(&definitions, fs::Permissions::from_mode(0o640)).unwrap();
        fs::write(&file, "new").unwrap();
        assert!(are_the_same(&file, &file) && !are_the_same(&file, &definitions));
        let candidate = put_beside(&file, &definitions).unwrap();
        let mode = fs::metadata(&candidate).unwrap().mode();
        assert_eq!(mode & 0o777, 0o640);
        for _ in 0..2 {
            let candidate = put_beside(&file, &definitions).unwrap();
            install(&candidate, &definitions).unwrap();
        }
        assert_eq!(fs::read_to_string(&definitions).unwrap(), "new");
        assert_eq!(fs::read_to_string(replaced(&definitions)).unwrap(), "new");
        assert!(!candidate.exists());
    }
}
