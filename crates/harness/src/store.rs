//! The results folder: what lies where, and writing that is never torn.
//!
//! Every file is written under a temporary name in its own folder, synced, and renamed. A process that works on a
//! point holds a lock on the point's claim file; the kernel drops the lock when the process ends, however it ends.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value as Json;

use crate::error::{HarnessError, folder as folder_error, store};
use crate::interrupt;
use crate::record::StoredPoint;

/// How often a run that waits for another looks again.
const LOCK_PERIOD: Duration = Duration::from_millis(50);

/// A sweep's own folder.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    root: PathBuf,
}

/// A lock that is held until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Claim {
    file: File,
    path: PathBuf,
}

impl Claim {
    /// Gives the claim up after the result is in place; whoever opens the path later makes a new file.
    pub(crate) fn release(self) {
        let _ = fs::remove_file(&self.path);
        drop(self.file);
    }
}

/// What became of an attempt to claim a point.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// It is ours.
    Ours(Claim),
    /// Another live process works on it.
    Busy,
}

impl Store {
    /// The folder at `root`; nothing is created yet.
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The file of a point.
    pub(crate) fn point_path(&self, id: &str) -> PathBuf {
        self.root.join("points").join(format!("{id}.json"))
    }

    /// What a point's process printed to standard error.
    pub(crate) fn log_path(&self, id: &str) -> PathBuf {
        self.root.join("logs").join(format!("{id}.stderr"))
    }

    fn claim_path(&self, id: &str) -> PathBuf {
        self.root.join("points").join(format!(".{id}.claim"))
    }

    /// Makes the folders.
    pub(crate) fn create(&self) -> Result<(), HarnessError> {
        for folder in ["points", "logs", "manifests"] {
            let path = self.root.join(folder);
            fs::create_dir_all(&path).map_err(folder_error(&self.root))?;
        }
        Ok(())
    }

