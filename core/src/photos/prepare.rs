//! The pipeline: taken bytes become an upright JPEG of bounded size without anything but the picture, and a thumbnail. The
//! bytes may come from anywhere: their size and the picture's are looked at before anything is decoded.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, Limits, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::jpeg::{self, Broken};
use crate::error::{Error, Result};
use crate::identity::cipher::sha256;

/// The longest side of an original, in pixels.
pub const LONGEST_SIDE: u32 = 1600;
/// The largest original, in bytes.
pub const ORIGINAL_BYTES: usize = 1 << 20;
/// The largest thumbnail, in bytes.
pub const THUMBNAIL_BYTES: usize = 6 << 10;
/// The largest file that is looked at, in bytes.
pub const TAKEN_BYTES: usize = 32 << 20;
/// The most pixels that are decoded: more than phones take unless asked to.
pub const TAKEN_PIXELS: u64 = 64_000_000;
/// The most memory that decoded pixels take, in bytes.
const DECODED_BYTES: u64 = 192 << 20;

/// Qualities of an original, tried in turn until it is small enough.
const QUALITIES: [u8; 6] = [82, 74, 64, 50, 35, 15];
/// Longest sides of a thumbnail in pixels, tried in turn: the largest that keeps a fair quality is taken.
const THUMBNAIL_SIDES: [u32; 6] = [320, 256, 200, 150, 100, 48];
/// The qualities between which a thumbnail's is searched.
const THUMBNAIL_QUALITIES: (u8, u8) = (38, 82);

/// A photo as it is kept and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedPhoto {
    /// The picture: JPEG, upright, no metadata, at most [`ORIGINAL_BYTES`].
    pub original: Vec<u8>,
    /// The same, small: at most [`THUMBNAIL_BYTES`].
    pub thumbnail: Vec<u8>,
    /// The original's width in pixels.
    pub width: u32,
    /// The original's height in pixels.
    pub height: u32,
}

/// Prepares what a camera or a file gave.
///
/// # Errors
/// `invalid`, in words for a person: too large, not a picture, cut off, animated, a format that is not read.
pub fn prepare(taken: &[u8]) -> Result<PreparedPhoto> {
    if taken.len() > TAKEN_BYTES {
        return Err(Error::invalid("照片文件超过32MB，请用普通照片模式重新拍摄", "the photo's file is larger than 32 MB; take it again in the ordinary mode"));
    }
    // Decoders are made for hostile bytes, and yet: a panic of theirs must not end the app.
    catch_unwind(AssertUnwindSafe(|| prepare_unguarded(taken))).unwrap_or_else(|_| Err(unreadable()))
}

/// Whether `bytes` are what [`prepare`] makes of a picture of this size in pixels: a whole JPEG of exactly that size with nothing
/// beside the picture, and no other bytes after it.
pub fn is_prepared(bytes: &[u8], size: Option<(u32, u32)>) -> bool {
    jpeg::outline(bytes).is_ok_and(|o| {
        let fits = size.map_or(o.width.max(o.height) <= THUMBNAIL_SIDES[0], |size| size == (o.width, o.height));
        fits && !o.metadata && o.end == bytes.len()
    })
}

/// The name of a file: the SHA-256 of its bytes in hex.
pub fn file_hash(bytes: &[u8]) -> String {
    crate::documents::hash_text(&sha256(bytes))
}

fn prepare_unguarded(taken: &[u8]) -> Result<PreparedPhoto> {
    let mut decoder = decoder(taken)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    if decoder.total_bytes() > DECODED_BYTES {
        return Err(too_many_pixels());
    }
    // A picture whose orientation cannot be read is shown as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let decoded = DynamicImage::from_decoder(decoder).map_err(not_decoded)?;
    let upright = turned(scaled(&decoded, LONGEST_SIDE)?, orientation);
    drop(decoded);
    let original = QUALITIES.iter().map(|q| encoded(&upright, *q)).find(|made| made.as_ref().map_or(true, |bytes| bytes.len() <= ORIGINAL_BYTES));
    let original = original.unwrap_or_else(|| Err(unreadable()))?;
    let (width, height) = upright.dimensions();
    let upright = DynamicImage::ImageRgb8(upright);
    Ok(PreparedPhoto { original, thumbnail: thumbnail(&upright)?, width, height })
}

