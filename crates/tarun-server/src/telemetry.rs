//! Logs, traces and metrics. None holds personal data: ids only.

use crate::config::Config;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::sync::OnceLock;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

static TRACES: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Starts logging, one JSON object a line (or plain text), on standard error, and, where `OTEL_EXPORTER_OTLP_ENDPOINT` is
/// set, the export of traces (OTLP over HTTP; OpenTelemetry's own variables apply). A second call does nothing.
pub fn start(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|e| format!("TARUN_LOG can't be read: {e}. Try info or tarun_app=debug,info"))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if config.log_json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    } else {
        lines.with_ansi(false).boxed()
    };
    let traces = if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .build()
            .map_err(|e| format!("traces can't be exported: {e}. Check OTEL_EXPORTER_OTLP_ENDPOINT"))?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(Resource::builder().with_service_name("tarun").build())
            .build();
        let tracer = provider.tracer("tarun");
        let _ = TRACES.set(provider);
        Some(tracing_opentelemetry::layer().with_tracer(tracer))
    } else {
        None
    };
    // Already started: by an earlier server in the same process, as in tests.
    let _ = tracing_subscriber::registry().with(filter).with(lines).with(traces).try_init();
    Ok(())
}

/// Sends what traces still wait.
pub fn stop() {
    if let Some(traces) = TRACES.get() {
        let _ = traces.shutdown();
    }
}

/// The process's metrics; the same recorder for all servers in one process.
pub fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
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
