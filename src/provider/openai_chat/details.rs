//! `reasoning_details`, put together from fragments so that the list is as it would be without streaming.

use serde_json::Value;

use crate::provider::decode::MOST_PARTS;

#[derive(Debug, Default)]
pub(crate) struct Details {
    list: Vec<Value>,
    /// The places of those that have a number: only they are ever continued.
    numbered: Vec<usize>,
}

impl Details {
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many have a number. Of the others there may be one for each word.
    pub(crate) fn numbered(&self) -> usize {
        self.numbered.len()
    }

    pub(crate) fn list(&self) -> &[Value] {
        &self.list
    }

    /// Adds a fragment to the detail it continues, or begins a new one with it.
    pub(crate) fn take(&mut self, fragment: &Value) {
        if fragment.get("index").is_none_or(Value::is_null) {
            self.list.push(fragment.clone());
            return;
        }
        let is_same = |detail: &Value| {
            let same = |name: &str| detail.get(name) == fragment.get(name);
            same("index") && same("type")
        };
        let places = self.numbered.iter().rev();
        let place = places.copied().find(|&place| is_same(&self.list[place]));
        let held = place.and_then(|place| self.list[place].as_object_mut());
        let (Some(held), Some(fragment)) = (held, fragment.as_object()) else {
            if self.numbered.len() <= MOST_PARTS {
                self.numbered.push(self.list.len());
                self.list.push(fragment.clone());
            }
            return;
        };
        for (name, value) in fragment {
            match (held.get_mut(name), value) {
                (Some(Value::String(text)), Value::String(more))
                    if matches!(name.as_str(), "text" | "summary" | "data" | "signature") =>
                {
                    text.push_str(more);
                }
                (Some(_), Value::Null) => {}
                _ => {
                    held.insert(name.clone(), value.clone());
                }
            }
        }
    }
}
