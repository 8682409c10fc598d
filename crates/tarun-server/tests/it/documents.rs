//! What the documents tell an operator to do.

use std::path::Path;
use std::process::Command;

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)).unwrap()
}

#[test]
fn c_100_the_documented_backup_holds_the_data_and_not_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("tarun");
    for file in ["master.key", "master.key.old", "pg/data/1", "files/media/2", "runtime/postgres"] {
        let path = data.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file).unwrap();
    }
    let text = document("docs/operating.md");
    let lines = text.lines().filter(|line| line.starts_with("umask ") || line.starts_with("tar "));
    let archive = folder.path().join("backup");
    std::fs::create_dir(&archive).unwrap();
    let script: Vec<String> = lines
        .map(|l| l.replace("/var/lib", folder.path().to_str().unwrap()).replace("/backup", archive.to_str().unwrap()))
        .collect();
    assert_eq!(script.len(), 2, "{script:?}");
    assert!(Command::new("sh").arg("-ec").arg(script.join("\n")).status().unwrap().success());
    let made = std::fs::read_dir(&archive).unwrap().next().unwrap().unwrap();
    let mode = std::os::unix::fs::MetadataExt::mode(&made.metadata().unwrap()) & 0o777;
    assert_eq!(mode, 0o600, "for its owner only");
    let listed = Command::new("tar").arg("-tzf").arg(made.path()).output().unwrap().stdout;
    let listed = String::from_utf8(listed).unwrap();
    assert!(listed.contains("tarun/pg/data/1") && listed.contains("tarun/files/media/2"), "{listed}");
    assert!(!listed.contains("master.key") && !listed.contains("runtime/postgres"), "{listed}");
}

#[test]
fn the_documented_unit_stops_in_order_and_knows_people_apart() {
    let text = document("docs/install.md");
    for line in ["KillMode=mixed", "Environment=TARUN_TRUSTED_PROXY=true", "Environment=TARUN_SIGNUP=first"] {
        assert!(text.lines().any(|l| l.trim() == line), "{line}");
    }
}
