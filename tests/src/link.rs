//! A loopback TCP proxy between a phone and the hub that behaves like a poor line.
//!
//! A [`Link`] listens on a loopback port and carries every connection made to it to the hub,
//! with the latency and the rates of a [`Line`], and with the faults a test asks for.
//!
//! What is modelled: one round trip for the TCP handshake, half a round trip of latency each
//! way, one rate per direction *shared* by all connections of the link (a phone has one radio),
//! and an end of stream that travels as slowly as the data before it. What is not: slow start,
//! packet loss, and the bytes of TCP/IP headers, so real lines are somewhat worse.

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
        let task = runtime.spawn(serve(listener, Arc::clone(&shared), replay_queue));
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

/// Accepts connections and owns every task of the link.
async fn serve(listener: TcpListener, shared: Arc<Shared>, mut replays: mpsc::UnboundedReceiver<Vec<u8>>) {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((phone, _)) => {
                    shared.connections.fetch_add(1, Relaxed);
                    let outage = *shared.outage.borrow();
                    if outage.now {
                        reset(phone);
                    } else {
                        tasks.spawn(connection(Arc::clone(&shared), phone, outage.count));
                    }
                }
                // Out of file descriptors, most likely: give connections a moment to end.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            Some(request) = replays.recv() => {
                let shared = Arc::clone(&shared);
                tasks.spawn(async move {
                    let status = send_again(shared.hub, &request).await.ok().flatten();
                    shared.replay.send_if_modified(|replay| {
                        // A newer wish must not be overwritten by the outcome of an older one.
                        let waited_for = matches!(replay, Replay::Sent);
                        if waited_for {
                            *replay = status.map_or(Replay::Unanswered, Replay::Answered);
                        }
                        waited_for
                    });
                });
            }
            Some(_) = tasks.join_next() => {}
        }
    }
}

/// Carries one connection from its (modelled) handshake to its end.
async fn connection(shared: Arc<Shared>, mut phone: TcpStream, outages: u64) {
    // Connecting to loopback took no time, the phone's SYN and its answer would have.
    pause_until(Instant::now() + shared.round_trip).await;
    let mut hub = match TcpStream::connect(shared.hub).await {
        Ok(hub) => hub,
        Err(_) => return reset(phone),
    };
    // Nagle's algorithm would add delays of its own to the line's. A socket that cannot take
    // the option is already dead, which shows when it is used.
    let _ = phone.set_nodelay(true);
    let _ = hub.set_nodelay(true);
    let mut outage = shared.outage.subscribe();
    let end = tokio::select! {
        biased;
        _ = outage.wait_for(|outage| outage.count != outages) => End::Reset,
        end = carry(&shared, &mut phone, &mut hub) => end,
    };
    match end {
        End::Finished => {}
        End::Reset => {
            reset(phone);
            reset(hub);
        }
        End::Cut(direction) => {
            let (sender, mut receiver) = match direction {
                Direction::Up => (phone, hub),
                Direction::Down => (hub, phone),
            };
            reset(sender);
            // A reset here could overtake bytes the receiver has not read yet, and it must get
            // exactly those before the cut: so close, and reset only once it has closed too.
            if shut(&mut receiver).await.is_ok() {
                let mut buf = vec![0; CHUNK];
                let closed = async { while !matches!(read(&receiver, &mut buf).await, Ok(0) | Err(_)) {} };
                let _ = timeout(CUT_GRACE, closed).await;
            }
            reset(receiver);
        }
    }
}

/// Forwards both directions until both are over or the connection as a whole is.
async fn carry(shared: &Shared, phone: &mut TcpStream, hub: &mut TcpStream) -> End {
    let (phone_read, mut phone_write) = phone.split();
    let (hub_read, mut hub_write) = hub.split();
    let up = forward(shared, Direction::Up, phone_read.as_ref(), &mut hub_write);
    let down = forward(shared, Direction::Down, hub_read.as_ref(), &mut phone_write);
    match tokio::try_join!(up, down) {
        Ok((true, true)) => End::Finished,
        Ok(_) => End::Reset,
        Err(end) => end,
    }
}

