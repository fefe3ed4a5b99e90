//! Routes: several endpoints as one model to choose, what a call shows of the endpoint it went to, and why one was taken or
//! passed over.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::protocol::event::{Event, Fact};
use crate::protocol::failure::{Failure, FailureKind, Stop};
use crate::protocol::id::{ModelRef, Seq};
use crate::protocol::money::Money;
use crate::protocol::time::Time;
use crate::protocol::usage::Usage;

/// The provider that every route belongs to: a session's model may be `route/NAME`. No entry of the config has this name.
pub const ROUTE: &str = "route";

impl ModelRef {
    /// The route of this name, as a model.
    pub fn route(name: &str) -> Self {
        Self {
            provider: ROUTE.to_owned(),
            model: name.to_owned(),
        }
    }

    /// The name of the route this is; `None` for a model.
    pub fn as_route(&self) -> Option<&str> {
        (self.provider == ROUTE).then_some(self.model.as_str())
    }
}

/// How a route chooses among the endpoints that are ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The first of the list.
    Ordered,
    /// The one whose next prompt costs least, a warm cache counted.
    Cheapest,
    /// The one that answered soonest so far.
    Fastest,
}

impl Policy {
    pub const ALL: [Self; 3] = [Self::Ordered, Self::Cheapest, Self::Fastest];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Cheapest => "cheapest",
            Self::Fastest => "fastest",
        }
    }
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.name() == text)
            .ok_or_else(|| "expected ordered, cheapest or fastest".to_owned())
    }
}

/// What every endpoint of a route must be able to do. One that is not known to fall short is believed: the person put it
/// there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// Tokens of the window, at least.
    pub context: Option<u64>,
    pub tools: bool,
    pub images: bool,
}

/// One of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Context,
    Tools,
    Images,
}

impl Need {
    /// As the config names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Tools => "tools",
            Self::Images => "images",
        }
    }
}

/// What a model is known to take; `None`: not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Abilities {
    pub tools: Option<bool>,
    pub images: Option<bool>,
}

/// What one call showed of the endpoint it went to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vitals {
    /// Milliseconds from the request to the first word, thought or call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    #[serde(skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
}

/// How one call ended, as far as it says how its endpoint does: what is read of the fact that tells it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Outcome {
    #[serde(skip)]
    pub seq: Seq,
    #[serde(skip)]
    pub at: Time,
    pub model: ModelRef,
    pub usage: Usage,
    #[serde(default)]
    pub stop: Option<Stop>,
    #[serde(default)]
    pub failure: Option<Failure>,
    #[serde(default)]
    pub millis: u64,
    #[serde(default)]
    pub vitals: Option<Vitals>,
}

impl Outcome {
    /// `None` where the event tells of something else.
    pub fn of(event: Event) -> Option<Self> {
        let Fact::ModelAnswered {
            model,
            usage,
            stop,
            failure,
            millis,
            vitals,
            ..
        } = event.fact
        else {
            return None;
        };
        Some(Self {
            seq: event.seq,
            at: event.at,
            model,
            usage,
            stop,
            failure,
            millis,
            vitals,
        })
    }
}

/// What the head of an answer says of the limits of the key; `None` where it says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<Left>,
    /// Tokens of prompts, those read from a cache not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Left>,
}

impl Limits {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is left of a limit, and the milliseconds until it is whole again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub left: u64,
    pub reset: u64,
}

/// Why an endpoint was taken, or passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Not a route: there is nothing to choose from.
    Chosen,
    /// The first in the order of the list that is ready.
    First,
    /// It answered last, and what it has cached is still warm.
    Warm,
    /// Its next prompt costs least.
    Cheapest {
        cost: Option<Money>,
    },
    /// It answers soonest: milliseconds to a usual answer, `None` where it was not measured yet and is tried for that.
    Fastest {
        millis: Option<u64>,
    },
    /// None is ready, and this one is tried all the same: it would be first, or may have been mended.
    Soonest,
    /// Ready, and another goes before it.
    Later,
    /// Ready, and would go before the one that answered last, but for what that has in its cache.
    Cold,
    /// Ready, and its next prompt would cost more, or what it costs is not known.
    Dearer {
        cost: Option<Money>,
    },
    /// Ready, and what its next prompt costs is in a currency that is not compared with that of the one that serves.
    Unlike {
        cost: Money,
    },
    /// Ready, and slower.
    Slower {
        millis: Option<u64>,
    },
    /// It failed, and is left alone for a while.
    Cooling {
        kind: FailureKind,
        message: String,
    },
    /// Its limit of requests or tokens is used up.
    Exhausted,
    /// It refused this very request.
    Refused {
        kind: FailureKind,
        message: String,
    },
    /// It cannot be used at all: `no key: ANTHROPIC_API_KEY is not set`.
    Lacks {
        what: String,
    },
    /// The prompt is longer than its window.
    TooSmall {
        window: u64,
        prompt: u64,
    },
    /// Its window is smaller than the route needs.
    Window {
        window: u64,
    },
    NoTools,
    NoImages,
}

