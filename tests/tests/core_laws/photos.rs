//! What the photo pipeline makes of what comes: upright, small, without anything but the picture; and what it refuses, in words.

use gridwalk_core::photos::{LONGEST_SIDE, ORIGINAL_BYTES, THUMBNAIL_BYTES, is_prepared, prepare};
use gridwalk_core::{ErrorKind, Result};
use gridwalk_tests::pictures::{encode, jpeg, scenery, with_exif};
use image::{DynamicImage, ImageFormat, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};

fn opened(bytes: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(bytes, ImageFormat::Jpeg).unwrap().into_rgb8()
}

fn saved(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The words of a refusal.
fn refusal<T: std::fmt::Debug>(result: Result<T>) -> String {
    let e = result.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Invalid, "{e}");
    assert!(!e.message_zh().is_ascii());
    e.message_en().to_owned()
}

/// A quarter of a picture in each of four colours, so that any turn shows: red, green / blue, white.
fn quarters(width: u32, height: u32) -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            pixels.extend(match (x < width / 2, y < height / 2) {
                (true, true) => [255, 0, 0],
                (false, true) => [0, 255, 0],
                (true, false) => [0, 0, 255],
                (false, false) => [255, 255, 255],
            });
        }
    }
    pixels
}

#[test]
fn a_photo_becomes_small_and_keeps_its_looks() {
    let taken = jpeg(2400, 1800, 1);
    let made = prepare(&taken).unwrap();
    assert_eq!((made.width, made.height), (1600, 1200));
    assert!(made.original.len() < taken.len() / 2 && made.original.len() <= ORIGINAL_BYTES, "{}", made.original.len());
    assert!(made.thumbnail.len() <= THUMBNAIL_BYTES, "{}", made.thumbnail.len());
    assert!(is_prepared(&made.original, Some((1600, 1200))) && is_prepared(&made.thumbnail, None));
    assert_eq!(made, prepare(&taken).unwrap(), "the same bytes each time");
    // Small enough to send, large enough to be recognised.
    let thumbnail = opened(&made.thumbnail);
    assert!(thumbnail.width() >= 200, "{}", thumbnail.width());
    // Within a few steps of 255 of a plain reduction, on average.
    let plain = image::imageops::thumbnail(&opened(&taken), 1600, 1200);
    let off: u64 = plain.iter().zip(opened(&made.original).iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(off / (plain.len() as u64) < 8, "{}", off / plain.len() as u64);
}

#[test]
fn a_thumbnail_and_an_original_always_fit() {
    let mut noise = 7u64;
    let mut grain = |count: usize| -> Vec<u8> {
        (0..count)
            .map(|_| {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                (noise >> 32) as u8
            })
            .collect()
    };
    // Pure noise is the worst there is; long strips and single pixels are the oddest.
    for (width, height) in [(1600, 1600), (2400, 1800), (3000, 20), (20, 3000), (1, 1), (7, 5)] {
        let made = prepare(&encode(&grain(width as usize * height as usize * 3), width, height, 95)).unwrap();
        assert!(made.thumbnail.len() <= THUMBNAIL_BYTES, "{width}×{height}: {}", made.thumbnail.len());
        assert!(made.original.len() <= ORIGINAL_BYTES, "{width}×{height}: {}", made.original.len());
        assert!(made.width.max(made.height) <= LONGEST_SIDE);
        assert!(is_prepared(&made.original, Some((made.width, made.height))) && is_prepared(&made.thumbnail, None), "{width}×{height}");
    }
}

#[test]
fn every_orientation_is_set_upright_and_nothing_but_the_picture_is_left() {
    // What the corners must show, in reading order, for each of Exif's eight orientations.
    let (r, g, b, w) = ('r', 'g', 'b', 'w');
    let upright = [[r, g, b, w], [g, r, w, b], [w, b, g, r], [b, w, r, g], [r, b, g, w], [b, r, w, g], [w, g, b, r], [g, w, r, b]];
    let lying = encode(&quarters(240, 120), 240, 120, 92);
    for (n, expected) in (1..=8).zip(upright) {
        let taken = with_exif(&lying, n);
        assert!(taken.windows(11).any(|w| w == b"SecretMaker"));
        let made = prepare(&taken).unwrap();
        assert_eq!((made.width, made.height), if n < 5 { (240, 120) } else { (120, 240) }, "{n}");
        let picture = opened(&made.original);
        let (far_x, far_y) = (made.width - 12, made.height - 12);
        let seen = [(12, 12), (far_x, 12), (12, far_y), (far_x, far_y)].map(|(x, y)| match picture.get_pixel(x, y).0.map(|c| c > 128) {
            [true, false, false] => r,
            [false, true, false] => g,
            [false, false, true] => b,
            [true, true, true] => w,
            other => panic!("{other:?}"),
        });
        assert_eq!(seen, expected, "orientation {n}");
        for bytes in [&made.original, &made.thumbnail] {
            assert!(!bytes.windows(4).any(|w| w == b"Exif") && !bytes.windows(6).any(|w| w == b"Secret"), "{n}");
        }
        assert!(is_prepared(&made.original, Some((made.width, made.height))));
        assert!(!is_prepared(&taken, Some((240, 120))), "what has metadata is not what the pipeline makes");
    }
}

#[test]
fn other_formats_are_converted() {
    let rgb = RgbImage::from_raw(300, 200, scenery(300, 200, 3)).unwrap();
    let rgb = DynamicImage::ImageRgb8(rgb);
    let variants = [
        saved(&rgb, ImageFormat::Png),
        saved(&rgb, ImageFormat::WebP),
        saved(&DynamicImage::ImageLuma8(rgb.to_luma8()), ImageFormat::Png),
        saved(&DynamicImage::ImageLumaA8(rgb.to_luma_alpha8()), ImageFormat::Png),
        saved(&DynamicImage::ImageRgb16(rgb.to_rgb16()), ImageFormat::Png),
        saved(&DynamicImage::ImageRgba16(rgb.to_rgba16()), ImageFormat::Png),
        saved(&DynamicImage::ImageLuma8(rgb.to_luma8()), ImageFormat::Jpeg),
    ];
    for (n, taken) in variants.iter().enumerate() {
        let made = prepare(taken).unwrap_or_else(|e| panic!("{n}: {e}"));
        let picture = opened(&made.original);
        let grey = rgb.to_luma8();
        let off: u64 = image::imageops::grayscale(&picture).iter().zip(grey.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(off / (grey.len() as u64) < 8, "{n}: {}", off / grey.len() as u64);
    }
    // What is transparent is white, as on paper.
    let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(40, 40, Rgba([0, 0, 0, 0])));
    assert!(opened(&prepare(&saved(&clear, ImageFormat::Png)).unwrap().original).iter().all(|c| *c > 250));
    // Printers' colours come out as colours.
    let mut cmyk = Vec::new();
    let ink: Vec<u8> = [0, 255, 255, 0].repeat(64 * 64);
    Encoder::new(&mut cmyk, 95).encode(&ink, 64, 64, ColorType::Cmyk).unwrap();
    let red = opened(&prepare(&cmyk).unwrap().original).get_pixel(32, 32).0;
    assert!(red[0] > 180 && red[1] < 80 && red[2] < 80, "{red:?}");
    // Progressive files are read as well, and a file that goes on after the picture (a film, a second picture) ends with it.
    let mut progressive = Vec::new();
    let mut encoder = Encoder::new(&mut progressive, 85);
    encoder.set_progressive(true);
    encoder.encode(&scenery(300, 200, 3), 300, 200, ColorType::Rgb).unwrap();
    let alone = prepare(&progressive).unwrap();
    progressive.extend(b"MotionPhoto_Data and 31.23N 121.47E");
    assert_eq!(prepare(&progressive).unwrap(), alone);
}

#[test]
fn what_is_no_picture_is_refused_in_words() {
    for junk in [&b""[..], b"\xff", b"\xff\xd8", b"hello, not a picture", &[0; 4096], b"%PDF-1.7 ...", b"PK\x03\x04 office"] {
        let words = refusal(prepare(junk));
        assert!(words.contains("not a picture") || words.contains("damaged") || words.contains("cut off"), "{words}");
    }
    let heic = [&[0, 0, 0, 24][..], b"ftypheic", &[0; 64]].concat();
    assert!(refusal(prepare(&heic)).contains("HEIC"));
    assert!(refusal(prepare(b"GIF89a\x01\0\x01\0\0\0\0")).contains("moving"));
    assert!(refusal(prepare(&vec![0xff; 33 << 20])).contains("32 MB"));
    // The name of a file is never looked at: a JPEG called .png is a JPEG; what only calls itself one is not.
    let good = jpeg(64, 64, 5);
    assert!(prepare(&good).is_ok());
    let dressed = [&good[..2], b"then something else entirely"].concat();
    refusal(prepare(&dressed));
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let good = jpeg(640, 480, 6);
    for part in [good.len() - 1, good.len() - 2, good.len() / 2, good.len() / 10, 400] {
        assert!(refusal(prepare(&good[..part])).contains("cut off"), "{part} of {}", good.len());
    }
    let picture = DynamicImage::ImageRgb8(RgbImage::from_raw(64, 48, scenery(64, 48, 6)).unwrap());
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let whole = saved(&picture, format);
        refusal(prepare(&whole[..whole.len() / 2]));
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_decoded() {
    // 65,500 × 65,500 pixels declared in a small file, in every format's own head.
    let mut bomb = jpeg(64, 64, 7);
    let frame = bomb.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bomb[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    assert!(refusal(prepare(&bomb)).contains("64 million"));
    // 100 megapixels in truth, of one colour: 10,000 × 10,000 in some kilobytes.
    let started = std::time::Instant::now();
    let mut png = saved(&DynamicImage::new_luma8(16, 16), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
    let crc = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&crc);
    assert!(refusal(prepare(&png)).contains("64 million"));
    let mut webp = saved(&DynamicImage::new_rgb8(16, 16), ImageFormat::WebP);
    let head = webp.windows(4).position(|w| w == b"VP8L").unwrap() + 9;
    // 14 bits a side: 16,384 × 16,384.
    webp[head..head + 4].copy_from_slice(&[0xff, 0xff, 0xff, 0x0f]);
    // A decoder may find the head damaged before its size is asked.
    refusal(prepare(&webp));
    assert!(started.elapsed().as_secs() < 3, "{:?}", started.elapsed());
}

#[test]
fn no_byte_changed_anywhere_brings_the_pipeline_down() {
    let good = with_exif(&jpeg(48, 40, 8), 6);
    let png = saved(&DynamicImage::ImageRgb8(RgbImage::from_raw(48, 40, scenery(48, 40, 8)).unwrap()), ImageFormat::Png);
    let webp = saved(&DynamicImage::ImageRgb8(RgbImage::from_raw(48, 40, scenery(48, 40, 8)).unwrap()), ImageFormat::WebP);
    for whole in [good, png, webp] {
        for at in 0..whole.len().min(900) {
            let mut broken = whole.clone();
            broken[at] ^= 0xff;
            // Whatever is said of it, what comes out is bounded.
            if let Ok(made) = prepare(&broken) {
                assert!(made.original.len() <= ORIGINAL_BYTES && made.thumbnail.len() <= THUMBNAIL_BYTES);
            }
        }
    }
}

/// The checksum of PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 }))
}
