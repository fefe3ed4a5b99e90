//! Pictures of a conversation: which of them a model is sent, what stands in place of the others, and how many tokens one
//! comes to.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::protocol::id::ModelRef;
use crate::protocol::image::Image;
use crate::protocol::item::Block;

/// The pictures of a session by hash, in the form all wires carry them: base64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pictures(HashMap<String, Arc<str>>);

impl Pictures {
    pub fn add(&mut self, hash: &str, bytes: &[u8]) {
        self.0
            .entry(hash.to_owned())
            .or_insert_with(|| STANDARD.encode(bytes).into());
    }

    pub fn has(&self, hash: &str) -> bool {
        self.0.contains_key(hash)
    }
}

/// What a model can be shown.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'p> {
    /// `None`: nobody said, and it is tried.
    pub takes_images: Option<bool>,
    pub pictures: &'p Pictures,
    pub cap: Cap,
}

/// The most pictures that one request may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    pub pictures: u64,
    /// Of all of them together, as base64.
    pub bytes: u64,
}

impl Sight<'_> {
    /// How many of these, from the oldest on, no longer go along. When there are too many it is as if half of what may go
    /// were the limit: each picture that is left out changes the request near its beginning, and nothing of it is in the
    /// cache then, so that it must not happen with every new one. It follows from the pictures and their order alone.
    pub fn outgrown<'i>(&self, images: impl IntoIterator<Item = &'i Image>) -> usize {
        if self.takes_images == Some(false) {
            return 0;
        }
        let shown = images
            .into_iter()
            .filter(|image| self.pictures.has(&image.hash));
        let (mut going, mut bytes, mut outgrown) = (VecDeque::new(), 0, 0);
        for image in shown {
            let size = image.bytes.div_ceil(3).saturating_mul(4);
            going.push_back(size);
            bytes += size;
            let cap = |part| Cap {
                pictures: self.cap.pictures / part,
                bytes: self.cap.bytes / part,
            };
            let passes =
                |cap: Cap, count: usize, bytes| count as u64 > cap.pictures || bytes > cap.bytes;
            if !passes(cap(1), going.len(), bytes) {
                continue;
            }
            // The newest goes in any case: a person has just shown it, and the server says best what is wrong with it.
            while going.len() > 1 && passes(cap(2), going.len(), bytes) {
                bytes -= going.pop_front().unwrap_or(0);
                outgrown += 1;
            }
        }
        outgrown
    }
}

/// A picture in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub image: Image,
    /// Its bytes as base64.
    pub data: Arc<str>,
}

impl Picture {
    /// `data:image/png;base64,…`.
    pub fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.image.kind.media_type(), self.data)
    }
}

/// What the person said as a model reads it: the text, in which each picture is named where it stood, and the pictures in
/// their order. One that is not sent says so in the text, in the same words in every request, so that the prefix stays.
/// `outgrown`: how many of the conversation's pictures from here on are left out for newer ones; it counts down.
pub fn said(
    blocks: &[Block],
    model: &ModelRef,
    sight: Sight<'_>,
    outgrown: &mut usize,
) -> (String, Vec<Picture>) {
    let mut pictures = Vec::new();
    let mut texts = Vec::with_capacity(blocks.len());
    for block in blocks {
        let Block::Image { image } = block else {
            texts.push(block.as_text().into_owned());
            continue;
        };
        let held = sight.pictures.0.get(&image.hash);
        texts.push(match held {
            _ if sight.takes_images == Some(false) => {
                image.unsent(&format!("{model} takes no images"))
            }
            None => image.unsent("it is no longer in the log"),
            Some(_) if *outgrown > 0 => {
                *outgrown -= 1;
                image.unsent("newer ones took its place")
            }
            Some(data) => {
                pictures.push(Picture {
                    image: image.clone(),
                    data: Arc::clone(data),
                });
                image.marker()
            }
        });
    }
    (texts.join("\n\n"), pictures)
}

/// Tokens of pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    pub likely: u64,
    /// It is never more.
    pub most: u64,
}

impl Tokens {
    pub fn of<'i>(model: &str, images: impl IntoIterator<Item = &'i Image>) -> Self {
        let mut sum = Self::default();
        for image in images {
            let tokens = tokens(model, image);
            sum.likely = sum.likely.saturating_add(tokens.likely);
            sum.most = sum.most.saturating_add(tokens.most);
        }
        sum
    }
}

