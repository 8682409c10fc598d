//! Logs, traces and metrics. None holds personal data: ids only.

use crate::config::Config;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use tracing::{Level, Metadata};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{FilterFn, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

static TRACES: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Starts logging, one JSON object a line (or plain text), on standard error, and, where an endpoint is named for it, the
/// export of traces (OTLP over HTTP; OpenTelemetry's further variables apply). Panics become lines of the log. A second call
/// does nothing.
pub fn start(config: &Config) -> Result<(), String> {
    let asked: Targets =
        config.log.parse().map_err(|e| format!("TARUN_LOG can't be read: {e}. Try info or tarun_app=debug,info"))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if config.log_json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    } else {
        lines.with_ansi(false).boxed()
    };
    let traces = if let Some(endpoint) = traces_endpoint(|name| std::env::var(name).ok()) {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_endpoint(endpoint)
            .build()
            .map_err(|e| format!("traces can't be exported: {e}. Check {TRACES_ENDPOINT} and {ENDPOINT}"))?;
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
    let filter = filter(asked, traces.is_some());
    let started = tracing_subscriber::registry().with(filter).with(lines).with(traces).try_init();
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

/// What is told of at all: what `TARUN_LOG` asks for and may be told, and our own spans, for which a quiet log is no reason to
/// be missing from traces. One filter for all layers: with one for each, spans got lost on threads where a library had just
/// asked whether its own events are wanted.
fn filter(asked: Targets, traced: bool) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    filter_fn(move |metadata| {
        let told = may_be_told(metadata) && asked.would_enable(metadata.target(), metadata.level());
        let span = traced && metadata.is_span() && *metadata.level() <= Level::INFO;
        told || (span && metadata.target().starts_with("tarun"))
    })
}

const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Where traces go. As OpenTelemetry has it: an empty variable is none, and the general one names the folder above.
fn traces_endpoint(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let given = |name| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    given(TRACES_ENDPOINT).or_else(|| given(ENDPOINT).map(|base| format!("{}/v1/traces", base.trim_end_matches('/'))))
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
    if let Some(traces) = TRACES.get()
        && let Err(error) = traces.shutdown()
    {
        tracing::warn!(%error, "the last traces could not be exported");
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
    fn told(asked: &str, traced: bool, act: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(filter(asked.parse().unwrap(), traced)).with(layer);
        tracing::subscriber::with_default(subscriber, act);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn c_087_c_103_a_panic_is_one_line_of_json_and_quotes_nobody() {
        let log = told("trace", false, || {
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
    fn a_quiet_log_keeps_the_spans_of_traces_and_nothing_more() {
        let act = || {
            let ours = tracing::info_span!(target: "tarun_app::sending", "send", message = 7);
            let theirs = tracing::info_span!(target: "sqlx", "query", text = 8);
            theirs.in_scope(|| ours.in_scope(|| tracing::info!(target: "tarun_app::sending", "QUIET")));
            ours.in_scope(|| tracing::warn!(target: "tarun_app::sending", "SAID"));
            theirs.in_scope(|| tracing::warn!(target: "tarun_app::sending", "SAID"));
        };
        let log = told("warn", true, act);
        assert!(log.matches("SAID").count() == 2 && !log.contains("QUIET") && !log.contains("query"), "{log}");
        assert_eq!(log.matches("\"name\":\"send\"").count(), 1 + 1, "as the span and in the list of spans: {log}");
        assert!(!told("warn", false, act).contains("\"name\""));
    }

    #[test]
    fn traces_go_where_opentelemetrys_variables_say() {
        let with = |given: &[(&str, &str)]| {
            traces_endpoint(|name| given.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[(ENDPOINT, ""), (TRACES_ENDPOINT, " ")]), None, "empty is off");
        assert_eq!(with(&[(ENDPOINT, "http://otel:4318/")]).unwrap(), "http://otel:4318/v1/traces");
        let both = [(ENDPOINT, "http://otel:4318"), (TRACES_ENDPOINT, "http://tempo/in")];
        assert_eq!(with(&both).unwrap(), "http://tempo/in", "as it is");
    }

    #[test]
    fn c_103_libraries_are_heard_from_info_up_only() {
        let log = told("trace", false, || {
            tracing::info!(target: "engineioxide::engine", "SAID at info");
            tracing::debug!(target: "engineioxide::engine", "QUIET packet");
            tracing::trace!(target: "h2::codec", "QUIET frame");
            tracing::debug!(target: "sqlx::query", "QUIET statement");
            tracing::debug!(target: "tarun_app::work", "SAID at debug");
        });
        assert_eq!((log.matches("SAID").count(), log.contains("QUIET")), (2, false), "{log}");
    }
}
