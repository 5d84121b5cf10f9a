//! Limits, so that one mad phone does not starve the rest: requests and bytes a minute by device and by community, failures by
//! peer, and how many large requests are read and decided at a time. In memory, for each process by itself.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gridwalk_core::ids::DeviceId;
use gridwalk_core::sync::protocol::RefusalCode;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{HubError, Result};

/// What may come within a minute; as much may come at once.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Requests.
    pub requests: u32,
    /// Bytes of bodies, both ways.
    pub bytes: u64,
}

/// The limits of one process.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For each device whose signature was right.
    pub device: Rate,
    /// For each community, over the devices that are enrolled there first.
    pub tenant: Rate,
    /// Requests a minute from one peer that no enrolled device signed, or with a wrong code.
    pub failures: u32,
    /// Proxies: what they say in `X-Forwarded-For` is the peer. One on this machine is always believed.
    pub proxies: Vec<IpAddr>,
}

impl Default for Limits {
    /// Ten times what phones do: a day's work is one request of some kilobytes, catching up after months some megabytes.
    fn default() -> Self {
        let device = Rate { requests: 600, bytes: 64 << 20 };
        let tenant = Rate { requests: 30_000, bytes: 1 << 30 };
        Self { device, tenant, failures: 120, proxies: Vec::new() }
    }
}

/// Bodies up to this size are a usual sync; larger ones take turns.
const LARGE: usize = 256 * 1024;
/// Large bodies that are read and answered at a time, and small ones.
const READING: (usize, usize) = (8, 512);
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);
/// Of so many who counted, those that are full again are forgotten.
const MOST_KEPT: usize = 20_000;

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Device(DeviceId),
    Tenant(String),
    Peer(IpAddr),
}

/// What is left for this minute, and since when (seconds since the Unix epoch, UTC). What was used beyond it is below zero.
struct Bucket {
    requests: f64,
    bytes: f64,
    at: i64,
}

/// Counts what comes and says what must wait.
pub(crate) struct Gate {
    limits: Limits,
    buckets: Mutex<HashMap<Key, Bucket>>,
    large: Semaphore,
    small: Semaphore,
    deciding: Semaphore,
}

impl Gate {
    pub fn new(limits: Limits) -> Self {
        // A large request keeps a core busy for seconds: one stays free for the others.
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let (large, small) = (Semaphore::new(READING.0), Semaphore::new(READING.1));
        Self { limits, buckets: Mutex::default(), large, small, deciding: Semaphore::new((cores - 1).max(1)) }
    }

    /// Whose address counts: the peer's, or the one that a trusted proxy names. A proxy that names none is not counted.
    pub fn peer(&self, peer: Option<IpAddr>, forwarded: Option<&str>) -> Option<IpAddr> {
        let peer = peer.map(|p| p.to_canonical())?;
        if !peer.is_loopback() && !self.limits.proxies.contains(&peer) {
            return Some(subscriber(peer));
        }
        // Each proxy appends whom it heard: only the last word is the trusted one's own.
        forwarded?.rsplit(',').next()?.trim().parse().ok().map(subscriber)
    }

    /// Whether a peer may try at all.
    pub fn may_try(&self, peer: Option<IpAddr>, now: i64) -> Result<()> {
        let Some(peer) = peer else { return Ok(()) };
        self.take(Key::Peer(peer), self.failures(), now, 0.0, 0.0)
    }

    /// A peer sent what no enrolled device signed.
    pub fn failed(&self, peer: Option<IpAddr>, now: i64) {
        if let Some(peer) = peer {
            self.charge(Key::Peer(peer), self.failures(), now, 1.0, 0.0);
        }
    }

    /// Counts a request of a device whose signature was right, and of its community.
    pub fn admit(&self, device: DeviceId, tenant: &str, bytes: usize, now: i64) -> Result<()> {
        #[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
        let bytes = bytes as f64;
        self.take(Key::Device(device), self.limits.device, now, 1.0, bytes)?;
        self.take(Key::Tenant(tenant.to_owned()), self.limits.tenant, now, 1.0, bytes)
    }

    /// Counts what was answered.
    pub fn answered(&self, device: DeviceId, tenant: &str, bytes: usize, now: i64) {
        #[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
        let bytes = bytes as f64;
        self.charge(Key::Device(device), self.limits.device, now, 0.0, bytes);
        self.charge(Key::Tenant(tenant.to_owned()), self.limits.tenant, now, 0.0, bytes);
    }

    /// A turn to read and answer a body of this size, or of unknown size, and how long it may take to come.
    pub async fn reading(&self, size: Option<usize>) -> Result<(SemaphorePermit<'_>, Duration)> {
        // A large one takes a quarter of an hour on the worst of lines.
        let small = size.is_some_and(|size| size <= LARGE);
        let (turns, patience) = if small { (&self.small, Duration::from_secs(90)) } else { (&self.large, Duration::from_secs(900)) };
        match tokio::time::timeout(PATIENCE, turns.acquire()).await {
            Ok(Ok(permit)) => Ok((permit, patience)),
            _ => Err(HubError::Refused(RefusalCode::Busy)),
        }
    }

