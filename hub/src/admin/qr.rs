//! Invites as QR codes: for a terminal, and as an image to print or to show.

use qrcode::render::{svg, unicode};
use qrcode::{Color, EcLevel, QrCode};

use crate::error::{HubError, Result};

/// Light modules that a QR code (ISO/IEC 18004) needs around it.
const QUIET: usize = 4;
/// Dots of the image for each module: a link makes an image of some 600 × 600.
const SCALE: usize = 8;

/// The code in half blocks, two modules a character: an invite fits into 80 columns. Light on dark, as most terminals are.
pub fn terminal(text: &str) -> Result<String> {
    let code = code(text, EcLevel::L)?;
    Ok(code.render::<unicode::Dense1x2>().dark_color(unicode::Dense1x2::Light).light_color(unicode::Dense1x2::Dark).build())
}

/// The code as an SVG image.
pub fn svg(text: &str) -> Result<String> {
    Ok(code(text, EcLevel::M)?.render::<svg::Color<'_>>().module_dimensions(SCALE as u32, SCALE as u32).build())
}

/// The code as a PNG image.
pub fn png(text: &str) -> Result<Vec<u8>> {
    let code = code(text, EcLevel::M)?;
    let modules = code.width() + 2 * QUIET;
    let side = modules * SCALE;
    let dark = |x: usize, y: usize| {
        let module = |at: usize| (at / SCALE).checked_sub(QUIET).filter(|m| *m < code.width());
        module(x).zip(module(y)).is_some_and(|at| code[at] == Color::Dark)
    };
    let dots: Vec<u8> = (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).map(|(x, y)| if dark(x, y) { 0 } else { 255 }).collect();
    let mut file = Vec::new();
    let side = u32::try_from(side).map_err(|_| too_long())?;
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    let write = |mut encoder: png::Writer<&mut Vec<u8>>| encoder.write_image_data(&dots);
    encoder.write_header().and_then(write).map_err(|e| HubError::Usage(e.to_string()))?;
    Ok(file)
}

fn code(text: &str, level: EcLevel) -> Result<QrCode> {
    QrCode::with_error_correction_level(text, level).map_err(|_| too_long())
}

fn too_long() -> HubError {
    HubError::usage("链接太长，无法生成二维码", "the link is too long for a QR code")
}
