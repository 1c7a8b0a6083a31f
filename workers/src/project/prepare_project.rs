//! Projects whose files are not there yet: make the folder, write the template, clone the repository, and say how it went.
//!
//! Restart-safe: until a project is prepared its folder holds nothing of anybody's, so a half-made one is removed and made again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opensail_commands::ports::project_files::FileError;
use opensail_commands::project::{FailPreparation, FinishPreparation};
use opensail_commands::{Caller, CommandError, Mode};
use opensail_domain::kernel::ProjectId;
use opensail_domain::project::{Home, Project, Source};
use opensail_eventstore::{Fence, LeaseError};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::clone::{Reach, Remote, clone};
use super::{lease_of, load, templates};
use crate::Hands;
use crate::agent_session::keep_lease::keep_lease;
use crate::reconciler::Reconciler;

/// Most projects prepared at a time.
const MAX_AT_ONCE: usize = 4;
/// A project whose preparation could not even be judged is left alone for this long.
const REST: Duration = Duration::from_secs(5);

pub struct PrepareProjects {
    work: Arc<Work>,
    under_way: Mutex<UnderWay>,
}

struct Work {
    hands: Hands,
    halt: CancellationToken,
    ended: Notify,
}

#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<ProjectId>,
    projects: HashSet<ProjectId>,
}

impl PrepareProjects {
    pub fn new(hands: Hands) -> Self {
        let work = Work { hands, halt: CancellationToken::new(), ended: Notify::new() };
        PrepareProjects { work: Arc::new(work), under_way: Mutex::default() }
    }
}

#[async_trait]
impl Reconciler for PrepareProjects {
    async fn reconcile(&self) -> Result<(), String> {
        let wished = self.work.hands.queries.preparing_projects().await.map_err(|error| error.to_string())?;
        let mut under_way = self.under_way.lock().await;
        while let Some(ended) = under_way.tasks.try_join_next() {
            match ended {
                Ok(project_id) => {
                    under_way.projects.remove(&project_id);
                }
                Err(error) => {
                    tracing::error!(%error, "preparing a project panicked");
                    under_way.projects.clear();
                }
            }
        }
        for project_id in wished {
            if under_way.projects.len() >= MAX_AT_ONCE {
                break;
            }
            if under_way.projects.insert(project_id) {
                let work = self.work.clone();
                under_way.tasks.spawn(async move {
                    if let Err(error) = work.prepare(project_id).await {
                        tracing::warn!(%project_id, error, "a project could not be prepared now");
                        tokio::time::sleep(REST).await;
                    }
                    work.ended.notify_one();
                    project_id
                });
            }
        }
        Ok(())
    }

    async fn woken(&self) {
        self.work.ended.notified().await;
    }

    async fn stop(&self) {
        self.work.halt.cancel();
        let mut under_way = self.under_way.lock().await;
        while under_way.tasks.join_next().await.is_some() {}
    }
}

impl Work {
    async fn prepare(&self, project_id: ProjectId) -> Result<(), String> {
        let lease = match self.hands.leases.acquire(&lease_of(project_id), &self.hands.worker, self.hands.lease).await {
            Ok(lease) => lease,
            Err(error @ (LeaseError::Held { .. } | LeaseError::Unavailable(_))) => return Err(error.to_string()),
        };
        let halt = self.halt.child_token();
        let keeper = tokio::spawn(keep_lease(self.hands.leases.clone(), lease.clone(), self.hands.lease, halt.clone()));
        let done = tokio::select! {
            () = self.halt.cancelled() => Ok(()),
            done = self.prepare_under(project_id, lease.fence(), &halt) => done,
        };
        halt.cancel();
        if let Err(error) = keeper.await {
            tracing::error!(%error, "keeping a lease panicked");
        }
        self.hands.leases.release(&lease).await.map_err(|error| error.to_string())?;
        done
    }

    async fn prepare_under(&self, project_id: ProjectId, fence: Fence, halt: &CancellationToken) -> Result<(), String> {
        let commands = &self.hands.commands;
        // The views may be behind; the stream is not.
        let Project::Preparing(home) = load(commands, project_id).await.map_err(|error| error.log_text())? else { return Ok(()) };
        let root = commands.project_root(&home, project_id);
        let made = self.make(&home, &root, halt).await;
        if halt.is_cancelled() {
            return Ok(());
        }
        let caller = Caller::system("project_worker").fenced(fence);
        let told = match made {
            Ok(()) => commands.execute(&caller, &FinishPreparation { project_id }).await.map(drop),
            Err(Trouble::Final(reason)) => commands.execute(&caller, &FailPreparation { project_id, reason }).await.map(drop),
            Err(Trouble::Passing(why)) => return Err(why),
        };
        match told {
            Ok(()) | Err(CommandError::Rejected(_) | CommandError::NotFound) => Ok(()),
            Err(error) => Err(error.log_text()),
        }
    }

    async fn make(&self, home: &Home, root: &Path, halt: &CancellationToken) -> Result<(), Trouble> {
        match &home.source {
            Source::Empty => Ok(self.hands.commands.files().create_root(root).await?),
            Source::Folder { path } => self.check_folder(path).await,
            Source::Template { name } => {
                let template = templates::find(name).ok_or_else(|| Trouble::Final(format!("there is no template named {name:?}")))?;
                self.empty_root(root).await?;
                Ok(template.write(self.hands.commands.files().as_ref(), root).await?)
            }
            Source::Git { url, reference } => {
                let remote = Remote::parse(url).map_err(Trouble::Final)?;
                let reach = match self.hands.commands.settings().mode {
                    Mode::Desktop => Reach::OwnNetwork,
                    Mode::Docker | Mode::Kubernetes => Reach::Internet,
                };
                let pinned = remote.addresses(reach).await.map_err(Trouble::Final)?;
                self.empty_root(root).await?;
                let sandbox = self.hands.sandbox.as_ref();
                clone(sandbox, root, &remote, reference.as_deref(), pinned, halt).await.map_err(Trouble::Final)
            }
        }
    }

    async fn check_folder(&self, path: &str) -> Result<(), Trouble> {
        let folder = PathBuf::from(path);
        let found = self.hands.commands.files().canonical_root(&folder).await.map_err(|error| Trouble::Final(error.to_string()))?;
        if found == folder {
            return Ok(());
        }
        Err(Trouble::Final(format!("{path} leads to another folder now, {}; make a project of that one", found.display())))
    }

    /// A folder of ours with nothing in it, whatever an earlier try left.
    async fn empty_root(&self, root: &Path) -> Result<(), FileError> {
        let files = self.hands.commands.files();
        match files.remove_root(root).await {
            Ok(()) | Err(FileError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        files.create_root(root).await
    }
}

/// Why a project's files are not there.
enum Trouble {
    /// It will not get better by itself; in words for people.
    Final(String),
    /// It may; tried again.
    Passing(String),
}

impl From<FileError> for Trouble {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Failed { .. } => Trouble::Passing(error.to_string()),
            error => Trouble::Final(error.to_string()),
        }
    }
}
