//! Running another program to its end, with a limit.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::SetupError;

const VERSION_LIMIT: Duration = Duration::from_secs(30);
/// Output kept for messages; pip can be talkative.
const OUTPUT_LIMIT: u64 = 64 * 1024;

/// Runs a program and returns its output, or a sentence with the end of what it said on failure.
pub(crate) fn run_bounded(command: &mut Command, limit: Duration) -> Result<String, String> {
    run_fed(command, "", limit)
}

/// As [`run_bounded`], with a short text on standard input.
pub(crate) fn run_fed(command: &mut Command, input: &str, limit: Duration) -> Result<String, String> {
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends without reading says why in its status, looked at below.
        let _ = stdin.write_all(input.as_bytes());
    }
    let out = child.stdout.take().map(reader);
    let err = child.stderr.take().map(reader);
    let status = wait(&mut child, limit);
    let collect = |thread: Option<std::thread::JoinHandle<String>>| {
        thread.and_then(|thread| thread.join().ok()).unwrap_or_default()
    };
    let (out, err) = (collect(out), collect(err));
    match status {
        Ok(Some(status)) if status.success() => Ok(out),
        Ok(Some(status)) => Err(format!("{status}: {}", last_lines(&format!("{out}{err}"), 4))),
        Ok(None) => Err(format!("not finished after {} s", limit.as_secs())),
        Err(error) => Err(error.to_string()),
    }
}

/// Checks that `program --version` runs here and says `expected`.
pub(super) fn answers(program: &Path, expected: &str) -> Result<(), SetupError> {
    let does_not = |why| SetupError::DoesNotRun { program: program.to_path_buf(), why };
    let said = run_bounded(Command::new(program).arg("--version"), VERSION_LIMIT).map_err(does_not)?;
    if said.contains(expected) { Ok(()) } else { Err(does_not(format!("it says \"{}\"", said.trim()))) }
}

/// The last lines of a text, on lines of their own.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// Reads everything (so that the program never blocks on a full pipe) but keeps only the first part.
fn reader(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let _ = pipe.by_ref().take(OUTPUT_LIMIT).read_to_end(&mut kept);
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        String::from_utf8_lossy(&kept).into_owned()
    })
}

/// Waits up to `limit`, then kills. None when the limit was reached.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<std::process::ExitStatus>> {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= end {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