/// Forwards one direction. `Ok` is an end after which the other direction goes on, `true` if all
/// of this one was delivered; `Err` is an end that takes the other direction with it at once.
async fn forward<W>(shared: &Shared, direction: Direction, from: &TcpStream, to: &mut W) -> Result<bool, End>
where
    W: AsyncWrite + AsRef<TcpStream> + Unpin,
{
    // Taking in and giving out run side by side, with the queue as the line between them: that
    // is what keeps bytes pipelined, latency being paid once and not per chunk.
    let (queue, parcels) = mpsc::channel(IN_FLIGHT);
    let taking = async {
        // A closed queue means that the other half has ended and decides the outcome.
        let _ = take_in(shared, direction, from, queue).await;
        pending().await
    };
    tokio::select! {
        end = give_out(shared, direction, parcels, to) => end,
        end = taking => end,
    }
}

/// Reads one direction onto the line, at the line's rate, until the sender's end or a cut.
async fn take_in(shared: &Shared, direction: Direction, from: &TcpStream, queue: mpsc::Sender<Parcel>) -> Result<(), mpsc::error::SendError<Parcel>> {
    let lane = shared.lane(direction);
    let mut buf = vec![0; lane.chunk()];
    let mut passed = Passed::default();
    let mut requests = match direction {
        Direction::Up => Some(Requests::default()),
        Direction::Down => None,
    };
    // When the last byte of this connection has left; its end cannot leave before.
    let mut sent = Instant::now();
    loop {
        lane.room().await;
        let read = read(from, &mut buf).await;
        let now = Instant::now();
        let len = match read {
            Ok(len) if len > 0 => len,
            ended => {
                let load = if ended.is_ok() { Load::Fin } else { Load::Reset };
                let due = sent.max(now) + lane.delay;
                return queue.send(Parcel { due, load }).await;
            }
        };
        let (len, cut) = shared.admit(direction, &mut passed, len);
        let bytes = &buf[..len];
        lane.bytes.fetch_add(len as u64, Relaxed);
        sent = lane.book(now, len);
        let due = sent + lane.delay;
        let load = Load::Bytes(bytes.to_vec());
        queue.send(Parcel { due, load }).await?;
        if let Some(requests) = &mut requests {
            for request in requests.feed(bytes) {
                let load = Load::RequestEnd(request);
                queue.send(Parcel { due, load }).await?;
            }
        }
        if cut {
            let load = Load::Cut;
            return queue.send(Parcel { due, load }).await;
        }
    }
}

/// Hands what arrives over the line to the receiver, each parcel when it is due.
async fn give_out<W>(shared: &Shared, direction: Direction, mut parcels: mpsc::Receiver<Parcel>, to: &mut W) -> Result<bool, End>
where
    W: AsyncWrite + AsRef<TcpStream> + Unpin,
{
    while let Some(Parcel { due, load }) = parcels.recv().await {
        pause_until(due).await;
        match load {
            Load::Bytes(bytes) => {
                // The receiver's own reset shows in the other direction, behind what it still
                // said before; so this half ends alone.
                if write(to.as_ref(), &bytes).await.is_err() {
                    return Ok(false);
                }
            }
            Load::RequestEnd(request) => {
                let wanted = shared.replay.send_if_modified(|replay| {
                    let armed = matches!(replay, Replay::Armed);
                    if armed {
                        *replay = Replay::Sent;
                    }
                    armed
                });
                if wanted {
                    // Fails only when the link is being dropped.
                    let _ = shared.replays.send(request);
                }
            }
            Load::Fin => return Ok(shut(to).await.is_ok()),
            Load::Reset => return Err(End::Reset),
            Load::Cut => return Err(End::Cut(direction)),
        }
    }
    // The reader always says how it ended before it lets go of the queue.
    Ok(false)
}

