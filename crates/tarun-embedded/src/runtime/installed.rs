//! Servers that a package manager installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Runtime;
use super::program::run_bounded;

const OLDEST_POSTGRES: u32 = 16;
const OLDEST_VALKEY: u32 = 7;
const LIMIT: Duration = Duration::from_secs(20);

/// Folders that hold one sub-folder per PostgreSQL version: Debian and Ubuntu, Red Hat, Homebrew (arm64 and x86-64).
const POSTGRES_PARENTS: [&str; 5] =
    ["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt", "/opt/homebrew/Cellar"];

/// The newest usable PostgreSQL and a usable Valkey or Redis; else what was looked at and what is wrong with it.
pub(super) fn find() -> Result<Runtime, Vec<String>> {
    let mut wrong = Vec::new();
    let postgres = find_postgres(&mut wrong);
    let valkey = find_valkey(&mut wrong);
    match (postgres, valkey) {
        (Some((major, bin)), Some((valkey, said))) => {
            let origin = format!("installed PostgreSQL {major} with pgvector and {said}");
            Ok(Runtime { postgres_bin: bin, postgres_major: major, valkey_server: valkey, origin })
        }
        _ => Err(wrong),
    }
}

fn find_postgres(wrong: &mut Vec<String>) -> Option<(u32, PathBuf)> {
    let mut bins: Vec<PathBuf> =
        POSTGRES_PARENTS.iter().flat_map(|parent| version_folders(Path::new(parent))).collect();
    bins.extend(in_path("postgres").and_then(|program| Some(program.canonicalize().ok()?.parent()?.to_path_buf())));
    bins.dedup();
    let mut usable = Vec::new();
    for bin in bins {
        let Some(major) = version(&bin.join("postgres"), "(PostgreSQL) ") else { continue };
        if major < OLDEST_POSTGRES {
            wrong.push(format!("PostgreSQL {major} in {}: too old, {OLDEST_POSTGRES} is needed", bin.display()));
        } else if !has_vector(&bin, major) {
            wrong.push(format!("PostgreSQL {major} in {}: its extension pgvector is not installed", bin.display()));
        } else if bin.join("initdb").is_file() {
            usable.push((major, bin));
        }
    }
    usable.sort();
    let newest = usable.pop();
    if newest.is_none() && wrong.is_empty() {
        wrong.push("an installed PostgreSQL: none found".to_owned());
    }
    newest
}

fn find_valkey(wrong: &mut Vec<String>) -> Option<(PathBuf, String)> {
    for (name, title) in [("valkey-server", "Valkey"), ("redis-server", "Redis")] {
        let Some(program) = in_path(name) else { continue };
        match version(&program, "v=") {
            Some(major) if major >= OLDEST_VALKEY => return Some((program, format!("{title} {major}"))),
            Some(major) => wrong.push(format!("{title} {major} in {}: too old, 7 is needed", program.display())),
            None => wrong.push(format!("{}: does not run", program.display())),
        }
    }
    wrong.push("an installed valkey-server or redis-server 7 or newer: none found".to_owned());
    None
}

fn version_folders(parent: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let named = |name: &str| {
        name.starts_with("postgresql@") || name.starts_with("pgsql-") || name.chars().all(|c| c.is_ascii_digit())
    };
    let folders = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(named));
    folders.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("postgres").is_file()).collect()
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let more = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(more).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Major version out of `--version`'s answer: the number after `mark`.
fn version(program: &Path, mark: &str) -> Option<u32> {
    let said = run_bounded(Command::new(program).arg("--version"), LIMIT).ok()?;
    major_after(&said, mark)
}

fn major_after(said: &str, mark: &str) -> Option<u32> {
    let rest = said.split_once(mark)?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn has_vector(bin: &Path, major: u32) -> bool {
    let asked = run_bounded(Command::new(bin.join("pg_config")).arg("--sharedir"), LIMIT);
    let shares = asked.ok().map(|said| PathBuf::from(said.trim())).into_iter().chain([
        PathBuf::from(format!("/usr/share/postgresql/{major}")),
        bin.join("../share/postgresql"),
        bin.join("../share"),
    ]);
    shares.into_iter().any(|share| share.join("extension/vector.control").is_file())
}

#[cfg(test)]
mod tests {
    use super::major_after;

    #[test]
    fn versions_are_read_from_what_the_programs_say() {
        for (said, mark, major) in [
            ("postgres (PostgreSQL) 18.4", "(PostgreSQL) ", Some(18)),
            ("postgres (PostgreSQL) 17.6 (Debian 17.6-0+deb13u1)", "(PostgreSQL) ", Some(17)),
            ("postgres (PostgreSQL) 19beta1", "(PostgreSQL) ", Some(19)),
            ("Valkey server v=9.1.2 sha=00000000:0 malloc=libc", "v=", Some(9)),
            ("Redis server v=7.0.15 sha=00000000:0", "v=", Some(7)),
            ("something else", "v=", None),
        ] {
            assert_eq!(major_after(said, mark), major, "{said}");
        }
    }
}
