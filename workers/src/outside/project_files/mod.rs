//! The files of projects, served by the file service of `csi`.
//!
//! The service is called through its generated trait, so the same adapter works when it runs in this process and when
//! a channel lies in between. Agents and people write through this port, so it never asks to write to `.git`.

#[cfg(test)]
mod tests;
mod translate;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use opensail_commands::ports::project_files::{Applied, FileChange, FileData, FileError, GrepLine, GrepQuery, ProjectFiles, Tree};
use opensail_csi::fileops::FileOpsService;
use opensail_proto::fileops::v1 as wire;
use opensail_proto::fileops::v1::file_ops_server::FileOps;
use tonic::Request;

use translate::{as_bytes, as_path, entry, error, line, size};

/// [`ProjectFiles`] over a file service.
#[derive(Clone, Debug)]
pub struct ServedProjectFiles<S> {
    service: S,
}

impl ServedProjectFiles<FileOpsService> {
    /// The service in this process, as the desktop has it.
    pub fn in_process() -> Self {
        Self::new(FileOpsService::new())
    }
}

impl<S: FileOps> ServedProjectFiles<S> {
    pub fn new(service: S) -> Self {
        Self { service }
    }
}

#[async_trait]
impl<S: FileOps> ProjectFiles for ServedProjectFiles<S> {
    async fn read(&self, root: &Path, path: &str) -> Result<Option<FileData>, FileError> {
        let request = wire::ReadFileRequest { root: as_bytes(root), path: path.into() };
        let answer = self.service.read_file(Request::new(request)).await.map_err(|status| error(path, &status))?;
        Ok(answer.into_inner().file.map(|file| FileData { bytes: file.content, hash: file.hash, mode: file.mode, mtime: file.mtime }))
    }

    async fn apply(&self, root: &Path, change: FileChange) -> Result<Applied, FileError> {
        let path = change.path.clone();
        let request = wire::ApplyChangeRequest {
            root: as_bytes(root),
            path: change.path,
            before: change.before,
            after: change.after,
            mode: change.mode,
            allow_git: false,
        };
        let answer = self.service.apply_change(Request::new(request)).await.map_err(|status| error(&path, &status))?.into_inner();
        match answer.outcome() {
            wire::Outcome::Done => Ok(Applied::Done),
            wire::Outcome::Already => Ok(Applied::Already),
            wire::Outcome::Conflict => Ok(Applied::Conflict { actual: answer.actual }),
            wire::Outcome::Unspecified => {
                Err(FileError::Failed { path, why: "the file service gave an answer that is not known here".into() })
            }
        }
    }

    async fn tree(&self, root: &Path, path: &str, depth: u32, limit: usize, hidden: bool) -> Result<Tree, FileError> {
        let request = wire::ListTreeRequest { root: as_bytes(root), path: path.into(), depth, limit: size(limit), hidden };
        let answer = self.service.list_tree(Request::new(request)).await.map_err(|status| error(path, &status))?.into_inner();
        Ok(Tree { entries: answer.entries.into_iter().map(entry).collect(), truncated: answer.truncated })
    }

    async fn glob(&self, root: &Path, path: &str, pattern: &str, limit: usize, hidden: bool) -> Result<(Vec<String>, bool), FileError> {
        let request = wire::GlobRequest { root: as_bytes(root), path: path.into(), pattern: pattern.into(), limit: size(limit), hidden };
        let answer = self.service.glob(Request::new(request)).await.map_err(|status| error(path, &status))?.into_inner();
        Ok((answer.paths, answer.truncated))
    }

    async fn grep(&self, root: &Path, query: GrepQuery) -> Result<(Vec<GrepLine>, bool), FileError> {
        let path = query.path.clone();
        let request = wire::GrepRequest {
            root: as_bytes(root),
            pattern: query.pattern,
            path: query.path,
            glob: query.glob,
            ignore_case: query.ignore_case,
            multiline: query.multiline,
            before: size(query.before),
            after: size(query.after),
            limit: size(query.limit),
        };
        let answer = self.service.grep(Request::new(request)).await.map_err(|status| error(&path, &status))?.into_inner();
        Ok((answer.lines.into_iter().map(line).collect(), answer.truncated))
    }

    async fn canonical_root(&self, folder: &Path) -> Result<PathBuf, FileError> {
        let request = wire::CanonicalRootRequest { folder: as_bytes(folder) };
        let answer = self.service.canonical_root(Request::new(request)).await;
        answer.map(|answer| as_path(&answer.into_inner().root)).map_err(|status| error(&folder.to_string_lossy(), &status))
    }

    async fn create_root(&self, folder: &Path) -> Result<(), FileError> {
        let request = wire::CreateRootRequest { folder: as_bytes(folder) };
        let answer = self.service.create_root(Request::new(request)).await;
        answer.map(drop).map_err(|status| error(&folder.to_string_lossy(), &status))
    }

    async fn remove_root(&self, folder: &Path) -> Result<(), FileError> {
        let request = wire::RemoveRootRequest { folder: as_bytes(folder) };
        let answer = self.service.remove_root(Request::new(request)).await;
        answer.map(drop).map_err(|status| error(&folder.to_string_lossy(), &status))
    }
}