/// Sends a request to the hub and reads its answer to the end; gives the answer's status.
async fn send_again(hub: SocketAddr, request: &[u8]) -> io::Result<Option<u16>> {
    let stream = TcpStream::connect(hub).await?;
    stream.set_nodelay(true)?;
    write(&stream, request).await?;
    // The sending half stays open: servers may take its end for a client that has gone away,
    // and drop the request half done.
    let head_only = request.starts_with(b"HEAD ");
    let mut answer = Vec::new();
    let mut buf = vec![0; CHUNK];
    loop {
        let len = read(&stream, &mut buf).await?;
        answer.extend_from_slice(&buf[..len]);
        let status = status(&answer);
        let ended = if head_only || status == Some(304) { head_end(&answer).is_some() } else { message_end(&answer).is_some() };
        if ended || len == 0 {
            return Ok(status);
        }
    }
}

/// Finds the requests in what a phone sends, to have them at hand if one is to be sent again.
#[derive(Default)]
struct Requests {
    current: Vec<u8>,
    not_http: bool,
}

impl Requests {
    /// Takes the next bytes of the stream; gives the requests they complete.
    fn feed(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut complete = Vec::new();
        if self.not_http {
            return complete;
        }
        self.current.extend_from_slice(bytes);
        while let Some(end) = message_end(&self.current) {
            let rest = self.current.split_off(end);
            complete.push(std::mem::replace(&mut self.current, rest));
        }
        // TLS and the like must not be kept in memory for nothing.
        let starts_wrong = self.current.first().is_some_and(|byte| !byte.is_ascii_uppercase());
        if starts_wrong || (self.current.len() > HEAD_LIMIT && head_end(&self.current).is_none()) {
            self.not_http = true;
            self.current = Vec::new();
        }
        complete
    }
}

/// Where the HTTP/1.1 message at the start of `bytes` ends, once all of it is there. Without a
/// length it has no body; answers that end with their stream, which HTTP/1.1 servers have no
/// need of, are not looked for.
fn message_end(bytes: &[u8]) -> Option<usize> {
    let body = head_end(bytes)?;
    let head = String::from_utf8_lossy(&bytes[..body]);
    let mut length = Some(0);
    for (name, value) in head.lines().skip(1).filter_map(|header| header.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse::<usize>().ok();
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return chunks_end(bytes, body);
        }
    }
    let end = body.checked_add(length?)?;
    (end <= bytes.len()).then_some(end)
}

/// Where the chunked body that starts at `at` ends, once all of it is there.
fn chunks_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let line_end = at + find(bytes.get(at..)?, b"\r\n")?;
        let line = String::from_utf8_lossy(&bytes[at..line_end]);
        let size = line.split(';').next().map_or("", str::trim);
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            // Trailers, if any, then an empty line; the search includes the size line's own end
            // so that "no trailers" looks the same.
            return Some(line_end + find(&bytes[line_end..], b"\r\n\r\n")? + 4);
        }
        at = (line_end + 4).checked_add(size)?;
    }
}

/// Where the head of an HTTP message ends, the empty line included.
fn head_end(bytes: &[u8]) -> Option<usize> {
    find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

/// The status of the HTTP answer at the start of `bytes`.
fn status(bytes: &[u8]) -> Option<u16> {
    let rest = bytes.strip_prefix(b"HTTP/1.")?;
    std::str::from_utf8(rest.get(2..5)?).ok()?.parse().ok()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|at| at == wanted)
}

async fn read(from: &TcpStream, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        from.readable().await?;
        match from.try_read(buf) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}

async fn write(to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(len) => bytes = &bytes[len..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Closes the writing half.
async fn shut<W: AsyncWrite + Unpin>(to: &mut W) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut *to).poll_shutdown(cx)).await
}

/// Closes a connection the hard way, as a process that died or a lost line would.
fn reset(stream: TcpStream) {
    // If the option cannot be set the socket is dead already, and closing it is all there is.
    let _ = stream.set_zero_linger();
}

