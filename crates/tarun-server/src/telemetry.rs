//! Logs and metrics. Neither holds personal data: ids only.

use crate::config::Config;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Starts logging, one JSON object a line (or plain text), on standard error. A second call does nothing.
pub fn start(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|e| format!("TARUN_LOG can't be read: {e}. Try info or tarun_app=debug,info"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Already started: by an earlier server in the same process, as in tests.
    let _ = if config.log_json {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        builder.with_ansi(false).try_init()
    };
    Ok(())
}

/// The process's metrics; the same recorder for all servers in one process.
pub fn metrics() -> PrometheusHandle {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // Somebody else installed one: ours then renders nothing, which is still an answer.
            let _ = metrics::set_global_recorder(recorder);
            handle
        })
        .clone()
}
