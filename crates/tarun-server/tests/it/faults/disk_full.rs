//! No space left: on the volume of the databases, and where customers' files are kept.
//!
//! Needs a small volume, which only root may mount; for others these tests say so and show nothing.

use super::delayed::sign_in;
use super::{Load, in_order, shown_once, stage_on, thread, until};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::Ordering;
use tarun_testkit::{Business, World, eventually, open_folder};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

/// A volume in memory. It is taken away when this is dropped.
struct Volume(TempDir);

impl Volume {
    fn mount(mebibytes: u32) -> Option<Self> {
        let folder = open_folder();
        let options = format!("size={mebibytes}m,mode=711");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        if mounted.as_ref().is_ok_and(|done| done.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("skipped: no volume can be mounted here ({mounted:?})");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Takes all the space that is left, to the last page.
    fn fill(&self) {
        let mut file = File::options().append(true).create(true).open(self.path("filler")).unwrap();
        for size in [1 << 20, 1 << 12] {
            let block = vec![1u8; size];
            loop {
                match file.write_all(&block) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.path("filler")).unwrap();
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Lazily: what still has a file open there may end later.
        let done = Command::new("umount").arg("-l").arg(self.0.path()).status();
        assert!(done.is_ok_and(|status| status.success()) || std::thread::panicking(), "the volume stays mounted");
    }
}

#[tokio::test]
async fn c_044_a_full_disk_under_the_database_refuses_webhooks_and_heals_when_there_is_space() {
    let Some(volume) = Volume::mount(200) else { return };
    let (stage, shop) = stage_on(1, Some(volume.path("data"))).await;
    let (server, worker) = (stage.server.pid(), stage.workers[0].pid());
    let conversation = thread(&shop, "919810000044").await;
    let load = Load::start(&shop, "full", 4);
    load.more(20).await;
    volume.fill();
    // What is freed by somebody's clearing up is taken as well, until nothing can be written any more.
    let refused = || load.unavailable.load(Ordering::Relaxed);
    until("webhooks are refused", || async {
        volume.fill();
        (refused() > 100).then_some(())
    })
    .await;
    let (status, answer) = shop.reply(&conversation, "full", "full").await.unwrap();
    assert!(matches!(status, 201 | 503), "an agent is told to come again, or has it kept: {status} {answer}");
    volume.free();
    load.more(20).await;
    let mut accepted = load.end().await;
    accepted.push("hello-919810000044".into());
    shown_once(&shop, &accepted).await;
    in_order(&shop, "full").await;
    until("the reply is taken", || async {
        (shop.reply(&conversation, "full", "full").await.ok()?.0 == 201).then_some(())
    })
    .await;
    assert_eq!((stage.server.pid(), stage.workers[0].pid()), (server, worker), "nobody had to be restarted");
    stage.stop().await.unwrap();
}

#[tokio::test]
async fn c_045_where_no_file_can_be_kept_messages_are_handled_and_files_are_fetched_later() {
    let Some(volume) = Volume::mount(4) else { return };
    let folder = volume.path("media");
    let world: &'static World = Box::leak(Box::new(World::start(move |config| config.data_dir = folder)));
    let mut shop = Business::in_world(world).await;
    let customer = shop.customer("Leela").await;
    volume.fill();

    // There is space again before its tries are used up.
    shop.says(&customer, picture("first")).await;
    shop.says_text(&customer, "did you get it?").await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    eventually("both messages, and a try to fetch the file", || async {
        let tried = "select count(*) from jobs where kind = 'MEDIA' and not_before is not null";
        let tried: i64 = sqlx::query_scalar(tried).fetch_one(&mut world.owner().await).await.unwrap();
        (tried == 1 && shop.messages(&id).await.len() == 2).then_some(())
    })
    .await;
    assert_eq!(file(&shop, &id, "first").await["state"], "PENDING");
    volume.free();
    let url = ready(&shop, &id, "first").await;
    assert_eq!(shop.owner.with(None).get(&url).await.text, BYTES);

    // There is not: it is given up after a day, and a person has it fetched.
    volume.fill();
    shop.says(&customer, picture("second")).await;
    let began = world.clock.now();
    given_up(world).await;
    assert!(world.clock.now() - began > Duration::hours(24));
    sign_in(&mut shop).await;
    let dead = shop.owner.get("failures").await.expect(200)["data"][0].clone();
    assert_eq!(dead["kind"], "MEDIA");
    assert_eq!(file(&shop, &id, "second").await["state"], "FAILED");
    volume.free();
    let path = format!("failures/{}/retry", dead["id"]);
    assert_eq!(shop.owner.post(&path, Value::Null).await.status, 204);
    let url = ready(&shop, &id, "second").await;
    assert_eq!(shop.owner.with(None).get(&url).await.text, BYTES);
}

/// Lets each wait between two tries pass, until there is no next one.
async fn given_up(world: &World) {
    loop {
        let waits = eventually("the end of a try", || async {
            let job = "select state, not_before from jobs where kind = 'MEDIA'";
            let (state, until): (String, Option<OffsetDateTime>) =
                sqlx::query_as(job).fetch_optional(&mut world.owner().await).await.unwrap()?;
            match until.map(|at| at - world.clock.now()).filter(|wait| wait.is_positive()) {
                _ if state == "DEAD" => Some(None),
                Some(wait) => Some(Some(wait)),
                None => None,
            }
        })
        .await;
        let Some(wait) = waits else { return };
        world.clock.advance(wait);
    }
}

const BYTES: &str = "the bytes of a picture, as far as anybody cares";

fn picture(caption: &str) -> Value {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.encode(BYTES);
    json!({ "type": "image", "image": { "base64": bytes, "mime_type": "image/jpeg", "caption": caption } })
}

/// The file of the picture with this caption.
async fn file(shop: &Business, conversation: &str, caption: &str) -> Value {
    let all = shop.messages(conversation).await;
    all.into_iter().find(|m| m["content"]["caption"] == caption).expect("the picture")["content"]["media"].clone()
}

/// Waits until it can be read while the waits between tries pass; its address.
async fn ready(shop: &Business, conversation: &str, caption: &str) -> String {
    eventually("the file", || async {
        shop.world.clock.advance(Duration::seconds(1));
        let file = file(shop, conversation, caption).await;
        (file["state"] == "READY").then(|| file["url"].as_str().unwrap().to_owned())
    })
    .await
}
