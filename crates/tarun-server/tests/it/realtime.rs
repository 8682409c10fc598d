//! Open screens: what they hear, and what they must not.

use crate::screen::Screen;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tarun_server::config::Config;
use tarun_server::master_key::MasterSource;
use tarun_server::server::{self, Backing, Parts, Running};
use tarun_testkit::{Business, Caller, SECRET, World, business, eventually, text_webhook};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

#[tokio::test]
async fn an_event_equals_what_a_refetch_gives() {
    let shop = business().await;
    let mut screen = Screen::open(&shop.owner).await;
    screen.until("ready").await;
    let customer = shop.customer("Live").await;
    shop.says_text(&customer, "सुनो!").await;
    let created = screen.until("message.created").await.pop().unwrap().1;
    let conversation = created["data"]["conversation_id"].as_str().unwrap().to_owned();
    assert_eq!(created["data"], shop.messages(&conversation).await[0]);
    let told = screen.until("conversation.created").await.pop().unwrap().1;
    let mut fetched = shop.owner.get(&format!("conversations/{conversation}")).await.expect(200);
    assert_eq!(fetched["unread_count"], 1);
    // It differs by reader, so that an event leaves it open.
    fetched["unread_count"] = json!(-1);
    assert_eq!(told["data"], fetched);

    let reply = json!({ "type": "TEXT", "content": { "body": "haan" } });
    let made = shop.owner.post(&format!("conversations/{conversation}/messages"), reply).await.expect(201);
    let mut statuses = vec![];
    while statuses.last().is_none_or(|s| s != "DELIVERED") {
        let (name, event) = screen.next().await.unwrap();
        if name.starts_with("message.") && event["data"]["id"] == made["id"] {
            statuses.push(event["data"]["status"].as_str().unwrap().to_owned());
        }
    }
    // A status may be overtaken by the next before it is read; it never goes back.
    let rank = |s: &String| ["QUEUED", "SENT", "DELIVERED"].iter().position(|r| r == s).unwrap();
    assert!(statuses.windows(2).all(|w| rank(&w[0]) <= rank(&w[1])), "{statuses:?}");
}

#[tokio::test]
async fn c_078_sockets_tell_nobody_what_he_may_not_read() {
    let (shop, other) = (business().await, business().await);
    let agent = shop.person("AGENT").await;
    let (mut foreign, mut narrow) = (Screen::open(&other.owner).await, Screen::open(&agent).await);
    foreign.until("ready").await;
    narrow.until("ready").await;
    let customer = shop.customer("Private").await;
    shop.says_text(&customer, "first").await;
    narrow.until("message.created").await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    // Assigned to the owner, it is not the agent's to see any more.
    shop.owner.post(&format!("conversations/{id}/assign"), json!({ "agent_id": shop.owner_id })).await.expect(200);
    let hidden = narrow.until("conversation.hidden").await.pop().unwrap().1;
    assert_eq!(hidden["data"], json!({ "id": id }));
    shop.says_text(&customer, "SECRETCANARY").await;
    eventually("the second message", || async { (shop.messages(&id).await.len() == 3).then_some(()) }).await;
    // Something for each to hear, so that silence before it means something.
    let visible = shop.customer("Visible").await;
    shop.says_text(&visible, "for the agent").await;
    let own = other.customer("Own").await;
    other.says_text(&own, "for the other").await;
    let heard = narrow.until("message.created").await;
    assert!(!format!("{heard:?}").contains("SECRETCANARY"));
    assert_eq!(heard.last().unwrap().1["data"]["content"]["body"], "for the agent");
    let heard = foreign.until("message.created").await;
    assert_eq!(heard.last().unwrap().1["data"]["content"]["body"], "for the other");
    assert!(!format!("{heard:?}").contains("SECRETCANARY") && !format!("{heard:?}").contains("first"));
}

