//! Starting and stopping.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get},
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    config::SimulatorConfig,
    connection::{CuttableListener, Scissors},
    control, graph, page,
    schedule::Job,
    simulator::Simulator,
    webhook::queue,
};

/// Time for requests under way after the shutdown was asked for; open pages would hold it for ever.
const GRACE: Duration = Duration::from_secs(2);
/// Meta takes documents up to 100 MB.
const LARGEST_BODY: usize = 110 * 1024 * 1024;

/// A simulator that answers.
#[derive(Debug)]
pub struct Running {
    /// Where it listens, with the port the system chose.
    pub addr: SocketAddr,
    tasks: JoinSet<()>,
}

impl Running {
    /// Address of the Graph API to give to a client, without version: `http://127.0.0.1:…`.
    pub fn graph_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Waits until the shutdown is complete.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Starts a simulator. It stops when `shutdown` is cancelled; dropping the [`Running`] stops it at once.
///
/// # Errors
/// When the address cannot be bound or the record file cannot be opened.
pub async fn serve(config: SimulatorConfig, shutdown: CancellationToken) -> anyhow::Result<Running> {
    let listener =
        TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    let addr = listener.local_addr()?;
    let base_url = config.public_url.as_ref().map_or_else(|| format!("http://{addr}"), |url| url.as_str().to_owned());
    let sim = Arc::new(Simulator::new(config, base_url.trim_end_matches('/').to_owned())?);

    let router = Router::new()
        .route("/", get(page::index))
        .nest("/_sim", control::routes())
        .route("/whatsapp_business/attachments/", get(graph::download))
        .route("/{version}/{*path}", any(graph::serve).layer(DefaultBodyLimit::max(LARGEST_BODY)))
        .with_state(sim.clone());

    let mut tasks = JoinSet::new();
    let stop = shutdown.clone();
    tasks.spawn(async move {
        tokio::select! {
            () = queue::run(sim.clone()) => {}
            () = run_schedule(sim) => {}
            () = stop.cancelled() => {}
        }
    });
    tasks.spawn(async move {
        let stop = shutdown.clone();
        let service = router.into_make_service_with_connect_info::<Scissors>();
        let serving = axum::serve(CuttableListener(listener), service)
            .with_graceful_shutdown(async move { stop.cancelled().await });
        let grace = async {
            shutdown.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            ended = serving => if let Err(error) = ended {
                tracing::error!(%error, "the simulator stopped serving");
            },
            () = grace => {}
        }
    });
    Ok(Running { addr, tasks })
}

/// Carries out what was planned for later.
async fn run_schedule(sim: Arc<Simulator>) {
    loop {
        match sim.schedule.next().await {
            Job::Advance { wamid, to } => sim.advance(&wamid, to),
            Job::Fail { wamid, code } => sim.fail(&wamid, code),
            Job::Enqueue(update) => sim.queue_now(update),
            Job::Retry(delivery) => sim.queue.push_again(*delivery),
        }
    }
}