/// How a family of models counts a picture.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// One token for each square of so many pixels.
    Squares(u32),
    /// So many hundredths of a token for each square of 32 pixels.
    Patches(u64),
    /// One sum, and one for each tile of 512 pixels, the shorter side being at most 768.
    Tiles(u64, u64),
    /// 258 for a small picture, as much for each tile of a larger one.
    Crops,
    /// As much for every picture.
    Each(u64),
}

/// By how a model's name begins; the longer name goes first. The second rule is the most it can come to, where the vendor's
/// own papers and what was measured differ. Claude: "Images and vision" of platform.claude.com; GPT: "Images and vision" of
/// developers.openai.com and what was measured of `gpt-5-mini` and later (1.2 tokens a patch, where the papers say 1.62 for
/// `mini` and 2.46 for `nano`); Gemini: "Understand and count tokens" and "Media resolution" of ai.google.dev.
const RULES: &[(&str, Rule, Rule)] = &[
    ("claude-", Rule::Squares(28), Rule::Squares(28)),
    (
        "gpt-4o-mini",
        Rule::Tiles(2833, 5667),
        Rule::Tiles(2833, 5667),
    ),
    ("gpt-4o", Rule::Tiles(85, 170), Rule::Tiles(85, 170)),
    ("gpt-4.1-mini", Rule::Patches(162), Rule::Patches(162)),
    ("gpt-4.1-nano", Rule::Patches(246), Rule::Patches(246)),
    ("gpt-4.1", Rule::Tiles(85, 170), Rule::Tiles(85, 170)),
    ("gpt-", Rule::Patches(120), Rule::Patches(246)),
    ("gemini-2", Rule::Crops, Rule::Crops),
    ("gemini-", Rule::Each(1120), Rule::Each(1120)),
];

/// Of models nobody wrote anything about: most merge two patches of 14 pixels; none is denser than Pixtral, which counts
/// every patch of 16.
const OTHER: (Rule, Rule) = (Rule::Squares(28), Rule::Squares(16));

/// Tokens a picture comes to. The model may be a gateway's name of it (`anthropic/claude-opus-4.5`).
pub fn tokens(model: &str, image: &Image) -> Tokens {
    let name = model.rsplit('/').next().unwrap_or(model);
    let known = RULES.iter().find(|(start, ..)| name.starts_with(start));
    let (likely, most) = known.map_or(OTHER, |&(_, likely, most)| (likely, most));
    Tokens {
        likely: counted(likely, image),
        most: counted(most, image),
    }
}

