//! Pictures from files and clipboards: what they are is told by their bytes, and they are made as small as models look at
//! them. Everything here may block, and takes up to a second for a large one.

mod path;
mod scale;
#[cfg(test)]
mod trial;

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Component, Path, PathBuf};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use rustix::fs::{FileType, Mode, OFlags};

use crate::agent::{digest, visible};
use crate::disk::folder;
use crate::protocol::image::{Image, ImageKind, Source};

/// The largest file that is read: a photograph of 48 million pixels has half of it.
pub const MOST_BYTES: u64 = 32 << 20;

/// The most pixels that are decoded, told from the head of the file before anything is: a small file can say that it is
/// enormous.
pub const MOST_PIXELS: u64 = 64_000_000;

/// Whether these bytes begin as those of a picture that is kept.
pub fn is_one(bytes: &[u8]) -> bool {
    let kept = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP];
    image::guess_format(bytes).is_ok_and(|format| kept.contains(&format))
}

/// No side is longer: four bytes of a header can say anything.
pub const LONGEST_SIDE: u32 = 32_000;

/// What decoding may take of the memory: the pixels with 8 bytes each.
const MOST_MEMORY: u64 = MOST_PIXELS * 8;

/// The longest edge that is sent, in pixels. Anthropic scales down what is longer; others look at less.
pub const LONG_EDGE: u32 = 1568;

/// The most bytes that are sent: as base64 they come to Anthropic's limit of 5 MB, the narrowest.
pub const MOST_SENT: usize = 3_700_000;

/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 80;

/// A picture ready to be kept and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub image: Image,
    pub bytes: Vec<u8>,
}

/// Why there is no picture; each says so in one line that names it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not there, or something else: whoever guessed that it is one may have guessed wrong.
    #[error("{0}")]
    NoPicture(String),
    /// One that cannot be sent.
    #[error("{0}")]
    Unusable(String),
}

/// A picture from where it is. `roots` are the folders whose files others may have put there: a link in them leads to no
/// picture outside of them.
pub fn take(source: Source, home: Option<&Path>, roots: &[PathBuf]) -> Result<Picture, Fault> {
    match source {
        Source::File { path, folder } => {
            let path = path::resolve(&path, &folder, home);
            read(&path, roots)
        }
        Source::Bytes { name, bytes } => prepare(&name, bytes),
    }
}

fn read(path: &Path, roots: &[PathBuf]) -> Result<Picture, Fault> {
    let shown = visible::one_line(&path.to_string_lossy());
    let unread = |error: std::io::Error| {
        Fault::NoPicture(format!("cannot read the picture {shown}: {error}"))
    };
    let real = path.canonicalize().map_err(unread)?;
    if leads_out(path, &real, roots) {
        return Err(Fault::Unusable(format!(
            "{shown} is reached through a symbolic link to {}, outside the folder: name that path itself",
            visible::one_line(&real.to_string_lossy())
        )));
    }
    // A pipe would be waited for, and a device has no end.
    let kind = folder::about_exactly(&real).map_err(unread)?.st_mode;
    if FileType::from_raw_mode(kind) != FileType::RegularFile {
        return Err(Fault::NoPicture(format!("{shown} is no file")));
    }
    let mut bytes = Vec::new();
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    folder::open_exactly(&real, flags, Mode::empty())
        .and_then(|file| {
            let file = File::from(file);
            file.take(MOST_BYTES + 1).read_to_end(&mut bytes)
        })
        .map_err(unread)?;
    let name = path
        .file_name()
        .map_or(shown.clone(), |name| name.to_string_lossy().into_owned());
    prepare(&name, bytes)
}

/// Whether a path gets out of these folders by a link in them; one that climbs out by `..` says itself where it leads.
fn leads_out(path: &Path, real: &Path, roots: &[PathBuf]) -> bool {
    let is_inside = |path: &Path| roots.iter().any(|root| path.starts_with(root));
    if is_inside(real) {
        return false;
    }
    let mut at = PathBuf::new();
    for part in path.components() {
        let before = is_inside(&at);
        // What is not there any more is not read either.
        let Ok(now) = at.join(part).canonicalize() else {
            return true;
        };
        at = now;
        if before && part != Component::ParentDir && !is_inside(&at) {
            return true;
        }
    }
    false
}