    /// Writes a file of the folder so that no reader ever sees half of it.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), HarnessError> {
        write_atomic(&self.root.join(name), bytes)
    }

    /// Writes a point's file.
    pub(crate) fn write_point(&self, id: &str, json: &Json) -> Result<(), HarnessError> {
        let path = self.point_path(id);
        write_atomic(&path, json.to_string().as_bytes())
    }

    /// Reads a point's file; `None` when there is none. A file that cannot be understood is an error.
    pub(crate) fn read_point(&self, id: &str) -> Result<Option<StoredPoint>, HarnessError> {
        let path = self.point_path(id);
        match fs::read_to_string(&path) {
            Ok(text) => parse_point(&path, &text).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(store("read", &path)(error)),
        }
    }

    /// All point files with their raw text, sorted by id.
    pub(crate) fn read_points(&self) -> Result<Vec<(StoredPoint, String)>, HarnessError> {
        let folder = self.root.join("points");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(store("list", &folder)(error)),
        };
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in entries {
            let path = entry.map_err(store("list", &folder))?.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if name.ends_with(".json") && !name.starts_with('.') {
                paths.push(path);
            }
        }
        paths.sort();
        let read = |path: PathBuf| {
            let text = fs::read_to_string(&path).map_err(store("read", &path))?;
            Ok((parse_point(&path, &text)?, text))
        };
        paths.into_iter().map(read).collect()
    }

    /// Claims a point for this process.
    pub(crate) fn claim(&self, id: &str) -> Result<Claimed, HarnessError> {
        let path = self.claim_path(id);
        loop {
            let file = File::create(&path).map_err(store("create", &path))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Claimed::Busy),
                Err(TryLockError::Error(error)) => return Err(store("lock", &path)(error)),
            }
            // Between opening and locking the last holder may have removed the file: then the lock is on nothing.
            if same_file(&file, &path) {
                return Ok(Claimed::Ours(Claim { file, path }));
            }
        }
    }

    /// Points that a process began and did not finish: their claim is there, their lock is free.
    pub(crate) fn abandoned(&self) -> Result<Vec<String>, HarnessError> {
        let folder = self.root.join("points");
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.map_err(store("list", &folder))?.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let Some(id) = name.strip_prefix('.').and_then(|n| n.strip_suffix(".claim")) else { continue };
            let free = File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
            if free && !self.point_path(id).exists() {
                found.push(id.to_owned());
            }
        }
        found.sort();
        Ok(found)
    }

    /// Removes what killed processes left behind: free claims and temporary files. Only under [`Store::lock`], and
    /// temporary files only of processes that are gone.
    pub(crate) fn sweep_leftovers(&self) {
        let folders = ["points", "manifests", "plots", ""].map(|folder| self.root.join(folder));
        for entry in folders.iter().filter_map(|f| fs::read_dir(f).ok()).flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let free_claim =
                name.ends_with(".claim") && File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
            let dead_temporary = temporary_owner(&name)
                .is_some_and(|pid| pid != std::process::id() && !Path::new(&format!("/proc/{pid}")).exists());
            if free_claim || dead_temporary {
                let _ = fs::remove_file(path);
            }
        }
    }

    /// Takes the folder for one `run`; waits, after telling through `wait`, while another holds it.
    pub(crate) fn lock(&self, wait: impl FnOnce()) -> Result<File, HarnessError> {
        let path = self.root.join(".lock");
        let file = File::create(&path).map_err(folder_error(&self.root))?;
        let mut wait = Some(wait);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if interrupt::requested() => {
                    return Err(HarnessError::Interrupted { path });
                }
                Err(TryLockError::WouldBlock) => {
                    if let Some(wait) = wait.take() {
                        wait();
                    }
                    std::thread::sleep(LOCK_PERIOD);
                }
                Err(TryLockError::Error(error)) => return Err(store("lock", &path)(error)),
            }
        }
    }

    /// Reads a JSON file of the folder; `None` when there is none.
    pub(crate) fn read_json(&self, name: &str) -> Result<Option<Json>, HarnessError> {
        let path = self.path(name);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| HarnessError::Content {
                path,
                expected: "JSON",
                found: error.to_string(),
                remedy: "remove it and run the sweep again",
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(store("read", &path)(error)),
        }
    }

    /// Points `latest`, beside the folder, at it.
    pub(crate) fn mark_latest(&self) {
        let (Some(parent), Some(name)) = (self.root.parent(), self.root.file_name()) else { return };
        let link = parent.join("latest");
        let fresh = parent.join(format!(".latest.{}", std::process::id()));
        let replaceable = fs::symlink_metadata(&link).map_or(true, |meta| meta.is_symlink());
        if replaceable
            && std::os::unix::fs::symlink(name, &fresh).is_ok()
            && fs::rename(&fresh, &link).is_err()
        {
            let _ = fs::remove_file(&fresh);
        }
    }
}

fn parse_point(path: &Path, text: &str) -> Result<StoredPoint, HarnessError> {
    StoredPoint::parse(text).map_err(|found| HarnessError::Content {
        path: path.to_owned(),
        expected: "a point file of this program's schema",
        found,
        remedy: "remove it to have the point measured again",
    })
}

fn same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(a), Ok(b)) => a.ino() == b.ino() && a.dev() == b.dev(),
        _ => false,
    }
}

/// The process that a temporary file's name says it belongs to.
fn temporary_owner(name: &str) -> Option<u32> {
    name.strip_prefix(".tmp.")?.split('.').next()?.parse().ok()
}

/// Writes through a temporary file in the same folder, synced, then renamed.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), HarnessError> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(store("create", parent))?;
    let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = parent.join(format!(".tmp.{}.{unique}.{name}", std::process::id()));
    let written = (|| {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(store("write", path)(error));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_exclusive_and_free_again_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        store.create().unwrap();
        let Claimed::Ours(claim) = store.claim("ab").unwrap() else { panic!("nobody else is here") };
        assert!(matches!(store.claim("ab").unwrap(), Claimed::Busy));
        assert!(store.abandoned().unwrap().is_empty(), "a held claim is not abandoned");
        drop(claim);
        assert_eq!(store.abandoned().unwrap(), ["ab"], "a claim whose holder died is");
        let Claimed::Ours(claim) = store.claim("ab").unwrap() else { panic!("free again") };
        claim.release();
        assert!(store.abandoned().unwrap().is_empty());
    }

    #[test]
    fn atomic_writes_replace_and_leave_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.txt");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
