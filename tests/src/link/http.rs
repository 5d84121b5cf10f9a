//! Where HTTP messages end in what passes: to have a request at hand that is to be sent again.

use super::HEAD_LIMIT;

/// Finds the requests in what a phone sends, to have them at hand if one is to be sent again.
#[derive(Default)]
pub(super) struct Requests {
    current: Vec<u8>,
    pub(super) not_http: bool,
}

impl Requests {
    /// Takes the next bytes of the stream; gives the requests they complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
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
pub(super) fn message_end(bytes: &[u8]) -> Option<usize> {
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
pub(super) fn chunks_end(bytes: &[u8], mut at: usize) -> Option<usize> {
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
pub(super) fn head_end(bytes: &[u8]) -> Option<usize> {
    find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

/// The status of the HTTP answer at the start of `bytes`.
pub(super) fn status(bytes: &[u8]) -> Option<u16> {
    let rest = bytes.strip_prefix(b"HTTP/1.")?;
    std::str::from_utf8(rest.get(2..5)?).ok()?.parse().ok()
}

pub(super) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}
