//! Carrying connections: accepted, paced, cut, sent again.

use super::http::{Requests, head_end, message_end, status};
use super::*;

/// Accepts connections and owns every task of the link.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut replays: mpsc::UnboundedReceiver<Vec<u8>>) {
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

pub(super) async fn read(from: &TcpStream, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        from.readable().await?;
        match from.try_read(buf) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}

pub(super) async fn write(to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
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
pub(super) async fn shut<W: AsyncWrite + Unpin>(to: &mut W) -> io::Result<()> {
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