    /// A turn to decide a request, if it is large.
    pub async fn deciding(&self, size: usize) -> Option<SemaphorePermit<'_>> {
        if size > LARGE { self.deciding.acquire().await.ok() } else { None }
    }

    fn failures(&self) -> Rate {
        Rate { requests: self.limits.failures, bytes: 1 }
    }

    /// Counts this, if something is left; one request may use more than that.
    fn take(&self, key: Key, rate: Rate, now: i64, requests: f64, bytes: f64) -> Result<()> {
        self.with(key, rate, now, |bucket| {
            if bucket.requests < 1.0 || bucket.bytes <= 0.0 {
                return Err(HubError::Refused(RefusalCode::TooMany));
            }
            bucket.requests -= requests;
            bucket.bytes -= bytes;
            Ok(())
        })
    }

    fn charge(&self, key: Key, rate: Rate, now: i64, requests: f64, bytes: f64) {
        self.with(key, rate, now, |bucket| {
            bucket.requests -= requests;
            bucket.bytes -= bytes;
        });
    }

    #[expect(clippy::cast_precision_loss, reason = "rates are far below 2^52")]
    fn with<T>(&self, key: Key, rate: Rate, now: i64, f: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MOST_KEPT {
            buckets.retain(|_, b| now.saturating_sub(b.at) < 60 || b.requests < 0.0 || b.bytes < 0.0);
        }
        let (most_requests, most_bytes) = (f64::from(rate.requests), rate.bytes as f64);
        let bucket = buckets.entry(key).or_insert(Bucket { requests: most_requests, bytes: most_bytes, at: now });
        // A clock that went back gives nothing.
        let minutes = (now - bucket.at).max(0) as f64 / 60.0;
        bucket.requests = (bucket.requests + minutes * most_requests).min(most_requests);
        bucket.bytes = (bucket.bytes + minutes * most_bytes).min(most_bytes);
        bucket.at = now;
        f(bucket)
    }
}

/// An IPv6 subscriber has a whole /64.
fn subscriber(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        let rate = Rate { requests: 60, bytes: 1000 };
        Gate::new(Limits { device: rate, tenant: Rate { requests: 100, bytes: 10_000 }, failures: 2, proxies: vec!["10.0.0.1".parse().unwrap()] })
    }

    #[test]
    fn a_device_has_a_minutes_worth_at_once_and_gets_it_back_over_a_minute() {
        let (gate, a, b) = (gate(), DeviceId([1; 8]), DeviceId([2; 8]));
        for _ in 0..60 {
            gate.admit(a, "t", 1, 1000).unwrap();
        }
        assert!(gate.admit(a, "t", 1, 1000).is_err());
        gate.admit(b, "t", 1, 1000).unwrap();
        gate.admit(a, "t", 1, 1001).unwrap();
        assert!(gate.admit(a, "t", 1, 1001).is_err());
        // A clock set back gives nothing and takes nothing.
        assert!(gate.admit(a, "t", 1, 10).is_err());
    }

    #[test]
    fn a_large_body_is_taken_once_and_paid_back() {
        let (gate, a) = (gate(), DeviceId([1; 8]));
        gate.admit(a, "t", 3000, 0).unwrap();
        assert!(gate.admit(a, "t", 1, 100).is_err());
        gate.admit(a, "t", 1, 121).unwrap();
    }

    #[test]
    fn a_community_is_bounded_over_its_devices() {
        let gate = gate();
        let sent = (0..120_u8).filter(|n| gate.admit(DeviceId([*n; 8]), "t", 1, 0).is_ok()).count();
        assert_eq!(sent, 100);
        gate.admit(DeviceId([1; 8]), "other", 1, 0).unwrap();
    }

    #[test]
    fn failures_count_against_the_peer_that_a_proxy_names() {
        let gate = gate();
        let peer = |from: &str, forwarded: Option<&str>| gate.peer(from.parse().ok(), forwarded).map(|p| p.to_string());
        assert_eq!(peer("1.2.3.4", Some("9.9.9.9")).as_deref(), Some("1.2.3.4"));
        assert_eq!(peer("10.0.0.1", Some("6.6.6.6, 9.9.9.9")).as_deref(), Some("9.9.9.9"));
        assert_eq!(peer("127.0.0.1", None), None);
        assert_eq!(peer("2001:db8::1:2:3:4", None).as_deref(), Some("2001:db8::"));
        let bad = "1.2.3.4".parse().ok();
        gate.failed(bad, 0);
        gate.may_try(bad, 0).unwrap();
        gate.failed(bad, 0);
        assert!(gate.may_try(bad, 0).is_err());
        gate.may_try("1.2.3.5".parse().ok(), 0).unwrap();
        gate.may_try(bad, 60).unwrap();
    }
}
