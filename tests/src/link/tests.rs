//! The line itself under test: what it delays, counts, cuts and repeats.
#![allow(clippy::unwrap_used)]

use super::carry::{read, shut, write};
use super::http::{Requests, message_end, status};
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
