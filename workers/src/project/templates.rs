//! Projects to begin with, inside the program.

use std::path::Path;

use bytes::Bytes;
use opensail_commands::ports::project_files::{Applied, FileChange, FileError, ProjectFiles};

pub struct Template {
    pub name: &'static str,
    /// For people who choose.
    pub about: &'static str,
    files: &'static [(&'static str, &'static str, u32)],
}

/// All templates, by name.
pub const TEMPLATES: &[Template] = &[
    Template {
        name: "shell-starter",
        about: "A small program in POSIX sh with its tests",
        files: &[
            ("README.md", include_str!("templates/shell-starter/README.md"), 0o644),
            ("greet.sh", include_str!("templates/shell-starter/greet.sh"), 0o755),
            ("tests/run.sh", include_str!("templates/shell-starter/tests/run.sh"), 0o755),
        ],
    },
    Template {
        name: "static-site",
        about: "A web page with style and script",
        files: &[
            ("README.md", include_str!("templates/static-site/README.md"), 0o644),
            ("index.html", include_str!("templates/static-site/index.html"), 0o644),
            ("script.js", include_str!("templates/static-site/script.js"), 0o644),
            ("style.css", include_str!("templates/static-site/style.css"), 0o644),
        ],
    },
];

/// Names of all templates.
pub fn names() -> Vec<String> {
    TEMPLATES.iter().map(|template| template.name.to_owned()).collect()
}

pub fn find(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}

impl Template {
    /// Writes its files; those that are there as they should be are left.
    pub(super) async fn write(&self, files: &dyn ProjectFiles, root: &Path) -> Result<(), FileError> {
        for (path, content, mode) in self.files {
            let after = Some(Bytes::from_static(content.as_bytes()));
            let change = FileChange { path: (*path).into(), before: None, after, mode: Some(*mode) };
            if let Applied::Conflict { .. } = files.apply(root, change).await? {
                return Err(FileError::Invalid { path: (*path).into(), why: "a file of another content is in its place".into() });
            }
        }
        Ok(())
    }
}
