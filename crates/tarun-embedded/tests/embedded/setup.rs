//! Obtaining the programs.

use tarun_embedded::{Embedded, EmbeddedOptions, Runtime, StopLimits};

use super::support::{folder, options};

/// Two at once, and once more: one downloads, nobody sees a half-made folder, the rest is a look-up.
#[test]
#[ignore = "downloads 26 MB"]
fn set_up_can_run_twice_at_once_and_again() {
    let folder = folder();
    let cache = folder.path().join("deep/cache");
    let install = || {
        let mut said = Vec::new();
        (Runtime::locate_or_install(&cache, &mut |step| said.push(step.to_owned())).unwrap(), said.join("\n"))
    };
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(install), scope.spawn(install));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert_eq!(one.0, two.0);
    assert_eq!([&one.1, &two.1].iter().filter(|said| said.contains("Fetching")).count(), 1);
    let begun = std::time::Instant::now();
    assert_eq!(install().0, one.0);
    assert!(begun.elapsed() < std::time::Duration::from_millis(50));
    let options = EmbeddedOptions { ..options(&folder.path().join("data")) };
    Embedded::start(&one.0, options).unwrap().stop(StopLimits::default()).unwrap();

    // A damaged runtime (a program is gone) is made anew.
    std::fs::remove_file(one.0.postgres_bin().join("initdb")).unwrap();
    assert_ne!(Runtime::locate(&cache).ok().as_ref(), Some(&one.0));
    assert_eq!(install().0, one.0);
}
