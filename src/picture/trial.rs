//! Tries real pictures, and what only looks like one.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::symlink;

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use pretty_assertions::assert_eq;

use crate::picture::{Fault, LONG_EDGE, MOST_BYTES, prepare, take};
use crate::protocol::image::{ImageKind, Source};

fn coloured(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 7]))
}

fn written(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(coloured(width, height))
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// A GIF of a red frame and a blue one.
fn moving() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for colour in [[255, 0, 0, 255], [0, 0, 255, 255]] {
        let frame = RgbaImage::from_pixel(40, 30, Rgba(colour));
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    bytes
}

/// The same JPEG with a note in its head that the camera was held on its side.
fn on_its_side(jpeg: &[u8]) -> Vec<u8> {
    let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    [&jpeg[..2], exif, &jpeg[2..]].concat()
}

/// The head of a PNG that says it has so many pixels.
fn head_of_png(width: u32, height: u32) -> Vec<u8> {
    let mut png = written(1, 1, ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let mut sum = !0_u32;
    for &byte in &png[12..29] {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
        }
    }
    png[29..33].copy_from_slice(&(!sum).to_be_bytes());
    png
}

#[test]
fn a_small_picture_stays_byte_for_byte_whatever_it_is_called() {
    for (format, kind) in [
        (ImageFormat::Png, ImageKind::Png),
        (ImageFormat::Jpeg, ImageKind::Jpeg),
    ] {
        let bytes = written(64, 48, format);
        let picture = prepare("notes.txt", bytes.clone()).unwrap();
        assert_eq!(picture.bytes, bytes, "{format:?}");
        let image = picture.image;
        assert_eq!((image.kind, image.width, image.height), (kind, 64, 48));
        assert_eq!(image.bytes, bytes.len() as u64);
        assert_eq!(image.chip(), "[notes.txt 64x48]");
    }
}

#[test]
fn a_jpeg_with_a_film_behind_it_is_whole() {
    let mut bytes = written(64, 48, ImageFormat::Jpeg);
    bytes.extend(b"film \xff\xda film");
    assert_eq!(prepare("a.jpg", bytes.clone()).unwrap().bytes, bytes);
}

#[test]
fn a_large_picture_is_made_smaller_and_what_no_vendor_takes_becomes_one_all_take() {
    let long = LONG_EDGE;
    let cases = [
        (
            "wide png",
            written(2 * long, 100, ImageFormat::Png),
            (ImageKind::Png, long, 50),
        ),
        (
            "tall jpeg",
            written(80, 2 * long, ImageFormat::Jpeg),
            (ImageKind::Jpeg, 40, long),
        ),
        (
            "very wide",
            written(5 * long, 100, ImageFormat::Png),
            (ImageKind::Png, long, 20),
        ),
        (
            "webp",
            written(2 * long, 100, ImageFormat::WebP),
            (ImageKind::Png, long, 50),
        ),
        (
            "a small webp",
            written(64, 48, ImageFormat::WebP),
            (ImageKind::Png, 64, 48),
        ),
        ("gif", moving(), (ImageKind::Png, 40, 30)),
        (
            "on its side",
            on_its_side(&written(64, 48, ImageFormat::Jpeg)),
            (ImageKind::Jpeg, 48, 64),
        ),
    ];
    for (name, bytes, expected) in cases {
        let picture = prepare(name, bytes).unwrap();
        let image = &picture.image;
        assert_eq!((image.kind, image.width, image.height), expected, "{name}");
        let again = prepare(name, picture.bytes.clone()).unwrap();
        assert_eq!(again, picture, "{name}: what was made is itself a picture");
    }
    let first = prepare("a.gif", moving()).unwrap();
    let first = image::load_from_memory(&first.bytes).unwrap().to_rgb8();
    assert_eq!(first.get_pixel(0, 0), &Rgb([255, 0, 0]));
}

#[test]
fn what_cannot_be_sent_is_told_in_one_line() {
    let png = written(64, 48, ImageFormat::Png);
    let jpeg = written(64, 48, ImageFormat::Jpeg);
    let no = |why: &str| Fault::NoPicture(why.to_owned());
    let bad = |why: &str| Fault::Unusable(why.to_owned());
    let forms = "PNG, JPEG, WebP and GIF are";
    let mut huge = png.clone();
    huge.resize(MOST_BYTES as usize + 1, 0);
    let cases = [
        (
            "a\n.png",
            b"hello".to_vec(),
            no(&format!("a .png is no picture: {forms}")),
        ),
        (
            "",
            Vec::new(),
            no(&format!("picture is no picture: {forms}")),
        ),
        (
            "b.png",
            b"BM\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
            no(&format!("b.png is no picture: {forms}")),
        ),
        (
            "c.png",
            png[..png.len() / 2].to_vec(),
            bad("the picture c.png is damaged"),
        ),
        (
            "d.png",
            png[..20].to_vec(),
            bad("the picture d.png is damaged"),
        ),
        (
            "e.jpg",
            jpeg[..jpeg.len() - 40].to_vec(),
            bad("the picture e.jpg is damaged"),
        ),
        (
            "bomb.png",
            head_of_png(30_000, 30_000),
            bad(
                "the picture bomb.png is too large with 30000x30000 pixels: at most 64 million, and 32000 on a side",
            ),
        ),
        (
            "line.png",
            head_of_png(1, 40_000),
            bad(
                "the picture line.png is too large with 1x40000 pixels: at most 64 million, and 32000 on a side",
            ),
        ),
        (
            "huge.png",
            huge,
            bad("the picture huge.png has more than 32 MiB: make it smaller first"),
        ),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(prepare(name, bytes), Err(expected), "{name}");
    }
}

/// What a repository calls a picture may be one of the person's own, elsewhere: it is sent only under its own name.
#[test]
fn a_link_out_of_the_folder_leads_to_no_picture() {
    let outer = tempfile::tempdir().unwrap();
    let up = outer.path().canonicalize().unwrap();
    let root = up.join("root");
    fs::create_dir(&root).unwrap();
    let png = written(2, 2, ImageFormat::Png);
    for file in [up.join("private.png"), root.join("own.png")] {
        fs::write(file, &png).unwrap();
    }
    symlink("../private.png", root.join("logo.png")).unwrap();
    symlink("..", root.join("up")).unwrap();
    symlink("own.png", root.join("same.png")).unwrap();
    symlink("root", up.join("linked")).unwrap();
    fs::create_dir(root.join("sub")).unwrap();
    let of = |path: &str, roots: &[std::path::PathBuf]| {
        let (path, folder) = (path.to_owned(), root.clone());
        match take(Source::File { path, folder }, None, roots) {
            Ok(picture) => picture.image.name,
            Err(Fault::Unusable(why)) => why.replace(&up.display().to_string(), "UP"),
            Err(Fault::NoPicture(why)) => format!("none: {why}"),
        }
    };
    let absolute = up.join("private.png").display().to_string();
    let linked = up.join("linked/logo.png").display().to_string();
    let outside = "is reached through a symbolic link to UP/private.png, outside the folder: name that path itself";
    let cases = [
        ("own.png", "own.png".to_owned()),
        ("same.png", "same.png".to_owned()),
        ("logo.png", format!("UP/root/logo.png {outside}")),
        (
            "up/private.png",
            format!("UP/root/up/private.png {outside}"),
        ),
        (
            "sub/../logo.png",
            format!("UP/root/sub/../logo.png {outside}"),
        ),
        (
            "sub/../up/private.png",
            format!("UP/root/sub/../up/private.png {outside}"),
        ),
        (&linked, format!("UP/linked/logo.png {outside}")),
        ("sub/../own.png", "own.png".to_owned()),
        // Said in so many words.
        ("../private.png", "private.png".to_owned()),
        (&absolute, "private.png".to_owned()),
    ];
    for (path, expected) in cases {
        assert_eq!(of(path, std::slice::from_ref(&root)), expected, "{path}");
    }
    assert_eq!(of("logo.png", &[]), "logo.png");
}
