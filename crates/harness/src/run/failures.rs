//! What a run says of the points that failed.

use crate::console::points;
use crate::plan::Entry;
use crate::store::Store;

/// The failed points of a plan, and why the first of them failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failures {
    /// How many there are.
    pub count: usize,
    /// The first one's message, in one line.
    pub first: Option<String>,
    /// How many have this message.
    pub alike: usize,
}

impl Failures {
    /// Those of `entries`, in their order, as they are stored now.
    pub(super) fn of(entries: &[&Entry], store: &Store) -> Self {
        let mut found = Self::default();
        for entry in entries {
            let Some(point) = store.read_point(&entry.point_id).ok().flatten() else { continue };
            if !point.status.is_failure() {
                continue;
            }
            let message = sentence(point.text("error_message"), point.text("error_code"));
            found.count += 1;
            found.alike += usize::from(*found.first.get_or_insert(message.clone()) == message);
        }
        found
    }

    /// Why, and how to go on; nothing where no point failed.
    pub(super) fn told(&self, store: &Store) -> Option<String> {
        let first = self.first.as_ref()?;
        let share = match self.alike {
            _ if self.count == 1 => String::new(),
            1 => "; the first one".to_owned(),
            alike if alike == self.count => ", all with".to_owned(),
            alike => format!(", {alike} of them with"),
        };
        Some(format!(
            "{} failed{share}: {first}\nwhen the cause is mended, the same command with --retry-failed runs them again; \
             `status {}` lists them",
            points(self.count),
            store.root().display()
        ))
    }
}

/// The first line of a message, with the second where the first only says where a panic was; the code where there is none.
fn sentence(message: &str, code: &str) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    match (lines.next(), lines.next()) {
        (None, _) => code.to_owned(),
        (Some(place), Some(text)) if place.ends_with(':') => format!("{place} {text}"),
        (Some(first), _) => first.to_owned(),
    }
}