#[tokio::test]
async fn c_062_c_090_strangers_and_other_sites_get_no_socket() {
    let shop = business().await;
    for token in ["", "nonsense", "a.b.c"] {
        let mut screen = Screen::open(&shop.owner.with(Some(token))).await;
        while let Some((name, _)) = screen.next().await {
            assert_eq!(name, "unauthorized");
        }
    }
    let url = format!("{}/socket.io/?EIO=4&transport=websocket", shop.owner.base.replace("http", "ws"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    let refused = connect_async(request).await.unwrap_err().to_string();
    assert!(refused.contains("403"), "{refused}");
}

/// What ends a sign-in ends its socket: within a minute of the application's clock, also on a server that was not told.
#[tokio::test]
async fn c_062_c_068_sockets_of_those_who_may_not_listen_any_more_are_cut_within_a_minute() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    let second = another_server(world).await;
    let mut screens = vec![];
    for change in [json!({ "is_active": false }), json!({ "role": "AGENT" })] {
        let admin = shop.person("ADMIN").await;
        let id = admin.get("me").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
        let there = Caller { base: second.url.clone(), ..admin.clone() };
        for caller in [&admin, &there] {
            let mut screen = Screen::open(caller).await;
            screen.until("ready").await;
            screens.push(screen);
        }
        shop.owner.patch(&format!("users/{id}"), change).await.expect(200);
    }
    let staying = shop.person("AGENT").await;
    let mut stays =
        [Screen::open(&staying).await, Screen::open(&Caller { base: second.url.clone(), ..staying.clone() }).await];
    for screen in &mut stays {
        screen.until("ready").await;
    }
    world.clock.advance(time::Duration::seconds(60));
    for mut screen in screens {
        while screen.next().await.is_some() {}
    }
    let customer = shop.customer("After").await;
    shop.says_text(&customer, "for those who stay").await;
    for screen in &mut stays {
        screen.until("message.created").await;
    }
    // A token that is over closes its socket as well.
    world.clock.advance(time::Duration::minutes(15));
    for mut screen in stays {
        while screen.next().await.is_some() {}
    }
    second.running.stop().await;
}

#[tokio::test]
async fn c_068_a_role_lowered_on_one_server_is_lowered_on_the_other_within_a_minute() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    let second = another_server(world).await;
    let admin = shop.person("ADMIN").await;
    let there = Caller { base: second.url.clone(), ..admin.clone() };
    there.get("audit").await.expect(200);
    let id = admin.get("me").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    shop.owner.patch(&format!("users/{id}"), json!({ "role": "AGENT" })).await.expect(200);
    world.clock.advance(time::Duration::seconds(60));
    there.get("audit").await.expect(403);
    shop.owner.patch(&format!("users/{id}"), json!({ "is_active": false })).await.expect(200);
    world.clock.advance(time::Duration::seconds(60));
    there.get("me").await.expect(401);
    second.running.stop().await;
}

struct Second {
    url: String,
    running: Running,
}

/// A further server on a world's database and clock.
async fn another_server(world: &World) -> Second {
    let folder = tarun_testkit::open_folder();
    let mut config = Config::for_tests(folder.path());
    config.queue_prefix = world.queue_prefix.clone();
    config.master = MasterSource::Given(world.keys.clone());
    let backing = Backing::at(&world.owner_url, &world.app_url, &world.redis_url);
    let parts = Parts { http: true, work: false };
    let running = server::start(&config, &backing, parts, world.clock.clone()).await.unwrap();
    Second { url: format!("http://{}", running.addr.unwrap()), running }
}

/// What a process did not pass on before its end is fetched when it is back; what it did last before a stop is passed on.
#[tokio::test]
async fn c_062_screens_miss_nothing_of_another_server_that_starts_or_stops() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    let customer = shop.customer("Between").await;
    shop.says_text(&customer, "hello").await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    let mut screen = Screen::open(&shop.owner).await;
    screen.until("ready").await;
    let second = another_server(world).await;
    screen.until("ready").await;
    let there = Caller { base: second.url.clone(), ..shop.owner.clone() };
    let reply = json!({ "type": "TEXT", "content": { "body": "my last words" } });
    let made = there.post(&format!("conversations/{id}/messages"), reply).await.expect(201);
    second.running.stop().await;
    let told = screen.until("message.created").await.pop().unwrap().1;
    assert_eq!(told["data"]["id"], made["id"]);
}

