//! Guessing passwords is slow, and tells nothing.

use super::*;
use tarun_testkit::world;
use time::Duration;

#[tokio::test]
async fn c_065_common_and_short_passwords_are_refused() {
    let nobody = nobody(world());
    for (password, expected) in
        [("short1!", "too_short"), ("India@123", "too_common"), ("house of cards", "too_common")]
    {
        let given = json!({ "business_name": "House of Cards", "name": "A", "email": "c065@house.example", "password": password });
        let answer = nobody.post("auth/signup", given).await;
        assert_eq!(code(&answer, 422), expected);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/password");
    }
}

#[tokio::test]
async fn c_071_ten_failures_shut_the_account_for_a_quarter_of_an_hour_and_not_for_ever() {
    let world = World::start(|_| {});
    let owner = founder(&world).await;
    let guesser = nobody(&world);
    for _ in 0..10 {
        assert_eq!(code(&log_in(&guesser, &owner.email, "not the password").await, 401), "invalid_credentials");
    }
    let shut = log_in(&nobody(&world), &owner.email, PASSWORD).await;
    assert_eq!(code(&shut, 429), "too_many_requests");
    let seconds: u64 = shut.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&seconds), "{seconds}");
    owner.caller.get("me").await.expect(200);
    // The guesser's address is shut as well, for other accounts too.
    let other = founder(&world).await;
    assert_eq!(code(&log_in(&guesser, &other.email, PASSWORD).await, 429), "too_many_requests");
    log_in(&nobody(&world), &other.email, PASSWORD).await.expect(200);
    world.clock.advance(Duration::minutes(15));
    log_in(&guesser, &owner.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn c_071_a_stranger_never_keeps_the_owner_out_of_a_device_that_the_account_knows() {
    let world = World::start(|_| {});
    let owner = founder(&world).await;
    let home = nobody(&world);
    let entered = log_in(&home, &owner.email, PASSWORD).await;
    let device = cookie_named("tarun_device", &entered).unwrap();
    let by_device = async |caller: &Caller, email: &str, password: &str, device: &str| {
        let given = json!({ "email": email, "password": password });
        caller.send(caller.request(Method::POST, "auth/login").header("cookie", device).json(&given)).await
    };
    let stranger = founder(&world).await;
    let own = log_in(&nobody(&world), &stranger.email, PASSWORD).await;
    let own = cookie_named("tarun_device", &own).unwrap();
    for _window in 0..3 {
        // From the owner's own network even, and with a device that another account knows.
        for n in 0..10 {
            let guess = by_device(&home, &owner.email, "not the password", &own).await;
            assert_eq!(code(&guess, 401), "invalid_credentials", "{n}");
        }
        for not_the_device in ["", own.as_str(), "tarun_device=td_", "tarun_device=td_AAAA", "tarun_device=x"] {
            assert_eq!(by_device(&home, &owner.email, PASSWORD, not_the_device).await.status, 429, "{not_the_device}");
        }
        by_device(&home, &owner.email, PASSWORD, &device).await.expect(200);
        assert_eq!(log_in(&nobody(&world), &owner.email, PASSWORD).await.status, 429, "to strangers it stays shut");
        world.clock.advance(Duration::minutes(15));
    }
    // Whoever has the device has ten tries as well, wherever he sits.
    for _ in 0..10 {
        assert_eq!(by_device(&nobody(&world), &owner.email, "not it", &device).await.status, 401);
    }
    assert_eq!(by_device(&nobody(&world), &owner.email, PASSWORD, &device).await.status, 429);
    log_in(&home, &owner.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn c_071_strangers_do_not_keep_people_from_changing_their_password() {
    let owner = founder(world()).await;
    for _ in 0..10 {
        assert_eq!(log_in(&nobody(world()), &owner.email, "not the password").await.status, 401);
    }
    let change = json!({ "current_password": PASSWORD, "new_password": "another fine password" });
    owner.caller.post("auth/password", change).await.expect(204);
}

#[tokio::test]
async fn businesses_founded_from_one_address_are_limited() {
    let world = World::start(|_| {});
    let one = nobody(&world);
    let found = async |caller: &Caller, n: usize| {
        let email = format!("many{n}@house.example");
        let given = json!({ "business_name": "Many", "name": "M", "email": email, "password": PASSWORD });
        caller.post("auth/signup", given).await
    };
    for n in 0..20 {
        found(&one, n).await.expect(201);
    }
    let refused = found(&one, 20).await;
    assert_eq!(code(&refused, 429), "too_many_requests");
    let seconds: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3600).contains(&seconds), "{seconds}");
    found(&nobody(&world), 21).await.expect(201);
    log_in(&one, "many3@house.example", PASSWORD).await.expect(200);
    world.clock.advance(Duration::hours(1));
    found(&one, 22).await.expect(201);
}

#[tokio::test]
async fn c_071_a_burst_gets_no_more_tries_than_a_sequence() {
    let owner = founder(world()).await;
    let callers: Vec<Caller> = (0..40).map(|_| nobody(world())).collect();
    let tries = callers.iter().map(|caller| log_in(caller, &owner.email, "not the password"));
    let answers = futures::future::join_all(tries).await;
    let looked_at = answers.iter().filter(|a| a.status == 401).count();
    assert!((10..=11).contains(&looked_at), "{looked_at} guesses were looked at");
    assert!(answers.iter().all(|a| a.status == 401 || a.status == 429));
}

#[tokio::test]
async fn c_071_one_address_trying_many_accounts_is_stopped() {
    let guesser = nobody(world());
    let mut shut = 0;
    for n in 0..15 {
        let answer = log_in(&guesser, &format!("somebody{n}@guess.example"), "not the password").await;
        shut += usize::from(answer.status == 429);
    }
    assert_eq!(shut, 5);
}

#[tokio::test]
async fn c_072_unknown_people_and_wrong_passwords_get_the_same_answer() {
    let owner = founder(world()).await;
    let mut answers = Vec::new();
    for email in [owner.email.as_str(), "nobody@house.example", "no address at all"] {
        let mut problem = log_in(&nobody(world()), email, "not the password").await.expect(401);
        problem.as_object_mut().unwrap().remove("request_id");
        answers.push(problem);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[1], answers[2]);
}

#[tokio::test]
async fn the_present_password_is_guessed_no_more_often_than_at_sign_in() {
    let owner = founder(world()).await;
    let change = |current: &str| json!({ "current_password": current, "new_password": "another fine password" });
    for _ in 0..10 {
        assert_eq!(code(&owner.caller.post("auth/password", change("wrong")).await, 422), "wrong_password");
    }
    assert_eq!(code(&owner.caller.post("auth/password", change(PASSWORD)).await, 429), "too_many_requests");
}

/// In turns, so that what else the machine does weighs on both alike; a second and third look where the first was disturbed.
#[tokio::test]
async fn c_072_unknown_people_and_wrong_passwords_take_the_same_time() {
    let mut difference = i128::MAX;
    for look in 0..3 {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for n in 0..40 {
            let owner = founder(world()).await;
            known.push(microseconds(&owner.email).await);
            unknown.push(microseconds(&format!("nobody-{look}-{n}@house.example")).await);
        }
        known.sort_unstable();
        unknown.sort_unstable();
        difference = difference.min((known[20] - unknown[20]).abs());
        if difference < 10_000 {
            return;
        }
    }
    panic!("{difference} microseconds tell who is here");
}

async fn microseconds(email: &str) -> i128 {
    let guesser = nobody(world());
    let started = std::time::Instant::now();
    log_in(&guesser, email, "not the password").await.expect(401);
    i128::try_from(started.elapsed().as_micros()).unwrap()
}
