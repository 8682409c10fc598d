//! Where settings are written: the environment over a file over the defaults. A name that Tarun does not know is a mistake
//! that would otherwise be found when it hurts (`TARUN_SIGN_UP=closed` leaves the door open).

use super::{BadConfig, Raw, bad};
use figment::error::Kind;
use figment::providers::{Format, Serialized, Toml};
use figment::value::Dict;
use figment::{Error, Figment};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

/// Known to other parts of the program, to the scripts or to the tests.
const ELSEWHERE: &[&str] = &[
    "tarun_config",
    "tarun_runtime_dir",
    "tarun_guard",
    "tarun_bin",
    "tarun_browser",
    "tarun_update",
    "tarun_offline",
    "tarun_osv_url",
    "tarun_skip_pywa",
];
const ELSEWHERE_BEGIN: &[&str] = &["tarun_e2e_", "tarun_demo_", "tarun_simulator_"];

/// Reads the environment, and the file that `TARUN_CONFIG` names or `tarun.toml` of the working directory itself.
pub(super) fn read(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Raw, BadConfig> {
    let known = known();
    let mut given = BTreeMap::new();
    let mut file = None;
    for (name, value) in environment {
        let Some(name) = name.to_str().map(str::to_ascii_lowercase) else { continue };
        let upper = name.to_ascii_uppercase();
        let is_elsewhere =
            ELSEWHERE.contains(&name.as_str()) || ELSEWHERE_BEGIN.iter().any(|begin| name.starts_with(begin));
        if known.contains(&name) || name == "tarun_config" {
            let Ok(value) = value.into_string() else { return bad(format!("{upper} is not written in UTF-8")) };
            if name == "tarun_config" { file = Some(value) } else { drop(given.insert(name, value)) }
        } else if name.starts_with("tarun_") && !is_elsewhere {
            return Err(unknown(&upper, &known, "the environment"));
        } else if name.starts_with("s3_") || name.starts_with("whatsapp_") {
            // Other programs use such names, too.
            eprintln!("{}", unknown(&upper, &known, "the environment").0.replace("Correct it", "It is ignored"));
        }
    }
    if let Some(file) = file.as_deref().filter(|file| !Path::new(file).exists()) {
        return bad(format!("TARUN_CONFIG names {file}, which is not there"));
    }
    // Exactly this file: figment would look for it in all folders above, too, which may be others'.
    let file = file.as_deref().unwrap_or("tarun.toml");
    let file = if Path::new(file).exists() { Toml::file_exact(file) } else { Toml::string("") };
    let in_file: Dict = Figment::from(&file).extract().map_err(told)?;
    if let Some(name) = in_file.keys().find(|name| !known.contains(*name)) {
        return Err(unknown(name, &known, "the file of settings"));
    }
    // Words of the environment stay words: a token of digits is no number.
    Figment::from(file).merge(Serialized::globals(given)).extract_lossy().map_err(told)
}

/// Names of all settings, in lower case.
fn known() -> BTreeSet<String> {
    let defaults = serde_json::to_value(Raw::default()).unwrap_or_default();
    defaults.as_object().into_iter().flat_map(|settings| settings.keys().cloned()).collect()
}

fn unknown(name: &str, known: &BTreeSet<String>, place: &str) -> BadConfig {
    let bare = |name: &str| name.to_ascii_lowercase().replace('_', "");
    let meant = known.iter().find(|k| bare(k) == bare(name)).map(|k| format!(" ({} is one)", k.to_ascii_uppercase()));
    let meant = meant.unwrap_or_default();
    BadConfig(format!("{name} in {place} is no setting of Tarun{meant}. Correct it: README.md lists all"))
}

/// An error without the value, which may be a secret.
fn told(error: Error) -> BadConfig {
    let name = error.path.join(".").to_ascii_uppercase();
    match error.kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            BadConfig(format!("{name} must be {expected}"))
        }
        // Of the file as a whole: its first line says where.
        Kind::Message(words) if name.is_empty() => {
            BadConfig(format!("the file of settings can't be read: {}", words.lines().next().unwrap_or_default()))
        }
        _ => BadConfig(format!("{name} can't be read. README.md has an example of each setting")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Raw, String> {
        read(pairs.iter().map(|(name, value)| (name.into(), value.into()))).map_err(|e| e.0)
    }

    fn refused(pairs: &[(&str, &str)]) -> String {
        of(pairs).map(|_| ()).expect_err("refused")
    }

    #[test]
    fn c_112_names_that_are_none_are_told() {
        let said = refused(&[("TARUN_SIGN_UP", "closed")]);
        assert!(said.contains("TARUN_SIGN_UP") && said.contains("TARUN_SIGNUP is one"), "{said}");
        assert!(refused(&[("TARUN_WHATEVER", "1")]).contains("TARUN_WHATEVER"));
        // Of others, of the scripts, of the tests.
        of(&[("S3_SOMETHING", "1"), ("PATH", "/bin"), ("TARUN_RUNTIME_DIR", "/x"), ("TARUN_DEMO_EMAIL", "a")]).unwrap();
    }

    #[test]
    fn words_of_the_environment_stay_words_and_are_not_repeated() {
        let digits = "1234567890123456";
        let raw = of(&[("TARUN_METRICS_TOKEN", digits), ("S3_ACCESS_KEY_ID", "0012"), ("TARUN_TRUSTED_PROXY", "true")])
            .unwrap();
        assert_eq!(raw.tarun_metrics_token.as_deref(), Some(digits));
        assert_eq!((raw.s3_access_key_id.as_deref(), raw.tarun_trusted_proxy), (Some("0012"), true));
        assert_eq!(of(&[("TARUN_KEEP_EVENTS_DAYS", "30")]).unwrap().tarun_keep_events_days, 30);
        for name in ["TARUN_LISTEN", "TARUN_TRUSTED_PROXY", "TARUN_KEEP_EVENTS_DAYS"] {
            let said = refused(&[(name, "hush-hush")]);
            assert!(said.contains(name) && !said.contains("hush"), "{said}");
        }
    }

    #[test]
    fn the_file_must_be_there_and_hold_settings_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let at = path.to_str().unwrap();
        assert!(refused(&[("TARUN_CONFIG", at)]).contains("not there"));
        for (text, words) in [
            ("tarun_signup = \"closed\"\ns3_bukket = \"x\"", "s3_bukket"),
            ("tarun_metrics_token = hush-hush", "line 1"),
            ("tarun_keep_events_days = \"hush-hush\"", "TARUN_KEEP_EVENTS_DAYS"),
        ] {
            std::fs::write(&path, text).unwrap();
            let said = refused(&[("TARUN_CONFIG", at)]);
            assert!(said.contains(words) && !said.contains("hush"), "{said}");
        }
        of(&[("TARUN_CONFIG", "/dev/null")]).expect("no settings at all");
        std::fs::write(&path, "tarun_signup = \"closed\"\ntarun_keep_events_days = 30").unwrap();
        let raw = of(&[("TARUN_CONFIG", at), ("TARUN_SIGNUP", "first")]).unwrap();
        assert_eq!((raw.tarun_signup.as_str(), raw.tarun_keep_events_days), ("first", 30), "the environment wins");
    }

    #[test]
    fn what_documents_call_a_setting_is_one() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut looked_at = 0;
        for document in ["README.md", "docs/install.md", "docs/operating.md", "docs/scaling.md", "docs/security.md"] {
            let text = std::fs::read_to_string(root.join(document)).unwrap();
            let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
            for name in words.filter(|w| w.starts_with("TARUN_") && !w.ends_with('_')) {
                let name = name.to_ascii_lowercase();
                assert!(known().contains(&name) || ELSEWHERE.contains(&name.as_str()), "{document}: {name}");
                looked_at += 1;
            }
        }
        assert!(looked_at > 20);
    }
}
