//! A loopback TCP proxy between a phone and the hub that behaves like a poor line.
//!
//! A [`Link`] listens on a loopback port and carries every connection made to it to the hub,
//! with the latency and the rates of a [`Line`], and with the faults a test asks for.
//!
//! What is modelled: one round trip for the TCP handshake, half a round trip of latency each
//! way, one rate per direction *shared* by all connections of the link (a phone has one radio),
//! and an end of stream that travels as slowly as the data before it. What is not: slow start,
//! packet loss, and the bytes of TCP/IP headers, so real lines are somewhat worse.

mod carry;
mod http;

use std::{
    future::{pending, poll_fn},
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::AsyncWrite,
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, sleep_until, timeout},
};

/// The least a paced lane takes in at once: about one packet, the unit a real line sends whole.
const PACKET: usize = 1400;
/// The most any lane takes in at once.
const CHUNK: usize = 64 * 1024;
/// Chunks in flight per connection and direction. This only stops a reader from running away
/// from a stalled receiver; it is far above what any line here holds (bandwidth × delay).
const IN_FLIGHT: usize = 1024;
/// How far ahead of its pacing clock a lane is read. Reading exactly on time would lose the
/// timer's lateness (1 ms or more) on every chunk, and the line would be slower than its rate.
const LEAD: Duration = Duration::from_millis(20);
/// How long the receiver of a cut stream may take to read the last bytes before it is reset.
const CUT_GRACE: Duration = Duration::from_secs(5);
/// The longest HTTP head looked for; a stream without one by then is not HTTP.
const HEAD_LIMIT: usize = 64 * 1024;

/// How good the line between the phone and the hub is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Time for a packet to reach the other end and its answer to come back.
    pub round_trip: Duration,
    /// Rate from the phone to the hub; `None` is unlimited, 0 counts as 1.
    pub up_bits_per_s: Option<u64>,
    /// Rate from the hub to the phone; `None` is unlimited, 0 counts as 1.
    pub down_bits_per_s: Option<u64>,
}

impl Line {
    /// No latency and no limit: what loopback itself gives.
    pub const fn perfect() -> Self {
        Self { round_trip: Duration::ZERO, up_bits_per_s: None, down_bits_per_s: None }
    }

    /// EDGE: 400 ms round trip, 200 kbit/s down, 100 kbit/s up.
    pub const fn edge() -> Self {
        Self { round_trip: Duration::from_millis(400), up_bits_per_s: Some(100_000), down_bits_per_s: Some(200_000) }
    }

    /// 4G at the edge of a cell: 100 ms round trip, 4 Mbit/s down, 1 Mbit/s up.
    pub const fn weak_4g() -> Self {
        Self { round_trip: Duration::from_millis(100), up_bits_per_s: Some(1_000_000), down_bits_per_s: Some(4_000_000) }
    }
}

/// Which way bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the phone to the hub.
    Up,
    /// From the hub to the phone.
    Down,
}

/// Where a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The direction whose bytes are counted.
    pub direction: Direction,
    /// How many bytes still get through. With 0 the connection breaks at the first byte: `Down`
    /// with 0 is the hub having done its work and the phone never hearing of it.
    pub bytes: u64,
}

/// What went over a link since its start or the last [`Link::reset_counts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// TCP payload bytes put on the line by the phone.
    pub up_bytes: u64,
    /// TCP payload bytes put on the line by the hub.
    pub down_bytes: u64,
    /// Connections the phone opened, refused ones included.
    pub connections: u64,
}

/// A running proxy; dropping it closes its port and every connection it carries.
#[derive(Debug)]
pub struct Link {
    addr: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Link {
    /// Starts a proxy to `hub` on a free loopback port. Must be called within a Tokio runtime
    /// with I/O and time enabled; outside of one it is an error.
    pub fn start(hub: SocketAddr, line: Line) -> io::Result<Self> {
        // Asked first because `from_std` panics where there is no runtime.
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let addr = listener.local_addr()?;
        let (replays, replay_queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            hub,
            round_trip: line.round_trip,
            up: Lane::new(line.up_bits_per_s, line.round_trip / 2),
            down: Lane::new(line.down_bits_per_s, line.round_trip / 2),
            connections: AtomicU64::new(0),
            cut: Mutex::new(ArmedCut::default()),
            outage: watch::Sender::new(Outage::default()),
            replay: watch::Sender::new(Replay::Idle),
            replays,
        });
        let task = runtime.spawn(carry::serve(listener, Arc::clone(&shared), replay_queue));
        Ok(Self { addr, shared, task })
    }

    /// The address the phone connects to instead of the hub's.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What went over the link so far. Bytes count when they enter the line, so all bytes of a
    /// request and its answer are counted by the time the phone has read the answer; bytes
    /// beyond a cut, and replayed requests, are not counted.
    pub fn counts(&self) -> Counts {
        Counts {
            up_bytes: self.shared.up.bytes.load(Relaxed),
            down_bytes: self.shared.down.bytes.load(Relaxed),
            connections: self.shared.connections.load(Relaxed),
        }
    }

    /// Starts counting from zero again.
    pub fn reset_counts(&self) {
        self.shared.up.bytes.store(0, Relaxed);
        self.shared.down.bytes.store(0, Relaxed);
        self.shared.connections.store(0, Relaxed);
    }

    /// Breaks, once, the next connection that passes that many bytes, counted on each connection
    /// from this call (or from its opening, if later). Exactly `cut.bytes` reach the receiver,
    /// whose stream then ends; the sender is reset. A cut not used yet is replaced.
    pub fn cut_after(&self, cut: Cut) {
        let mut armed = lock(&self.shared.cut);
        armed.generation += 1;
        armed.cut = Some(cut);
    }

