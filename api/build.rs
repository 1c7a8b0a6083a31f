//! Lists the console's files for embedding. It builds nothing: `make web` does, and without a bundle the list is empty.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where `make web` puts the bundle.
const BUNDLE: &str = "web/dist/console";
/// The folder above is there in every checkout, so that Cargo can watch it.
const WATCHED: &str = "web/dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={WATCHED}");
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name| env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(format!("{name} is not set")));
    let bundle = variable("CARGO_MANIFEST_DIR")?.join(BUNDLE);
    let mut files = Vec::new();
    if bundle.join("index.html").is_file() {
        find(&bundle, &mut files)?;
    }
    files.sort();
    fs::write(variable("OUT_DIR")?.join("console_files.rs"), listed(&bundle, &files))
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => find(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}

/// A slice of `File`s; what is compressed beforehand stands with the file it was made from. Files are named from the crate's
/// folder, which the compiler fills in: the list may have been made for another clone with the same build folder.
fn listed(bundle: &Path, files: &[PathBuf]) -> String {
    let ending = |path: &Path| path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
    let name = |path: &Path| path.strip_prefix(bundle).unwrap_or(path).display().to_string();
    let bytes = |path: &Path| format!("include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?}))", format!("/{BUNDLE}/{}", name(path)));
    let mut list = String::from("&[\n");
    for file in files.iter().filter(|file| !matches!(ending(file).as_str(), "br" | "gz")) {
        let packed = |ending: &str| {
            let packed = PathBuf::from(format!("{}.{ending}", file.display()));
            match files.contains(&packed) {
                true => format!("Some({})", bytes(&packed)),
                false => "None".into(),
            }
        };
        let (br, gzip) = (packed("br"), packed("gz"));
        let _ = writeln!(list, "    File {{ path: {:?}, plain: {}, br: {br}, gzip: {gzip} }},", name(file), bytes(file));
    }
    list.push(']');
    list
}
