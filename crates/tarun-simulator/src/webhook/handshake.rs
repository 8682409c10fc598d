//! The verification GET that Meta makes when a callback URL is saved.

use std::time::Duration;

use futures::StreamExt;
use url::Url;

use crate::ids;

/// Asks `url` to echo a challenge; `Err` says in words what was wrong with the answer.
pub(crate) async fn verify(http: &reqwest::Client, url: &Url, verify_token: &str) -> Result<(), String> {
    let challenge = ids::decimal_id();
    let query = [("hub.mode", "subscribe"), ("hub.challenge", challenge.as_str()), ("hub.verify_token", verify_token)];
    let answer = http
        .get(url.clone())
        .query(&query)
        .timeout(Duration::from_secs(10))
        .send()
        .await
        .map_err(|error| format!("the callback URL could not be reached: {}", error.without_url()))?;
    let status = answer.status();
    if status != 200 {
        return Err(format!("the callback URL answered HTTP {status}, expected 200"));
    }
    // A receiver that echoes without end must not hold the simulator's memory.
    let mut body = Vec::new();
    let mut stream = answer.bytes_stream();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk.map_err(|error| error.without_url().to_string())?);
        if body.len() > 1_024 {
            return Err("the callback URL answered more than the challenge".to_owned());
        }
    }
    if body != challenge.as_bytes() {
        return Err("the callback URL did not echo the challenge as the whole body".to_owned());
    }
    Ok(())
}