async fn pause_until(due: Instant) {
    // The timer rounds up to its tick, which a line without latency must not pay.
    if due > Instant::now() {
        sleep_until(due).await;
    }
}

/// A panic elsewhere leaves these plain values usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const POST: &[u8] = b"POST /sync HTTP/1.1\r\nHost: hub\r\nContent-Length: 5\r\n\r\nhello";
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    async fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        (listener, addr)
    }

    /// A hub that sends everything back and closes when the phone does.
    async fn echo() -> SocketAddr {
        let (listener, addr) = listen().await;
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut buf = vec![0; CHUNK];
                    while let Ok(len @ 1..) = read(&stream, &mut buf).await {
                        if write(&stream, &buf[..len]).await.is_err() {
                            return;
                        }
                    }
                    let _ = shut(&mut stream).await;
                });
            }
        });
        addr
    }

    /// Reads `len` bytes, or fewer if the stream ends before.
    async fn read_some(from: &TcpStream, len: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut buf = vec![0; CHUNK];
        while bytes.len() < len {
            let most = buf.len().min(len - bytes.len());
            match read(from, &mut buf[..most]).await {
                Ok(len @ 1..) => bytes.extend_from_slice(&buf[..len]),
                _ => break,
            }
        }
        bytes
    }

    fn noise(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at * 31 % 251) as u8).collect()
    }

    #[test]
    fn lane_pays_latency_once_and_serialisation_per_byte() {
        let lane = Lane::new(Some(1_000_000), Duration::from_millis(50));
        let start = Instant::now() + Duration::from_secs(1);
        // 1250 bytes are 10 ms at 1 Mbit/s; booked all at once they follow one another.
        for nth in 1..=10 {
            assert_eq!(lane.book(start, 1250), start + Duration::from_millis(10 * nth));
        }
        // An idle line starts from now, and saves up nothing.
        let later = start + Duration::from_secs(5);
        assert_eq!(lane.book(later, 1250), later + Duration::from_millis(10));
        let unlimited = Lane::new(None, Duration::ZERO);
        assert_eq!(unlimited.book(later, usize::MAX), later);
        assert_eq!(Lane::new(Some(u64::MAX), Duration::ZERO).book(later, 1), later);
    }

    #[test]
    fn chunks_are_packets_on_slow_lines_and_bounded_on_fast_ones() {
        let chunk = |rate| Lane::new(rate, Duration::ZERO).chunk();
        assert_eq!(chunk(Some(0)), PACKET);
        assert_eq!(chunk(Some(4_000_000)), 5000);
        assert_eq!(chunk(Some(u64::MAX)), CHUNK);
        assert_eq!(chunk(None), CHUNK);
    }

    #[test]
    fn message_ends_are_found() {
        let chunked = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n\
            5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n";
        let trailed = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
            1\r\nx\r\n0\r\nA: b\r\n\r\n";
        let bare = b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n";
        for message in [POST, ANSWER, chunked, trailed, bare] {
            for len in 0..message.len() {
                assert_eq!(message_end(&message[..len]), None);
            }
            let followed = [message, b"GET"].concat();
            assert_eq!(message_end(&followed), Some(message.len()));
        }
        assert_eq!(status(ANSWER), Some(200));
    }

    #[test]
    fn requests_are_split_and_other_streams_let_go() {
        let mut requests = Requests::default();
        assert!(requests.feed(&POST[..20]).is_empty());
        let rest = [&POST[20..], POST, &POST[..3]].concat();
        assert_eq!(requests.feed(&rest), [POST, POST]);
        assert_eq!(requests.feed(&POST[3..]), [POST]);
        let mut tls = Requests::default();
        assert!(tls.feed(&[0x16, 3, 1]).is_empty());
        assert!(tls.not_http && tls.feed(POST).is_empty());
        let mut endless = Requests::default();
        assert!(endless.feed(&vec![b'A'; HEAD_LIMIT + 1]).is_empty());
        assert!(endless.not_http);
    }

    #[test]
    fn start_outside_a_runtime_is_an_error() {
        let hub = SocketAddr::from(([127, 0, 0, 1], 1));
        assert!(Link::start(hub, Line::perfect()).is_err());
    }

    #[tokio::test]
    async fn bytes_and_ends_pass_and_are_counted() {
        let link = Link::start(echo().await, Line::perfect()).unwrap();
        let sent = noise(3_000_000);
        let mut phone = TcpStream::connect(link.addr()).await.unwrap();
        let (read_half, mut write_half) = phone.split();
        let (got, ()) = tokio::join!(read_some(read_half.as_ref(), usize::MAX), async {
            write(write_half.as_ref(), &sent).await.unwrap();
            shut(&mut write_half).await.unwrap();
        });
        assert!(got == sent);
        let counts = Counts { up_bytes: 3_000_000, down_bytes: 3_000_000, connections: 1 };
        assert_eq!(link.counts(), counts);
        link.reset_counts();
        assert_eq!(link.counts(), Counts::default());
    }

    #[tokio::test]
    async fn handshake_round_trips_and_the_end_take_their_time() {
        let round_trip = Duration::from_millis(60);
        let line = Line { round_trip, ..Line::perfect() };
        let link = Link::start(echo().await, line).unwrap();
        let start = Instant::now();
        let mut phone = TcpStream::connect(link.addr()).await.unwrap();
        for trips in [2, 3] {
            write(&phone, b"ping").await.unwrap();
            assert_eq!(read_some(&phone, 4).await, b"ping");
            assert!(start.elapsed() >= round_trip * trips);
        }
        shut(&mut phone).await.unwrap();
        assert!(read_some(&phone, 1).await.is_empty());
        assert!(start.elapsed() >= round_trip * 4);
    }

    #[tokio::test]
    async fn all_connections_share_the_rate() {
        let line = Line { down_bits_per_s: Some(800_000), ..Line::perfect() };
        let link = Link::start(echo().await, line).unwrap();
        let start = Instant::now();
        let ask = async || {
            let phone = TcpStream::connect(link.addr()).await.unwrap();
            write(&phone, &noise(10_000)).await.unwrap();
            assert!(read_some(&phone, 10_000).await == noise(10_000));
        };
        tokio::join!(ask(), ask());
        assert!(start.elapsed() >= Duration::from_millis(200));
    }

    #[tokio::test]
    async fn a_cut_up_lets_exactly_that_much_through_once() {
        for bytes in [0, 1, 1000, 500_000] {
            let (listener, hub) = listen().await;
            let link = Link::start(hub, Line::perfect()).unwrap();
            link.cut_after(Cut { direction: Direction::Up, bytes: bytes as u64 });
            let phone = TcpStream::connect(link.addr()).await.unwrap();
            let sent = noise(bytes + 1);
            let (hub, _) = listener.accept().await.unwrap();
            let (got, _) = tokio::join!(read_some(&hub, usize::MAX), async { write(&phone, &sent).await });
            assert!(got == sent[..bytes]);
            assert!(read(&phone, &mut [0]).await.is_err());
            assert_eq!(link.counts().up_bytes, bytes as u64);
            assert!(!link.cut_pending());
            // The next connection is whole.
            let phone = TcpStream::connect(link.addr()).await.unwrap();
            write(&phone, &sent[..1]).await.unwrap();
            let (hub, _) = listener.accept().await.unwrap();
            assert_eq!(read_some(&hub, 1).await, sent[..1]);
        }
    }

    #[tokio::test]
    async fn a_cut_down_counts_open_connections_from_the_call() {
        let link = Link::start(echo().await, Line::perfect()).unwrap();
        let phone = TcpStream::connect(link.addr()).await.unwrap();
        write(&phone, b"before").await.unwrap();
        assert_eq!(read_some(&phone, 6).await, b"before");
        link.cut_after(Cut { direction: Direction::Down, bytes: 4 });
        write(&phone, b"abc").await.unwrap();
        assert_eq!(read_some(&phone, 3).await, b"abc");
        assert!(link.cut_pending());
        // A new wish replaces the old one, and counts from zero.
        link.cut_after(Cut { direction: Direction::Down, bytes: 2 });
        write(&phone, b"def").await.unwrap();
        assert_eq!(read_some(&phone, usize::MAX).await, b"de");
        assert!(!link.cut_pending());
        assert_eq!(link.counts().down_bytes, 11);
    }

    #[tokio::test]
    async fn refusing_ends_open_and_new_connections() {
        let link = Link::start(echo().await, Line::perfect()).unwrap();
        let open = TcpStream::connect(link.addr()).await.unwrap();
        write(&open, b"x").await.unwrap();
        assert_eq!(read_some(&open, 1).await, b"x");
        link.refuse(true);
        assert!(read(&open, &mut [0]).await.is_err());
        if let Ok(new) = TcpStream::connect(link.addr()).await {
            assert!(read(&new, &mut [0]).await.is_err());
        }
        link.refuse(false);
        assert_eq!(link.counts().connections, 2);
        let phone = TcpStream::connect(link.addr()).await.unwrap();
        write(&phone, b"x").await.unwrap();
        assert_eq!(read_some(&phone, 1).await, b"x");
        // Even an outage that is over before anyone could look ends what was open.
        link.refuse(true);
        link.refuse(false);
        assert!(read(&phone, &mut [0]).await.is_err());
    }

    #[tokio::test]
    async fn a_hub_that_is_not_there_resets_the_phone() {
        let (listener, hub) = listen().await;
        drop(listener);
        let link = Link::start(hub, Line::perfect()).unwrap();
        let phone = TcpStream::connect(link.addr()).await.unwrap();
        assert!(read(&phone, &mut [0]).await.is_err());
    }

    #[tokio::test]
    async fn a_request_is_duplicated_once() {
        let (listener, hub) = listen().await;
        let (seen, mut requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let seen = seen.clone();
                tokio::spawn(async move {
                    loop {
                        let request = read_some(&stream, POST.len()).await;
                        if request.is_empty() {
                            return;
                        }
                        seen.send(request).unwrap();
                        let _ = write(&stream, ANSWER).await;
                    }
                });
            }
        });
        let link = Link::start(hub, Line::perfect()).unwrap();
        assert_eq!(link.replay_status().await, None);
        link.duplicate_next_request();
        let phone = TcpStream::connect(link.addr()).await.unwrap();
        write(&phone, &POST[..30]).await.unwrap();
        write(&phone, &POST[30..]).await.unwrap();
        assert_eq!(requests.recv().await.unwrap(), POST);
        assert_eq!(link.replay_status().await, Some(200));
        assert_eq!(requests.recv().await.unwrap(), POST);
        let answer = read_some(&phone, ANSWER.len()).await;
        assert_eq!(answer, ANSWER);
        write(&phone, POST).await.unwrap();
        read_some(&phone, ANSWER.len()).await;
        // Not a third time, and nothing of the duplicate in the counts.
        assert_eq!(requests.recv().await.unwrap(), POST);
        assert!(requests.try_recv().is_err());
        let counts = link.counts();
        assert_eq!(counts.up_bytes, 2 * POST.len() as u64);
        assert_eq!(counts.connections, 1);
    }

    #[tokio::test]
    async fn dropping_the_link_ends_its_connections() {
        let link = Link::start(echo().await, Line::perfect()).unwrap();
        let phone = TcpStream::connect(link.addr()).await.unwrap();
        write(&phone, b"x").await.unwrap();
        assert_eq!(read_some(&phone, 1).await, b"x");
        drop(link);
        assert!(read_some(&phone, 1).await.is_empty());
    }
}
