//! The outline of a JPEG file (ITU-T T.81), read without decoding it: its size, whether it is whole, what it carries beside
//! the picture. Decoders show a cut file with grey below the cut; here it is told apart.

/// What a JPEG file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Whether anything but the picture is in it: position, times, profiles, comments.
    pub metadata: bool,
    /// Where the picture ends; phones append further pictures and films.
    pub end: usize,
}

/// Why there is no outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Not in the form of a JPEG file.
    Form,
    /// It ends before the picture does.
    Cut,
}

/// The outline of the JPEG file that `bytes` begin with.
pub fn outline(bytes: &[u8]) -> Result<Outline, Broken> {
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return Err(Broken::Form);
    }
    let byte = |at: usize| bytes.get(at).copied().ok_or(Broken::Cut);
    let (mut at, mut size, mut metadata, mut scanned) = (2, None, false, false);
    loop {
        if byte(at)? != 0xff {
            return Err(Broken::Form);
        }
        // Any number of fill bytes may stand before a marker.
        while byte(at)? == 0xff {
            at += 1;
        }
        let marker = byte(at)?;
        at += 1;
        match marker {
            0xd9 => {
                let (width, height) = size.filter(|_| scanned).ok_or(Broken::Form)?;
                return Ok(Outline { width, height, metadata, end: at });
            }
            0x00 | 0x01 | 0xd0..=0xd8 => return Err(Broken::Form),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([byte(at)?, byte(at + 1)?]));
        let segment = bytes.get(at + 2..at + length).ok_or(if length < 2 { Broken::Form } else { Broken::Cut })?;
        match marker {
            // All frames but those of the tables C4, C8, CC.
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&marker) => {
                let number = |at: usize| segment.get(at..at + 2).map(|b| u32::from(u16::from_be_bytes([b[0], b[1]]))).filter(|n| *n > 0);
                size = Some((number(3).ok_or(Broken::Form)?, number(1).ok_or(Broken::Form)?));
            }
            // JFIF's own segment without a preview, and nothing else, belongs to the picture.
            0xe0 => metadata |= !(segment.starts_with(b"JFIF\0") && segment.len() == 14),
            0xe1..=0xef | 0xfe => metadata = true,
            _ => {}
        }
        at += length;
        if marker == 0xda {
            scanned = true;
            at = end_of_scan(bytes, at).ok_or(Broken::Cut)?;
        }
    }
}

/// Where the next marker stands after coded data: within it FF is followed by 00, or by a restart marker.
fn end_of_scan(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|b| *b == 0xff)?;
        match bytes.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            _ => return Some(at),
        }
    }
}
