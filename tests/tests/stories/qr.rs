//! Invites as QR codes: what a camera reads from the picture or the terminal is the link.

use gridwalk_core::identity::{DeviceKey, Invite};
use gridwalk_core::ids::{Actor, Id};
use gridwalk_hub::admin::qr;

/// What a camera reads from an image of this many dots a side.
fn scanned(side: usize, dot: impl FnMut(usize, usize) -> u8) -> Invite {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, dot);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1.parse().unwrap()
}

/// As long as links get.
fn invite() -> Invite {
    let key = DeviceKey::from_bytes(&[3; 32]).public();
    let place = Id { actor: Actor([7; 12]), counter: 12_345 };
    Invite {
        hub: "https://gridwalk.maojian.shiyan.gov.cn:8443".into(),
        tenant: "wuyan".into(),
        role: "grid_worker".into(),
        audiences: vec!["community".into(), format!("place:{place}"), format!("person:{place}")],
        code: "abcdef-ghjkmnpqrstuvwxy".into(),
        key: key.clone(),
        spare: key,
    }
}

#[test]
fn the_png_reads_back_as_the_link() {
    let file = qr::png(&invite().to_string()).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut dots = vec![0; reader.output_buffer_size().unwrap()];
    let side = reader.next_frame(&mut dots).unwrap().width as usize;
    assert_eq!(scanned(side, |x, y| dots[y * side + x]), invite());
}

#[test]
fn the_terminals_code_fits_80_columns_and_reads_back_as_the_link() {
    let text = qr::terminal(&invite().to_string()).unwrap();
    let lines: Vec<Vec<char>> = text.lines().map(|l| l.chars().collect()).collect();
    let side = lines[0].len();
    assert!(side <= 80, "{side} columns");
    // A block drawn is a lit dot: light.
    let lit = |x: usize, y: usize| match lines.get(y / 2).and_then(|l| l.get(x)) {
        Some('█') => true,
        Some('▀') => y.is_multiple_of(2),
        Some('▄') => !y.is_multiple_of(2),
        _ => false,
    };
    assert_eq!(scanned(side * 4, |x, y| if lit(x / 4, y / 4) { 255 } else { 0 }), invite());
}

#[test]
fn the_svg_is_an_image_and_what_does_not_fit_is_refused() {
    let drawn = qr::svg(&invite().to_string()).unwrap();
    assert!(drawn.starts_with("<?xml") && drawn.trim_end().ends_with("</svg>"));
    let long = "x".repeat(4_000);
    assert!(qr::terminal(&long).is_err() && qr::svg(&long).is_err() && qr::png(&long).is_err());
}