/// A decoder for these bytes that has read no more than their head.
fn decoder(taken: &[u8]) -> Result<Box<dyn ImageDecoder + '_>> {
    let limits = || {
        let mut limits = Limits::default();
        limits.max_alloc = Some(DECODED_BYTES);
        limits
    };
    match image::guess_format(taken) {
        Ok(ImageFormat::Jpeg) => {
            let outline = jpeg::outline(taken).map_err(|broken| if broken == Broken::Cut { cut() } else { unreadable() })?;
            check_size(outline.width, outline.height)?;
            Ok(Box::new(JpegDecoder::new(Cursor::new(&taken[..outline.end])).map_err(not_decoded)?))
        }
        Ok(ImageFormat::Png) => {
            let decoder = PngDecoder::with_limits(Cursor::new(taken), limits()).map_err(not_decoded)?;
            if decoder.is_apng().map_err(not_decoded)? { Err(animated()) } else { Ok(Box::new(decoder)) }
        }
        Ok(ImageFormat::WebP) => {
            let mut decoder = WebPDecoder::new(Cursor::new(taken)).map_err(not_decoded)?;
            check_size(decoder.dimensions().0, decoder.dimensions().1)?;
            decoder.set_limits(limits()).map_err(not_decoded)?;
            if decoder.has_animation() { Err(animated()) } else { Ok(Box::new(decoder)) }
        }
        Ok(ImageFormat::Gif) => Err(animated()),
        _ if is_heif(taken) => Err(Error::invalid(
            "这是 HEIC 照片，无法处理；请在相机设置里选用“兼容性最佳”（JPEG）后重新拍摄",
            "this is a HEIC photo, which is not read; choose the camera's most compatible format (JPEG) and take it again",
        )),
        _ => Err(Error::invalid("这不是照片，请选择 JPEG、PNG 或 WebP 图片", "this is not a picture; choose a JPEG, PNG or WebP")),
    }
}

/// ISO media files name their brand after `ftyp`; phones write these.
fn is_heif(bytes: &[u8]) -> bool {
    let brands: [&[u8]; 7] = [b"heic", b"heix", b"heif", b"hevc", b"mif1", b"msf1", b"avif"];
    bytes.get(4..8) == Some(b"ftyp") && bytes.get(8..12).is_some_and(|brand| brands.contains(&brand))
}

fn check_size(width: u32, height: u32) -> Result<()> {
    if u64::from(width) * u64::from(height) > TAKEN_PIXELS { Err(too_many_pixels()) } else { Ok(()) }
}

/// The picture in RGB with its longest side at most `longest`: what is transparent becomes white.
fn scaled(picture: &DynamicImage, longest: u32) -> Result<RgbImage> {
    let (width, height) = (picture.width(), picture.height());
    let converted;
    let (pixels, bytes): (PixelType, &[u8]) = match picture {
        DynamicImage::ImageRgb8(rgb) => (PixelType::U8x3, &**rgb),
        DynamicImage::ImageLuma8(grey) => (PixelType::U8, &**grey),
        DynamicImage::ImageRgba8(rgba) => (PixelType::U8x4, &**rgba),
        other => {
            converted = other.to_rgba8();
            (PixelType::U8x4, &*converted)
        }
    };
    let side = width.max(height);
    let shorten =
        |length: u32| if side <= longest { length } else { (u64::from(length) * u64::from(longest)).div_ceil(u64::from(side)).try_into().unwrap_or(longest) };
    let (to_width, to_height) = (shorten(width), shorten(height));
    let made = if side <= longest {
        bytes.to_vec()
    } else {
        let from = ImageRef::new(width, height, bytes, pixels).map_err(|e| Error::internal("pixels").with_source(e))?;
        let mut to = Image::new(to_width, to_height, pixels);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
        Resizer::new().resize(&from, &mut to, &options).map_err(|e| Error::internal("scaling").with_source(e))?;
        to.into_vec()
    };
    let rgb = match pixels {
        PixelType::U8x3 => made,
        PixelType::U8 => made.iter().flat_map(|grey| [*grey; 3]).collect(),
        _ => made.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]].map(|c| on_white(c, p[3]))).collect(),
    };
    RgbImage::from_raw(to_width, to_height, rgb).ok_or_else(|| Error::internal("pixels"))
}

