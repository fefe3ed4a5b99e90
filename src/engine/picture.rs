//! Pictures of prompts: kept in the log when they are attached, refused where no model would take them, and held in memory
//! while their session is open, since every request carries them again.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::agent::picture::{Pictures, Sight};
use crate::engine::house::House;
use crate::engine::session::Task;
use crate::picture::{self, Fault};
use crate::project;
use crate::protocol::event::Fact;
use crate::protocol::id::ModelRef;
use crate::protocol::image::{Image, Source};
use crate::protocol::item::{Block, Item};
use crate::protocol::op::Managed;

/// Keeps a picture, so that a prompt can refer to it.
pub(crate) async fn attach(house: &Arc<House>, source: Source) -> Result<Managed, String> {
    let home = house.home.clone();
    let taken = tokio::task::spawn_blocking(move || {
        let roots = match &source {
            Source::File { folder, .. } => {
                project::roots(folder, &project::find(folder), home.as_deref())
            }
            Source::Bytes { .. } => Vec::new(),
        };
        picture::take(source, home.as_deref(), &roots)
    })
    .await;
    // A decoder that breaks down has been given something nobody thought of.
    let taken = taken.unwrap_or_else(|_| {
        Err(Fault::Unusable(
            "the picture is damaged in a way that cannot be read".to_owned(),
        ))
    });
    let picture = match taken {
        Ok(picture) => picture,
        Err(Fault::NoPicture(why)) => return Ok(Managed::NoPicture { why }),
        Err(Fault::Unusable(why)) => return Err(why),
    };
    let kept = house.log.keep(picture.bytes).await;
    kept.map_err(|error| format!("{} cannot be kept: {error}", picture.image.name))?;
    Ok(Managed::Attached {
        image: picture.image,
    })
}

/// The bytes of these pictures as far as the log has them, each once.
pub(crate) async fn load(
    house: &Arc<House>,
    images: impl Iterator<Item = &Image>,
) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut hashes: Vec<String> = images.map(|image| image.hash.clone()).collect();
    hashes.sort();
    hashes.dedup();
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    house
        .read(move |reader| {
            let mut found = Vec::new();
            for hash in hashes {
                if let Some(bytes) = reader.blob(&hash)? {
                    found.push((hash, bytes));
                }
            }
            Ok(found)
        })
        .await
}

/// All pictures these facts speak of.
pub(crate) async fn gather<'f>(
    house: &Arc<House>,
    facts: impl Iterator<Item = &'f Fact>,
) -> Result<Pictures, String> {
    let mut pictures = Pictures::default();
    for (hash, bytes) in load(house, facts.flat_map(Fact::images)).await? {
        pictures.add(&hash, &bytes);
    }
    Ok(pictures)
}

impl House {
    /// What a model can be shown of these pictures.
    pub(crate) fn sight<'p>(&self, model: &ModelRef, pictures: &'p Pictures) -> Sight<'p> {
        let providers = self.providers();
        Sight {
            takes_images: providers.abilities(model).images,
            pictures,
            cap: providers.picture_cap(&model.provider),
        }
    }

    /// Takes up what was learnt of a model or route that is to be shown pictures, and asks the servers that can say more.
    pub(crate) async fn look_for_sight(self: &Arc<Self>, target: &ModelRef) {
        self.recall_windows().await;
        let (providers, routes) = (self.providers(), self.routes());
        let route = target.as_route().and_then(|name| routes.routes.get(name));
        let models = route.map_or(std::slice::from_ref(target), |route| &route.endpoints);
        join_all(models.iter().map(|model| providers.look_for_sight(model))).await;
        self.keep_windows();
    }

    /// Why these cannot be said to a model or route; `None` where they can, and where nobody knows.
    pub(crate) fn blindness(&self, target: &ModelRef, images: &[&Image]) -> Option<String> {
        let first = images.first().filter(|_| self.is_blind(target))?;
        let names = match images.len() {
            1 => first.name.clone(),
            more => format!("the {more} pictures"),
        };
        let learnt = if self.providers().refuses_pictures(target) {
            let name = &target.model;
            format!(
                "; its server said so, and `images = true` for \"{name}\" in the config tries it again"
            )
        } else {
            String::new()
        };
        Some(format!(
            "{target} takes no images: choose another model, or take {names} out{learnt}"
        ))
    }

    /// Whether a model or route is shown no picture: nothing it could be sent to takes any.
    fn is_blind(&self, target: &ModelRef) -> bool {
        let providers = self.providers();
        let takes_none = |model: &ModelRef| providers.abilities(model).images == Some(false);
        let routes = self.routes();
        match target.as_route().and_then(|name| routes.routes.get(name)) {
            Some(route) => route.endpoints.iter().all(takes_none),
            None => takes_none(target),
        }
    }
}

/// What was known of a model that is shown pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    /// Nobody knew whether it takes them.
    Unknown,
    /// It was said to.
    Said,
}

impl Task {
    /// Takes up the pictures of what was said; the error says why it cannot be sent with them.
    pub(crate) async fn take_pictures(&mut self, blocks: &[Block]) -> Result<(), String> {
        let images: Vec<&Image> = blocks.iter().filter_map(Block::as_image).collect();
        if images.is_empty() {
            return Ok(());
        }
        let target = self.target();
        Box::pin(self.house.look_for_sight(&target)).await;
        if let Some(why) = self.house.blindness(&target, &images) {
            return Err(why);
        }
        let found = load(&self.house, images.iter().copied()).await?;
        for image in &images {
            if !found.iter().any(|(hash, _)| *hash == image.hash) {
                return Err(format!(
                    "the picture {} is no longer kept: attach it again",
                    image.name
                ));
            }
        }
        for (hash, bytes) in found {
            self.pictures.add(&hash, &bytes);
            // Kept once more with the fact, as one that this session uses.
            self.blobs.push(bytes);
        }
        Ok(())
    }

    /// Whether a model is shown pictures: that nobody knows whether it takes them, or that it is said to.
    pub(crate) fn tries_pictures(&self, model: &ModelRef) -> Option<Sees> {
        let images = self.house.providers().abilities(model).images;
        let sees = match images {
            None => Sees::Unknown,
            Some(true) => Sees::Said,
            Some(false) => return None,
        };
        self.has_pictures(&[]).then_some(sees)
    }

    /// The way out of a request that was refused for its pictures, or perhaps for them; `None` where nothing speaks for that.
    pub(crate) fn without_pictures(&self, model: &ModelRef, sees: Sees) -> Option<String> {
        let name = &model.model;
        let providers = self.house.providers();
        if !providers.refuses_pictures(model) {
            return (sees == Sees::Unknown).then(|| {
                format!(
                    "if it takes no images, choose another model or write `images = false` for \"{name}\" into the config"
                )
            });
        }
        // The person's own word goes before the server's.
        Some(if providers.abilities(model).images == Some(true) {
            format!(
                "choose another model for images, or write `images = false` for \"{name}\" into the config, and it gets their \
                 names instead"
            )
        } else {
            format!(
                "choose another model for images; this one gets their names instead from now on, until the config says \
                 `images = true` for \"{name}\""
            )
        })
    }

    /// Whether the next request has pictures, or a marker in their place.
    pub(crate) fn has_pictures(&self, facts: &[Fact]) -> bool {
        let has = |item: &Item| item.images().next().is_some();
        facts.iter().any(|fact| fact.images().next().is_some())
            || self.items.iter().any(|(_, _, item)| has(item))
    }
}
