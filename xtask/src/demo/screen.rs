//! QEMU's screen dumps (PPM) as PNG files.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// Writes the screen as PNG, with a palette where its colours fit one.
pub fn save(ppm: &[u8], path: &Path) -> Result<()> {
    let (width, height, pixels) = parse(ppm)?;
    let file = File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?;
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_compression(png::Compression::High);
    let indexed = index(pixels);
    let data = match &indexed {
        Some((palette, indices)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette.as_slice());
            indices
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            pixels
        }
    };
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    writer.finish().with_context(|| format!("cannot write `{}`", path.display()))
}

/// The colours and, for each pixel, which of them it has; `None` if there are more than 256.
fn index(pixels: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut palette, mut known) = (Vec::new(), BTreeMap::new());
    let mut indices = Vec::with_capacity(pixels.len() / 3);
    for colour in pixels.as_chunks::<3>().0 {
        let next = known.len();
        let index = *known.entry(*colour).or_insert(next);
        if index == next {
            palette.extend(colour);
        }
        indices.push(u8::try_from(index).ok()?);
    }
    Some((palette, indices))
}

/// Reads `P6 WIDTH HEIGHT 255` and the pixels behind it.
fn parse(ppm: &[u8]) -> Result<(u32, u32, &[u8])> {
    let mut rest = ppm;
    let mut word = || -> Option<&str> {
        let start = rest.iter().position(|b| !b.is_ascii_whitespace())?;
        let end = start + rest[start..].iter().position(u8::is_ascii_whitespace)?;
        let text = std::str::from_utf8(&rest[start..end]).ok()?;
        // One blank ends each word; behind the last one the pixels begin.
        rest = &rest[end + 1..];
        Some(text)
    };
    let header = (|| Some((word()?, word()?.parse::<u32>().ok()?, word()?.parse::<u32>().ok()?, word()?)))();
    let (magic, width, height, most) = header.context("the screen dump has no PPM header")?;
    ensure!(magic == "P6" && most == "255", "the screen dump is no binary PPM of 8 bits");
    ensure!(rest.len() == width as usize * height as usize * 3, "the screen dump is cut short");
    Ok((width, height, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_ppm() {
        assert_eq!(parse(b"P6\n2 1\n255\nabcdef").unwrap(), (2, 1, &b"abcdef"[..]));
        assert!(parse(b"P6\n2 1\n255\nabc").is_err());
        assert!(parse(b"P5\n2 1\n255\nab").is_err());
        assert!(parse(b"").is_err());
    }

    #[test]
    fn few_colours_make_a_palette() {
        assert_eq!(index(b"abcxyzabc"), Some((b"abcxyz".to_vec(), vec![0, 1, 0])));
        let many: Vec<u8> = (0..=256_u16).flat_map(|n| [n as u8, (n >> 8) as u8, 0]).collect();
        assert_eq!(index(&many), None);
    }

    #[test]
    fn a_pixel_may_look_like_a_blank() {
        assert_eq!(parse(b"P6 1 1 255\n\n \n").unwrap(), (1, 1, &b"\n \n"[..]));
    }
}
