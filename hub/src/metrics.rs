//! What a hub says of itself to Prometheus: counts and durations ([`crate::serve_metrics`] serves them). No personal data, no device ids:
//! labels are routes, codes, words and communities, of which there are few.

use prometheus::{Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};

use crate::error::{HubError, Result};

/// Upper bounds of durations, in seconds.
const SECONDS: [f64; 12] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0];

/// All metrics of one hub process.
pub struct Metrics {
    registry: Registry,
    /// Requests by route and result: `ok`, or the refusal's code.
    pub requests: IntCounterVec,
    /// How long requests took, by route.
    pub seconds: HistogramVec,
    /// Bytes of bodies, by direction: `in`, `out`.
    pub bytes: IntCounterVec,
    /// Bundles that came.
    pub bundles: IntCounter,
    /// Changes by the word they were given.
    pub changes: IntCounterVec,
    /// Runs of the background folding, by result.
    pub folds: IntCounterVec,
    /// Documents folded.
    pub folded: IntCounter,
    /// How long work waited for the database: its tenant's turn and a connection.
    pub wait: Histogram,
    /// The database's epoch.
    pub epoch: IntGauge,
    /// The last sequence number of each community.
    pub numbers: IntGaugeVec,
}

impl Metrics {
    /// Metrics that start from nothing.
    pub fn new() -> Result<Self> {
        Self::make().map_err(|e| HubError::Usage(e.to_string()))
    }

    fn make() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, label: &[&str]| -> prometheus::Result<IntCounterVec> {
            let made = IntCounterVec::new(Opts::new(name, help), label)?;
            registry.register(Box::new(made.clone()))?;
            Ok(made)
        };
        let counter = |name: &str, help: &str| -> prometheus::Result<IntCounter> {
            let made = IntCounter::new(name, help)?;
            registry.register(Box::new(made.clone()))?;
            Ok(made)
        };
        let requests = counters("gridwalk_requests_total", "Requests by route and result", &["route", "result"])?;
        let bytes = counters("gridwalk_bytes_total", "Bytes of request and reply bodies", &["direction"])?;
        let changes = counters("gridwalk_changes_total", "Changes by the word they were given", &["word"])?;
        let folds = counters("gridwalk_fold_runs_total", "Runs of the background folding by result", &["result"])?;
        let bundles = counter("gridwalk_bundles_total", "Bundles that came")?;
        let folded = counter("gridwalk_folded_documents_total", "Documents whose old changes were folded")?;
        let options = HistogramOpts::new("gridwalk_request_seconds", "How long requests took").buckets(SECONDS.to_vec());
        let seconds = HistogramVec::new(options, &["route"])?;
        registry.register(Box::new(seconds.clone()))?;
        let options = HistogramOpts::new("gridwalk_database_wait_seconds", "How long work waited for its turn and a connection").buckets(SECONDS.to_vec());
        let wait = Histogram::with_opts(options)?;
        registry.register(Box::new(wait.clone()))?;
        let epoch = IntGauge::new("gridwalk_epoch", "The epoch that the database is in")?;
        registry.register(Box::new(epoch.clone()))?;
        let numbers = IntGaugeVec::new(Opts::new("gridwalk_sequence_number", "The last number of each community's sequence"), &["tenant"])?;
        registry.register(Box::new(numbers.clone()))?;
        Ok(Self { registry, requests, seconds, bytes, bundles, changes, folds, folded, wait, epoch, numbers })
    }

    /// All of it in Prometheus's text format.
    pub(crate) fn text(&self) -> prometheus::Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