impl Reason {
    /// One word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::First => "first",
            Self::Warm => "warm",
            Self::Cheapest { .. } => "cheapest",
            Self::Fastest { .. } => "fastest",
            Self::Soonest => "soonest",
            Self::Later => "later",
            Self::Cold => "cold",
            Self::Dearer { .. } => "dearer",
            Self::Unlike { .. } => "unlike",
            Self::Slower { .. } => "slower",
            Self::Cooling { .. } => "cooling",
            Self::Exhausted => "exhausted",
            Self::Refused { .. } => "refused",
            Self::Lacks { .. } => "lacks",
            Self::TooSmall { .. } => "too_small",
            Self::Window { .. } => "window",
            Self::NoTools => "no_tools",
            Self::NoImages => "no_images",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = |millis: &u64| format!("{}.{} s", millis / 1000, millis % 1000 / 100);
        match self {
            Self::Chosen => f.write_str("is the model itself, no route"),
            Self::First => f.write_str("first that is ready"),
            Self::Warm => f.write_str("answered last, its cache is warm"),
            Self::Cheapest { cost: Some(cost) } => write!(f, "cheapest: the next prompt ≈{cost}"),
            Self::Cheapest { cost: None } => f.write_str("no price is known of any"),
            Self::Fastest {
                millis: Some(millis),
            } => {
                write!(f, "fastest: a usual answer in {}", tenths(millis))
            }
            Self::Fastest { millis: None } => f.write_str("not measured yet, tried for that"),
            Self::Soonest => f.write_str("none is ready, this one is tried all the same"),
            Self::Later => f.write_str("ready, later in the order"),
            Self::Cold => f.write_str("ready, but nothing of this session is in its cache"),
            Self::Dearer { cost: Some(cost) } => write!(f, "dearer: the next prompt ≈{cost}"),
            Self::Dearer { cost: None } => f.write_str("its price is not known"),
            Self::Unlike { cost } => write!(
                f,
                "ready, not compared: the next prompt ≈{cost}, and there is no rate of its currency or of the other, see [rates] in \
                 the config"
            ),
            Self::Slower {
                millis: Some(millis),
            } => {
                write!(f, "slower: a usual answer in {}", tenths(millis))
            }
            Self::Slower { millis: None } => f.write_str("not measured yet"),
            Self::Cooling { message, .. } => write!(f, "failed: {message}"),
            Self::Refused { message, .. } => write!(f, "refused this request: {message}"),
            Self::Exhausted => f.write_str("its limit is used up"),
            Self::Lacks { what } => f.write_str(what),
            Self::TooSmall { window, prompt } => {
                write!(f, "too small: {prompt} tokens do not fit {window}")
            }
            Self::Window { window } => write!(f, "its window of {window} is less than needed"),
            Self::NoTools => f.write_str("takes no tools"),
            Self::NoImages => f.write_str("takes no images"),
        }
    }
}

/// Which endpoint would serve the next prompt, and why not the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteReport {
    /// `route/NAME`, or a model, which is its own one endpoint.
    pub model: ModelRef,
    /// `None` for a model.
    pub policy: Option<Policy>,
    pub needs: Needs,
    /// `None` where none can serve now.
    pub serves: Option<ModelRef>,
    /// Where none is ready: when the first will be.
    pub ready: Option<Time>,
    /// In the order of the config.
    pub endpoints: Vec<EndpointReport>,
}

/// One endpoint of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointReport {
    pub model: ModelRef,
    pub serves: bool,
    pub reason: Reason,
    /// What the route needs and nobody knows of it: it is believed.
    pub not_known: Vec<Need>,
    /// Until when it is passed over, where that passes.
    pub until: Option<Time>,
    /// Measured milliseconds to the first word.
    pub first: Option<u64>,
    /// Measured tokens a second.
    pub rate: Option<u64>,
}

impl EndpointReport {
    /// What the route needs and nobody knows of it, as a person reads it.
    pub fn doubt(&self) -> Option<String> {
        let each = self.not_known.iter().map(|need| match need {
            Need::Context => "its window",
            Need::Tools => "whether it takes tools",
            Need::Images => "whether it takes images",
        });
        let each: Vec<&str> = each.collect();
        (!each.is_empty()).then(|| format!("not known: {}", each.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_named_as_a_model_of_its_own_provider() {
        let route = ModelRef::route("work");
        assert_eq!(
            (route.to_string().as_str(), route.as_route()),
            ("route/work", Some("work"))
        );
        let model: Option<ModelRef> = "a/route".parse().ok();
        assert_eq!(
            model.and_then(|model| model.as_route().map(str::to_owned)),
            None
        );
        for policy in Policy::ALL {
            assert_eq!(policy.name().parse(), Ok(policy));
        }
    }
}
