//! Pictures made by rule: nothing is copied from anywhere, and the same seed gives the same bytes.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Pixels in RGB that compress as photos do: slopes of light, soft shapes, edges, and the grain of a sensor.
pub fn scenery(width: u32, height: u32, seed: u64) -> Vec<u8> {
    let mut noise = seed | 1;
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    let phase = f64::from(u32::try_from(seed % 628).unwrap_or(0)) / 100.0;
    // A row and a column of waves each: a photo's large shapes without a sine for each pixel.
    let wave = |length: u32, turns: f64| -> Vec<f64> { (0..length).map(|n| (f64::from(n) / f64::from(length) * turns + phase).sin()).collect() };
    let (across, down, fine) = (wave(width, 9.0), wave(height, 7.0), wave(width, 160.0));
    for y in 0..height {
        let sky = 1.0 - f64::from(y) / f64::from(height);
        for x in 0..width {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            #[expect(clippy::cast_precision_loss)]
            let grain = ((noise >> 40) & 0xff) as f64 / 255.0 - 0.5;
            let (x, y) = (x as usize, y as usize);
            let shape = across[x] * down[y];
            // Windows of a house: hard edges.
            let wall = if (x / 97 + y / 131).is_multiple_of(3) { 38.0 } else { 0.0 };
            let light = 105.0 + 80.0 * shape + 9.0 * fine[x] + wall + 11.0 * grain;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            pixels.extend([light + 20.0 * sky, light, light - 25.0 * sky + 12.0 * down[y]].map(|c| c.clamp(0.0, 255.0) as u8));
        }
    }
    pixels
}

/// A JPEG as a phone's camera writes it.
pub fn jpeg(width: u32, height: u32, seed: u64) -> Vec<u8> {
    encode(&scenery(width, height, seed), width, height, 90)
}

/// Pixels in RGB as JPEG of this quality.
pub fn encode(pixels: &[u8], width: u32, height: u32, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let side = |length: u32| u16::try_from(length).expect("a side of at most 65,535");
    encoder.encode(pixels, side(width), side(height), ColorType::Rgb).expect("a picture in memory");
    bytes
}

/// The JPEG with an Exif segment as phones write it: orientation, maker, time, and a position.
pub fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat();
    // The first directory: five entries of 12 bytes behind their number, then where the next directory is: nowhere.
    let after = 8 + 2 + 4 * 12 + 4;
    tiff.extend(4u16.to_be_bytes());
    tiff.extend(entry(0x010f, 2, 12, u32::to_be_bytes(after)));
    tiff.extend(entry(0x0112, 3, 1, [0, orientation, 0, 0]));
    tiff.extend(entry(0x0132, 2, 20, u32::to_be_bytes(after + 12)));
    tiff.extend(entry(0x8825, 4, 1, u32::to_be_bytes(after + 32)));
    tiff.extend([0; 4]);
    tiff.extend(b"SecretMaker\0");
    tiff.extend(b"2026:03:02 08:00:00\0");
    // The directory of the position: 32° N, with the degrees behind it.
    tiff.extend(2u16.to_be_bytes());
    tiff.extend(entry(0x0001, 2, 2, *b"N\0\0\0"));
    tiff.extend(entry(0x0002, 5, 3, u32::to_be_bytes(after + 32 + 2 + 24 + 4)));
    tiff.extend([0; 4]);
    for number in [32u32, 1, 38, 1, 30, 1] {
        tiff.extend(number.to_be_bytes());
    }
    let segment = [b"Exif\0\0", tiff.as_slice()].concat();
    let length = u16::try_from(segment.len() + 2).expect("a short segment").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
}
