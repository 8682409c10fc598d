//! `tarun-load`: posts signed webhooks with texts to a Tarun that runs, and says as one line of JSON how many were taken and
//! how long the answers took. For `make bench`.

use clap::Parser;
use reqwest::Client;
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tarun_soak::shop::{Shop, Text, sign_with};
use time::OffsetDateTime;

#[derive(Debug, Parser)]
#[command(name = "tarun-load")]
struct Cli {
    /// Where Tarun listens: `http://127.0.0.1:8080`
    #[arg(long)]
    url: String,
    #[arg(long)]
    secret: String,
    #[arg(long)]
    phone_number_id: String,
    #[arg(long)]
    waba_id: String,
    /// Webhooks to post
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    count: u64,
    /// Messages in each
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    batch: u64,
    /// Customers who write, by turns
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    customers: u64,
    /// Webhooks under way at the same time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    connections: u64,
    /// Webhooks a second; as fast as they are answered unless given
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: Option<u64>,
    /// Part of the messages' ids: another one each time, or they are known already
    #[arg(long)]
    run: String,
}

fn main() -> ExitCode {
    match run(Arc::new(Cli::parse())) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("tarun-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: Arc<Cli>) -> anyhow::Result<String> {
    // One TLS provider, though nothing here speaks it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let shop = Shop {
        index: 0,
        url: cli.url.clone(),
        key: String::new(),
        email: String::new(),
        phone_number_id: cli.phone_number_id.clone(),
        waba_id: cli.waba_id.clone(),
        display: "+15550001111".into(),
        http: Client::builder().timeout(Duration::from_secs(30)).no_proxy().build()?,
    };
    let (begun, next) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let posters: Vec<_> =
        (0..cli.connections).map(|_| tokio::spawn(post(cli.clone(), shop.clone(), next.clone(), begun))).collect();
    let (mut took, mut refused) = (vec![], 0u64);
    for poster in posters {
        let (times, failed) = poster.await?;
        took.extend(times);
        refused += failed;
    }
    let seconds = begun.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 100).map(|t| (t.as_secs_f64() * 10_000.0).round() / 10.0);
    let accepted = took.len() as u64 * cli.batch;
    let line =
        json!({ "accepted": accepted, "refused": refused, "seconds": seconds, "ms": { "p50": at(50), "p99": at(99) } });
    Ok(line.to_string())
}

/// One connection's share: how long each answer took, and how many were none or another than 200.
async fn post(cli: Arc<Cli>, shop: Shop, next: Arc<AtomicU64>, begun: Instant) -> (Vec<Duration>, u64) {
    let (mut took, mut refused) = (vec![], 0);
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= cli.count {
            return (took, refused);
        }
        if let Some(rate) = cli.rate {
            // Each webhook has its moment: one that is answered late delays no other.
            tokio::time::sleep_until((begun + Duration::from_secs(n) / u32::try_from(rate).unwrap_or(u32::MAX)).into())
                .await;
        }
        let body = body(&cli, &shop, n);
        let request = shop.http.post(format!("{}/api/webhooks/whatsapp", shop.url));
        let request = request
            .header("content-type", "application/json")
            .header("x-hub-signature-256", sign_with(&cli.secret, &body))
            .body(body);
        let started = Instant::now();
        match request.send().await {
            Ok(answer) if answer.status() == 200 => took.push(started.elapsed()),
            _ => refused += 1,
        }
    }
}

fn body(cli: &Cli, shop: &Shop, n: u64) -> String {
    let at = OffsetDateTime::now_utc().unix_timestamp();
    let texts: Vec<(String, String, String)> = (n * cli.batch..(n + 1) * cli.batch)
        .map(|m| {
            let words = format!("message {m}: is this in stock, and when does it arrive?");
            (format!("91{:010}", 9_000_000_000 + m % cli.customers), format!("wamid.{}.{m}", cli.run), words)
        })
        .collect();
    let texts: Vec<Text<'_>> = texts.iter().map(|(from, wamid, body)| Text { from, wamid, at, body }).collect();
    shop.webhook(&texts)
}
