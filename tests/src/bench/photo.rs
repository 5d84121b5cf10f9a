//! The photo pipeline: a 12-megapixel JPEG as phones take it, prepared; beside the plain way with the `image` crate alone.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use gridwalk_core::photos::prepare;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;

use super::{Line, NO_TARGET, Result, child, median, peak_mib};
use crate::pictures::{jpeg, with_exif};

const RUNS: u64 = 7;

/// The rows of the photo pipeline: time, and the peak of a new process's resident memory.
pub fn lines(folder: &Path) -> Result<[Line; 2]> {
    Ok([time()?, peak(folder)?])
}

fn peak(folder: &Path) -> Result<Line> {
    std::fs::create_dir_all(folder)?;
    let taken = folder.join("taken.jpg");
    std::fs::write(&taken, with_exif(&jpeg(4000, 3000, 1), 6))?;
    let value = child(&["child-photo", taken.to_str().unwrap_or_default()])?;
    let yardstick = format!("the picture's pixels alone {:.0} MiB", f64::from(4000 * 3000 * 3) / f64::from(1 << 20));
    Ok(Line { name: "photo_peak_mib", value, unit: "MiB", target: NO_TARGET, yardstick })
}

/// A new process: prepares the picture in a file. Returns its peak resident memory in MiB.
pub fn child_photo(taken: &str) -> Result<Vec<String>> {
    black_box(prepare(&std::fs::read(taken)?)?);
    Ok(vec![peak_mib()?.to_string()])
}

fn time() -> Result<Line> {
    let (mut ours, mut plain, mut bytes) = (Vec::new(), Vec::new(), [0, 0, 0]);
    for seed in 0..RUNS {
        let taken = with_exif(&jpeg(4000, 3000, seed + 1), 6);
        // In turns, so that both meet the same machine.
        let started = Instant::now();
        let made = prepare(&taken)?;
        ours.push(started.elapsed().as_secs_f64() * 1000.0);
        bytes = [taken.len(), made.original.len(), made.thumbnail.len()];
        let started = Instant::now();
        black_box(plainly(&taken)?);
        plain.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    let [taken, original, thumbnail] = bytes.map(|n| n / 1000);
    Ok(Line {
        name: "photo_12mp_ms",
        value: median(&mut ours),
        unit: "ms",
        target: 400.0,
        yardstick: format!("image crate: decode, scale, encode twice, no checks {:.0} ms; {taken} kB → {original} kB + {thumbnail} kB", median(&mut plain)),
    })
}

/// Decoded, scaled and encoded as anyone would first write it, and a thumbnail of fixed quality.
fn plainly(taken: &[u8]) -> Result<[Vec<u8>; 2]> {
    let decoded = image::load_from_memory(taken)?.rotate90();
    let original = decoded.resize(1600, 1600, FilterType::Lanczos3);
    let thumbnail = original.resize(256, 256, FilterType::Lanczos3);
    let mut made = [Vec::new(), Vec::new()];
    for (bytes, (picture, quality)) in made.iter_mut().zip([(original, 82), (thumbnail, 50)]) {
        picture.write_with_encoder(JpegEncoder::new_with_quality(bytes, quality))?;
    }
    Ok(made)
}