/// A picture from the bytes of a file. What is small enough stays byte for byte what it is; the first frame stands for one
/// that moves. A GIF and a WebP are always made anew, since not all vendors and servers take them.
pub fn prepare(name: &str, bytes: Vec<u8>) -> Result<Picture, Fault> {
    let name: String = visible::one_line(name).chars().take(LONGEST_NAME).collect();
    let name = if name.trim().is_empty() {
        "picture".to_owned()
    } else {
        name
    };
    let format = format_of(&bytes).ok_or_else(|| {
        Fault::NoPicture(format!("{name} is no picture: PNG, JPEG, WebP and GIF are"))
    })?;
    if bytes.len() as u64 > MOST_BYTES {
        let most = MOST_BYTES >> 20;
        return Err(Fault::Unusable(format!(
            "the picture {name} has more than {most} MiB: make it smaller first"
        )));
    }
    let decoded = decode(&name, format, &bytes)?;
    let (width, height) = (decoded.image.width(), decoded.image.height());
    let whole = !decoded.changes && width.max(height) <= LONG_EDGE && bytes.len() <= MOST_SENT;
    let (kind, width, height, bytes) = if let Some(kind) = kind_of(format).filter(|_| whole) {
        (kind, width, height, bytes)
    } else {
        let lossy = match format {
            ImageFormat::Jpeg => true,
            ImageFormat::WebP => !is_lossless(&bytes),
            _ => false,
        };
        scale::smaller(decoded.image, lossy)
            .map_err(|why| Fault::Unusable(format!("cannot make {name} smaller: {why}")))?
    };
    Ok(Picture {
        image: Image {
            name,
            kind,
            width,
            height,
            hash: digest::hex(&bytes),
            bytes: bytes.len() as u64,
        },
        bytes,
    })
}

/// By the bytes it begins with; a name can say anything.
fn format_of(bytes: &[u8]) -> Option<ImageFormat> {
    image::guess_format(bytes).ok().filter(|format| {
        matches!(
            format,
            ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP | ImageFormat::Gif
        )
    })
}

/// The form in which its bytes can go as they are: the two that everybody takes.
fn kind_of(format: ImageFormat) -> Option<ImageKind> {
    match format {
        ImageFormat::Png => Some(ImageKind::Png),
        ImageFormat::Jpeg => Some(ImageKind::Jpeg),
        _ => None,
    }
}

struct Decoded {
    image: DynamicImage,
    /// It is not what the bytes are: turned upright, or one frame of several.
    changes: bool,
}

/// Also what is then sent as it is was decoded: what is damaged is told here, not by the vendor.
fn decode(name: &str, format: ImageFormat, bytes: &[u8]) -> Result<Decoded, Fault> {
    let damaged = || Fault::Unusable(format!("the picture {name} is damaged"));
    let reader = |bytes| ImageReader::with_format(Cursor::new(bytes), format);
    let (width, height) = reader(bytes).into_dimensions().map_err(|_| damaged())?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS || width.max(height) > LONGEST_SIDE {
        return Err(Fault::Unusable(format!(
            "the picture {name} is too large with {width}x{height} pixels: at most {} million, and {LONGEST_SIDE} on a side",
            MOST_PIXELS / 1_000_000
        )));
    }
    if pixels == 0 || format == ImageFormat::Jpeg && is_cut(bytes) {
        return Err(damaged());
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = reader(bytes);
    reader.limits(limits);
    let mut source = reader.into_decoder().map_err(|_| damaged())?;
    let turn = source.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(source).map_err(|_| damaged())?;
    image.apply_orientation(turn);
    let turned = turn != Orientation::NoTransforms;
    Ok(Decoded {
        image,
        changes: turned || format == ImageFormat::WebP && moves(bytes),
    })
}

/// A JPEG without its end is decoded all the same, grey from where it was cut. Its segments are walked up to the first scan,
/// since a small picture with an end of its own may stand in them; what follows the end, such as a film, is not looked at.
fn is_cut(jpeg: &[u8]) -> bool {
    let mut at = 2;
    loop {
        match jpeg.get(at..) {
            // The scan, which `D9` ends.
            Some([0xff, 0xda, scan @ ..]) => {
                return !scan.windows(2).any(|pair| pair == [0xff, 0xd9]);
            }
            Some([0xff, 0xff, ..]) => at += 1,
            Some([0xff, _, high, low, ..]) => {
                at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
            }
            // No segment begins here: the decoder says what it makes of that.
            Some([other, ..]) if *other != 0xff => return false,
            _ => return true,
        }
    }
}

/// Whether a WebP lost nothing, by the name of its first chunk; of one with more than the picture it is not looked for.
fn is_lossless(webp: &[u8]) -> bool {
    webp.get(12..16) == Some(b"VP8L")
}

fn moves(webp: &[u8]) -> bool {
    image::codecs::webp::WebPDecoder::new(Cursor::new(webp))
        .is_ok_and(|decoder| decoder.has_animation())
}