    /// Whether a cut asked for has not happened yet; lets a test make sure that its fault did.
    pub fn cut_pending(&self) -> bool {
        lock(&self.shared.cut).cut.is_some()
    }

    /// With `true` the hub seems down: open connections are reset and new ones are reset as soon
    /// as they are accepted (the phone sees a reset, not "connection refused"), until `false`.
    pub fn refuse(&self, refuse: bool) {
        self.shared.outage.send_modify(|outage| {
            outage.now = refuse;
            outage.count += u64::from(refuse);
        });
    }

    /// Sends the next request twice: once its last byte has been forwarded, the same bytes go to
    /// the hub on a connection of their own, unshaped, and that answer is thrown away. The end
    /// of a request is found from its HTTP/1.1 head, so this does nothing to TLS streams.
    pub fn duplicate_next_request(&self) {
        self.shared.replay.send_replace(Replay::Armed);
    }

    /// Waits until the request asked for by [`Link::duplicate_next_request`] has been sent again
    /// and answered, and gives the status of that answer. `None` if the hub gave no HTTP answer,
    /// or if no duplicate was asked for.
    pub async fn replay_status(&self) -> Option<u16> {
        let mut replay = self.shared.replay.subscribe();
        let over = replay.wait_for(|replay| !matches!(replay, Replay::Armed | Replay::Sent)).await;
        match over.as_deref() {
            Ok(Replay::Answered(status)) => Some(*status),
            _ => None,
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // The task owns the set of connection tasks, which end with it.
        self.task.abort();
    }
}

/// What all tasks of a link work with.
#[derive(Debug)]
struct Shared {
    hub: SocketAddr,
    round_trip: Duration,
    up: Lane,
    down: Lane,
    connections: AtomicU64,
    cut: Mutex<ArmedCut>,
    outage: watch::Sender<Outage>,
    replay: watch::Sender<Replay>,
    /// Requests to send again, to the task that owns all others.
    replays: mpsc::UnboundedSender<Vec<u8>>,
}

/// The cut asked for; the generation tells connections when to count from zero.
#[derive(Debug, Default)]
struct ArmedCut {
    generation: u64,
    cut: Option<Cut>,
}

/// Whether the hub seems down. Outages are numbered so that none is too short to be seen.
#[derive(Clone, Copy, Debug, Default)]
struct Outage {
    now: bool,
    count: u64,
}

/// How far the duplicate asked for has come.
#[derive(Debug)]
enum Replay {
    Idle,
    Armed,
    Sent,
    Answered(u16),
    Unanswered,
}

impl Shared {
    fn lane(&self, direction: Direction) -> &Lane {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }

    /// How many of `len` bytes just read may pass, and whether the connection breaks there.
    fn admit(&self, direction: Direction, passed: &mut Passed, len: usize) -> (usize, bool) {
        let mut armed = lock(&self.cut);
        if passed.generation != armed.generation {
            *passed = Passed { generation: armed.generation, bytes: 0 };
        }
        let Some(cut) = armed.cut.filter(|cut| cut.direction == direction) else {
            return (len, false);
        };
        let left = cut.bytes.saturating_sub(passed.bytes);
        match usize::try_from(left) {
            Ok(left) if left <= len => {
                armed.cut = None;
                (left, true)
            }
            _ => {
                passed.bytes += len as u64;
                (len, false)
            }
        }
    }
}

/// Bytes one connection passed in one direction since the cut of that generation was asked for.
#[derive(Default)]
struct Passed {
    generation: u64,
    bytes: u64,
}

/// One direction of the line.
#[derive(Debug)]
struct Lane {
    bits_per_s: Option<u64>,
    delay: Duration,
    /// The pacing clock: when the last byte taken in has left the sender.
    free_at: Mutex<Instant>,
    bytes: AtomicU64,
}

impl Lane {
    fn new(bits_per_s: Option<u64>, delay: Duration) -> Self {
        Self { bits_per_s: bits_per_s.map(|rate| rate.max(1)), delay, free_at: Mutex::new(Instant::now()), bytes: AtomicU64::new(0) }
    }

    /// How much to take in at once: 10 ms worth, which keeps the in-flight queue short on fast
    /// lines without sending fractions of packets on slow ones.
    fn chunk(&self) -> usize {
        self.bits_per_s.map_or(CHUNK, |rate| usize::try_from(rate / 800).map_or(CHUNK, |bytes| bytes.clamp(PACKET, CHUNK)))
    }

    /// Puts bytes on the line behind all earlier ones; gives when the last has left the sender.
    fn book(&self, now: Instant, bytes: usize) -> Instant {
        let Some(rate) = self.bits_per_s else {
            return now;
        };
        let nanos = bytes as u128 * 8_000_000_000 / u128::from(rate);
        let mut free_at = lock(&self.free_at);
        *free_at = (*free_at).max(now) + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        *free_at
    }

    /// Waits until the line has sent nearly all it took in: back-pressure on the sender.
    async fn room(&self) {
        if self.bits_per_s.is_none() {
            return;
        }
        loop {
            let free_at = *lock(&self.free_at);
            let now = Instant::now();
            if free_at <= now + LEAD {
                return;
            }
            sleep_until(free_at - LEAD).await;
        }
    }
}

/// Something under way on the line, and when it arrives.
struct Parcel {
    due: Instant,
    load: Load,
}

enum Load {
    Bytes(Vec<u8>),
    /// The bytes before this completed the request given here.
    RequestEnd(Vec<u8>),
    /// The sender closed its half.
    Fin,
    /// The sender is gone.
    Reset,
    /// The connection breaks here.
    Cut,
}

/// How a whole connection ended.
enum End {
    Finished,
    Reset,
    Cut(Direction),
}

/// A panic elsewhere leaves these plain values usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
