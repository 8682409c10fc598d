//! Valkey: arguments, readiness, orphans.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::layout::Layout;

/// How often the append-only file is forced to disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ValkeyFsync {
    /// Once a second: a crash of the operating system may cost the last second, which the database makes up for.
    #[default]
    EverySec,
    /// At every write: about thirty times slower with one client.
    Always,
}

const ASK_LIMIT: Duration = Duration::from_millis(500);
const ANSWER_LIMIT: u64 = 64 * 1024;

pub(crate) fn socket(layout: &Layout) -> PathBuf {
    layout.run.join("valkey.sock")
}

pub(crate) fn args(layout: &Layout, fsync: ValkeyFsync) -> Vec<OsString> {
    let fsync = match fsync {
        ValkeyFsync::EverySec => "everysec",
        ValkeyFsync::Always => "always",
    };
    let mut args: Vec<OsString> =
        ["--port", "0", "--unixsocketperm", "700", "--appendonly", "yes", "--appendfsync", fsync]
            .map(Into::into)
            .into();
    args.extend(["--save", "", "--maxmemory-policy", "noeviction", "--daemonize", "no"].map(Into::into));
    args.extend(["--unixsocket".into(), socket(layout).into(), "--dir".into(), layout.valkey.clone().into()]);
    args
}

/// Ready when the process we started answers PING. A PONG alone could come from another process on the same socket.
pub(crate) fn is_ready(socket: &Path, pid: u32) -> bool {
    ask(socket, "INFO server").is_some_and(|answer| answer.ends_with("+PONG\r\n") && process_id(&answer) == Some(pid))
}

/// A Valkey that runs on this folder though we did not start it. Valkey itself would let two processes write one
/// append-only file.
pub(crate) fn orphan(socket: &Path, folder: &Path) -> Option<u32> {
    let pid = process_id(&ask(socket, "INFO server")?)?;
    let runs_here = ask(socket, "CONFIG GET dir")?.lines().any(|line| Path::new(line) == folder);
    runs_here.then_some(pid)
}

/// Connection URL as the `redis` crate reads it; RESP3 for push messages.
pub(crate) fn url(socket: &Path) -> String {
    let path = url::Url::from_file_path(socket).map(|url| url.path().to_owned());
    format!("redis+unix://{}?protocol=resp3", path.unwrap_or_default())
}

/// Sends one inline command and a PING, and returns both answers as text.
fn ask(socket: &Path, command: &str) -> Option<String> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(ASK_LIMIT)).ok()?;
    stream.set_write_timeout(Some(ASK_LIMIT)).ok()?;
    stream.write_all(format!("{command}\r\nPING\r\n").as_bytes()).ok()?;
    let (mut answer, mut part) = (Vec::new(), [0u8; 8192]);
    let mut stream = stream.take(ANSWER_LIMIT);
    loop {
        let n = stream.read(&mut part).ok().filter(|n| *n > 0)?;
        answer.extend_from_slice(&part[..n]);
        let text = String::from_utf8_lossy(&answer);
        let last = text.trim_end().rsplit("\r\n").next().unwrap_or_default();
        if text.ends_with("\r\n") && (last.starts_with("+PONG") || last.starts_with('-')) {
            return Some(text.into_owned());
        }
    }
}

fn process_id(answer: &str) -> Option<u32> {
    answer.lines().find_map(|line| line.strip_prefix("process_id:")).and_then(|pid| pid.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_path_is_encoded_in_the_url() {
        assert_eq!(url(Path::new("/tmp/a b/valkey.sock")), "redis+unix:///tmp/a%20b/valkey.sock?protocol=resp3");
    }

    #[test]
    fn the_process_id_is_read_from_info() {
        assert_eq!(process_id("$9\r\n# Server\r\nprocess_id:42\r\nrun_id:x\r\n+PONG\r\n"), Some(42));
        assert_eq!(process_id("-NOAUTH\r\n"), None);
    }
}