/// A colour of this opacity on white.
fn on_white(colour: u8, opacity: u8) -> u8 {
    let (colour, opacity) = (u16::from(colour), u16::from(opacity));
    // At most 255 × 255 / 255.
    u8::try_from((colour * opacity + 255 * (255 - opacity) + 127) / 255).unwrap_or(u8::MAX)
}

/// The picture as it was seen when it was taken. Turning is cheap after scaling.
fn turned(picture: RgbImage, orientation: Orientation) -> RgbImage {
    let mut picture = DynamicImage::ImageRgb8(picture);
    picture.apply_orientation(orientation);
    picture.into_rgb8()
}

/// The picture as JPEG, with halved colour as cameras do. The encoder's optimised tables would save some percent, but with halved
/// colour it writes pictures with them (0.7.1) that decoders show as green.
fn encoded(picture: &RgbImage, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let side = |length: u32| u16::try_from(length).map_err(|_| Error::internal("side"));
    let (width, height) = (side(picture.width())?, side(picture.height())?);
    encoder.encode(picture, width, height, ColorType::Rgb).map_err(|e| Error::internal("JPEG").with_source(e))?;
    Ok(bytes)
}

/// The picture in at most [`THUMBNAIL_BYTES`]: the largest size that keeps a fair quality, then the best quality that fits.
fn thumbnail(picture: &DynamicImage) -> Result<Vec<u8>> {
    let fits = |bytes: &Vec<u8>| bytes.len() <= THUMBNAIL_BYTES;
    for side in THUMBNAIL_SIDES {
        let small = scaled(picture, side)?;
        let (mut low, mut high) = THUMBNAIL_QUALITIES;
        let mut best = encoded(&small, low)?;
        if !fits(&best) {
            continue;
        }
        while high - low > 4 {
            let middle = low.midpoint(high);
            let made = encoded(&small, middle)?;
            if fits(&made) {
                (low, best) = (middle, made);
            } else {
                high = middle;
            }
        }
        return Ok(best);
    }
    // The smallest has fewer pixels than a thumbnail may have bytes.
    Err(Error::internal("thumbnail"))
}

fn not_decoded(e: ImageError) -> Error {
    match e {
        ImageError::Limits(_) => too_many_pixels().with_source(e),
        ImageError::IoError(ref io) if io.kind() == std::io::ErrorKind::UnexpectedEof => cut().with_source(e),
        _ => unreadable().with_source(e),
    }
}

fn too_many_pixels() -> Error {
    Error::invalid("照片超过6400万像素，请用普通照片模式重新拍摄", "the photo has more than 64 million pixels; take it again in the ordinary mode")
}

fn cut() -> Error {
    Error::invalid("照片文件不完整，请重新拍摄或选择", "the photo's file is cut off; take or choose it again")
}

fn animated() -> Error {
    Error::invalid("动图不能作为照片，请选择普通照片", "a moving picture is no photo; choose an ordinary one")
}

fn unreadable() -> Error {
    Error::invalid("照片已损坏或格式特殊，无法读取，请重新拍摄", "the photo is damaged or of an unusual format; take it again")
}