fn counted(rule: Rule, image: &Image) -> u64 {
    let (width, height) = (image.width.max(1), image.height.max(1));
    let squares =
        |side: u32| u64::from(width.div_ceil(side)).saturating_mul(height.div_ceil(side).into());
    match rule {
        Rule::Squares(side) => squares(side),
        Rule::Patches(hundredths) => squares(32).saturating_mul(hundredths).div_ceil(100),
        Rule::Tiles(base, each) => {
            let short = u64::from(width.min(height));
            let side = |pixels: u32| {
                let pixels = u64::from(pixels);
                // Scaled so that the shorter side has 768 pixels.
                let scaled = if short > 768 {
                    (pixels * 768).div_ceil(short)
                } else {
                    pixels
                };
                scaled.div_ceil(512)
            };
            let tiles = side(width).saturating_mul(side(height));
            base.saturating_add(each.saturating_mul(tiles))
        }
        Rule::Crops if width <= 384 && height <= 384 => 258,
        Rule::Crops => {
            // The edge of a tile is the shorter side less a third, between 256 and 768.
            let edge = (width.min(height) / 3 * 2).clamp(256, 768);
            squares(edge).saturating_mul(258)
        }
        Rule::Each(tokens) => tokens,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::protocol::image::ImageKind;

    fn image(width: u32, height: u32) -> Image {
        Image {
            name: "picture.png".into(),
            kind: ImageKind::Png,
            width,
            height,
            hash: "h".into(),
            bytes: 3,
        }
    }

    #[test]
    fn each_picture_is_named_where_it_stood_and_sent_in_order() {
        let model = ModelRef {
            provider: "p".into(),
            model: "m".into(),
        };
        let mut pictures = Pictures::default();
        pictures.add("h", b"abc");
        let gone = Image {
            hash: "gone".into(),
            ..image(1, 2)
        };
        let blocks = [
            Block::text("look at"),
            Block::Image {
                image: image(1280, 720),
            },
            Block::text("and"),
            Block::Image { image: gone },
        ];
        let lost = "[image picture.png 1x2, not sent: it is no longer in the log]";
        let shown = format!("look at\n\n[image picture.png 1280x720]\n\nand\n\n{lost}");
        let hidden = "look at\n\n[image picture.png 1280x720, not sent: p/m takes no images]\n\nand\n\n\
                      [image picture.png 1x2, not sent: p/m takes no images]";
        let cap = Cap {
            pictures: 9,
            bytes: 99,
        };
        let cases = [
            (None, &*shown, 1),
            (Some(true), &shown, 1),
            (Some(false), hidden, 0),
        ];
        for (takes_images, text, sent) in cases {
            let sight = Sight {
                takes_images,
                pictures: &pictures,
                cap,
            };
            let (said, sent_pictures) = said(&blocks, &model, sight, &mut 0);
            assert_eq!((&*said, sent_pictures.len()), (text, sent));
            assert!(sent_pictures.iter().all(|picture| &*picture.data == "YWJj"));
        }
    }

    #[test]
    fn the_oldest_give_way_and_half_of_them_at_once() {
        let (mut pictures, mut images) = (Pictures::default(), Vec::new());
        for number in 0..20 {
            let hash = format!("{number}");
            pictures.add(&hash, b"abc");
            images.push(Image {
                hash,
                ..image(1, 2)
            });
        }
        // Four bytes each as base64.
        let many = |pictures, bytes| Cap { pictures, bytes };
        let cases = [
            (many(100, 1000), Some(true), vec![0; 21]),
            (
                many(4, 1000),
                None,
                vec![
                    0, 0, 0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9, 12, 12, 12, 15, 15, 15, 18,
                ],
            ),
            (
                many(100, 16),
                None,
                vec![
                    0, 0, 0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9, 12, 12, 12, 15, 15, 15, 18,
                ],
            ),
            (many(4, 1000), Some(false), vec![0; 21]),
            // One alone is never left out.
            (
                many(100, 3),
                None,
                (0..21)
                    .map(|count: usize| count.saturating_sub(1))
                    .collect(),
            ),
        ];
        for (cap, takes_images, expected) in cases {
            let sight = Sight {
                takes_images,
                pictures: &pictures,
                cap,
            };
            let left_out: Vec<usize> = (0..=20)
                .map(|count| sight.outgrown(&images[..count]))
                .collect();
            assert_eq!(left_out, expected, "{cap:?} {takes_images:?}");
        }
        let sight = Sight {
            takes_images: None,
            pictures: &pictures,
            cap: many(4, 1000),
        };
        let blocks: Vec<Block> = images[..5]
            .iter()
            .cloned()
            .map(|image| Block::Image { image })
            .collect();
        let mut outgrown = sight.outgrown(&images[..5]);
        let model = "p/m".parse().unwrap();
        let (text, sent) = said(&blocks, &model, sight, &mut outgrown);
        assert_eq!((sent.len(), outgrown), (2, 0));
        assert_eq!(
            text.matches("not sent: newer ones took its place").count(),
            3
        );
        assert!(text.ends_with("[image picture.png 1x2]"), "{text}");
    }

    #[test]
    fn a_picture_comes_to_what_the_vendor_counts() {
        let cases = [
            // As measured, less the text around it.
            ("claude-opus-5-5", (256, 256), (100, 100)),
            ("anthropic/claude-opus-4.5", (1024, 1024), (1369, 1369)),
            ("claude-haiku-4-5", (1280, 720), (1196, 1196)),
            ("gpt-5.5", (256, 256), (77, 158)),
            ("gpt-5-mini", (1280, 720), (1104, 2264)),
            ("gpt-4o", (1024, 1024), (765, 765)),
            ("gpt-4o", (1024, 2048), (1105, 1105)),
            ("gpt-4o-mini-2024-07-18", (128, 64), (8500, 8500)),
            ("gemini-2.5-pro", (384, 384), (258, 258)),
            ("gemini-2.5-pro", (960, 540), (1548, 1548)),
            ("gemini-3.5-flash", (1568, 1568), (1120, 1120)),
            ("qwen3-vl", (56, 29), (4, 8)),
            ("other", (0, 0), (1, 1)),
            ("other", (u32::MAX, u32::MAX), (1 << 60, 1 << 60)),
        ];
        for (model, (width, height), (likely, most)) in cases {
            let tokens = tokens(model, &image(width, height));
            if width < u32::MAX {
                assert_eq!((tokens.likely, tokens.most), (likely, most), "{model}");
            }
            assert!(tokens.likely <= tokens.most, "{model}");
        }
    }
}
