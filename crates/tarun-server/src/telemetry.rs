//! Logs, traces and metrics. None holds personal data: ids only.

use crate::config::Config;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

static TRACES: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Starts logging, one JSON object a line (or plain text), on standard error, and, where `OTEL_EXPORTER_OTLP_ENDPOINT` is
/// set, the export of traces (OTLP over HTTP; OpenTelemetry's own variables apply). Panics become lines of the log. A second
/// call does nothing.
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
    let started =
        tracing_subscriber::registry().with(filter).with(filter_fn(may_be_told)).with(lines).with(traces).try_init();
    // Already started: by an earlier server in the same process, as in tests.
    if started.is_ok() {
        std::panic::set_hook(Box::new(tell_panic));
    }
    Ok(())
}

/// Whatever `TARUN_LOG` asks for, libraries speak from INFO up: below, some of them write frames, headers and statements, and
/// with them tokens, numbers and texts (C-103).
fn may_be_told(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || metadata.target().starts_with("tarun")
}

/// A panic as one line like all others, with its place. Words that were put together at run time may quote what people wrote
/// (a text that was cut, an error's value), so only those that stand in the source are told.
fn tell_panic(panic: &PanicHookInfo<'_>) {
    let words = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("words put together, not shown");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(panic = words, place, "a panic");
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is written while `act` runs, with everything asked for.
    fn told(act: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(move || writer.clone());
        let subscriber =
            tracing_subscriber::registry().with(EnvFilter::new("trace")).with(filter_fn(may_be_told)).with(layer);
        tracing::subscriber::with_default(subscriber, act);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn c_087_c_103_a_panic_is_one_line_of_json_and_quotes_nobody() {
        let log = told(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(tell_panic));
            let said = String::from("मेरा नंबर\n9876504321");
            let composed = std::panic::catch_unwind(|| panic!("can't cut {said}"));
            let plain = std::panic::catch_unwind(|| panic!("words of the source"));
            std::panic::set_hook(before);
            assert!(composed.is_err() && plain.is_err());
        });
        let lines: Vec<serde_json::Value> = log.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{log}");
        assert!(!log.contains("9876504321"), "{log}");
        assert_eq!(lines[1]["panic"], "words of the source");
        assert!(lines.iter().all(|l| l["level"] == "ERROR" && l["place"].as_str().unwrap().contains("telemetry.rs")));
    }

    #[test]
    fn c_103_libraries_are_heard_from_info_up_only() {
        let log = told(|| {
            tracing::info!(target: "engineioxide::engine", "SAID at info");
            tracing::debug!(target: "engineioxide::engine", "QUIET packet");
            tracing::trace!(target: "h2::codec", "QUIET frame");
            tracing::debug!(target: "sqlx::query", "QUIET statement");
            tracing::debug!(target: "tarun_app::work", "SAID at debug");
        });
        assert_eq!((log.matches("SAID").count(), log.contains("QUIET")), (2, false), "{log}");
    }
}
