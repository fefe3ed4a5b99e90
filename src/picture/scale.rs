//! A picture made as small as models look at it.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::FilterType;
use image::{DynamicImage, ImageResult, Rgb, RgbImage};

use crate::picture::{LONG_EDGE, MOST_SENT};
use crate::protocol::image::ImageKind;

/// Of JPEG, 1 to 100: text in a screenshot stays sharp.
const QUALITY: u8 = 90;
/// Where a picture is still too many bytes.
const LESS_QUALITY: u8 = 75;

/// Kind, width, height and bytes. What lost nothing before is a PNG, unless that is too many bytes.
pub(crate) fn smaller(
    image: DynamicImage,
    lossy: bool,
) -> Result<(ImageKind, u32, u32, Vec<u8>), String> {
    let image = fit(image);
    let (width, height) = (image.width(), image.height());
    let encoded = encode(&image, lossy).map_err(|error| error.to_string())?;
    let (kind, bytes) = encoded.ok_or_else(|| format!("it keeps more than {MOST_SENT} bytes"))?;
    Ok((kind, width, height, bytes))
}

fn fit(image: DynamicImage) -> DynamicImage {
    let long = image.width().max(image.height());
    if long <= LONG_EDGE {
        return image;
    }
    // The average of what is much larger, then the finer filter: on the whole of a photograph that one takes seconds.
    let image = if long > 4 * LONG_EDGE {
        image.thumbnail(2 * LONG_EDGE, 2 * LONG_EDGE)
    } else {
        image
    };
    image.resize(LONG_EDGE, LONG_EDGE, FilterType::CatmullRom)
}

/// `None` where no form is small enough.
fn encode(image: &DynamicImage, lossy: bool) -> ImageResult<Option<(ImageKind, Vec<u8>)>> {
    if !lossy || image.color().has_alpha() {
        let bytes = png(image)?;
        if bytes.len() <= MOST_SENT {
            return Ok(Some((ImageKind::Png, bytes)));
        }
    }
    let opaque = on_white(image);
    for quality in [QUALITY, LESS_QUALITY] {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&opaque)?;
        if bytes.len() <= MOST_SENT {
            return Ok(Some((ImageKind::Jpeg, bytes)));
        }
    }
    Ok(None)
}

fn png(image: &DynamicImage) -> ImageResult<Vec<u8>> {
    // Eight bits are all that models see.
    let image = if image.color().has_alpha() {
        DynamicImage::ImageRgba8(image.to_rgba8())
    } else {
        DynamicImage::ImageRgb8(image.to_rgb8())
    };
    let mut bytes = Cursor::new(Vec::new());
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, PngFilter::Adaptive);
    image.write_with_encoder(encoder)?;
    Ok(bytes.into_inner())
}

/// Without transparency, which JPEG has none of: what shows through is paper.
fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let image = image.to_rgba8();
    let mut opaque = RgbImage::new(image.width(), image.height());
    for (from, to) in image.pixels().zip(opaque.pixels_mut()) {
        let [red, green, blue, alpha] = from.0.map(u16::from);
        let mix = |part: u16| ((part * alpha + 255 * (255 - alpha)) / 255) as u8;
        *to = Rgb([mix(red), mix(green), mix(blue)]);
    }
    opaque
}