#[tokio::test]
async fn c_062_one_person_has_few_sockets_and_says_little() {
    let shop = business().await;
    let mut open = vec![];
    for _ in 0..50 {
        let mut screen = Screen::open(&shop.owner).await;
        screen.until("ready").await;
        open.push(screen);
    }
    let mut beyond = Screen::open(&shop.owner).await;
    assert!(beyond.next().await.is_none(), "the one too many is closed");
    let mut talkative = open.pop().unwrap();
    talkative.0.send(Message::text(format!("42[\"{}\"]", "x".repeat(1024 * 1024)))).await.ok();
    while talkative.next().await.is_some() {}
    // Whoever sends what is no word of the protocol, and whoever never greets, takes nobody's place.
    let url = format!("{}/socket.io/?EIO=4&transport=websocket", shop.owner.base.replace("http", "ws"));
    let (mut silent, _) = connect_async(&url).await.unwrap();
    let (mut mad, _) = connect_async(&url).await.unwrap();
    mad.send(Message::text("9\u{0}".repeat(100))).await.ok();
    while let Some(Ok(_)) = mad.next().await {}
    while let Some(Ok(frame)) = silent.next().await {
        assert!(!frame.to_string().starts_with("42"), "nothing is told to somebody who never greeted: {frame}");
    }
    let customer = shop.customer("Still").await;
    shop.says_text(&customer, "still told").await;
    for screen in &mut open {
        screen.until("message.created").await;
    }
}

#[tokio::test]
async fn a_screen_that_hears_too_slowly_is_sent_away_so_that_it_comes_back_and_fetches() {
    let shop = business().await;
    let mut slow = Screen::open_narrow(&shop.owner).await;
    slow.until("ready").await;
    // Long ones fill what the system holds for it, further ones all that the server holds for it.
    for (n, long) in [(0, true), (1, true), (2, false), (3, false), (4, false), (5, false)] {
        let said: Vec<(String, String)> = (0..700)
            .map(|i| (format!("wamid.slow-{n}-{i}"), if long { "x".repeat(4000) } else { format!("{n}-{i}") }))
            .collect();
        let said: Vec<_> =
            said.iter().map(|(id, text)| ("919811000006", id.as_str(), 1_700_000_000, text.as_str())).collect();
        shop.webhook(&text_webhook(&shop, &said), SECRET).await.expect(200);
    }
    // What it heard does not end with the last message but with its being sent away.
    while slow.next().await.is_some() {}
    Screen::open(&shop.owner).await.until("ready").await;
}

#[tokio::test]
async fn c_089_the_web_page_and_the_answers_of_sockets_have_the_security_headers_too() {
    let owner = business().await.owner;
    for path in [
        "/socket.io/?EIO=4&transport=polling",
        "/socket.io/?EIO=3&transport=polling",
        "/socket.io/?EIO=4&transport=nonsense",
        "/",
        "/inbox/some/page",
        "/missing.js",
        "/healthz",
    ] {
        let foreign = owner.with(None).request(reqwest::Method::GET, path).header("origin", "https://evil.example");
        for request in [owner.with(None).request(reqwest::Method::GET, path), foreign] {
            let answer = owner.send(request).await;
            for (name, value) in
                [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")]
            {
                assert_eq!(answer.headers.get(name).map(|v| v.to_str().unwrap()), Some(value), "{path}");
            }
            let policy = answer.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
            assert!(answer.headers.get("access-control-allow-origin").is_none(), "{path}");
        }
    }
    // The page runs no scripts but its own, and has none inside; without a web app there is a page that says so, and none either.
    let page = owner.with(None).get("/").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'self'") && policy.contains("script-src 'self';"), "{policy}");
    let tags: Vec<&str> = page.text.split("<script").skip(1).map(|s| s.split('>').next().unwrap()).collect();
    assert_eq!(tags.is_empty(), page.status != 200, "the web app has a script: {}", page.text);
    assert!(tags.iter().all(|tag| tag.contains("src=")), "{tags:?}");
}
