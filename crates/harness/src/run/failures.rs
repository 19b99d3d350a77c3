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
            let message = point.text("error_message").lines().next().unwrap_or_default();
            let message = match message {
                "" => point.text("error_code").to_owned(),
                message => message.to_owned(),
            };
            found.count += 1;
            found.alike += usize::from(*found.first.get_or_insert(message.clone()) == message);
        }
        found
    }

    /// Why, and how to go on; nothing where no point failed.
    pub(super) fn told(&self, store: &Store) -> Option<String> {
        let first = self.first.as_ref()?;
        let share = match self.count - self.alike {
            0 if self.count == 1 => String::new(),
            0 => ", all with this message".to_owned(),
            _ => format!(", {} of them with the first one's message", self.alike),
        };
        Some(format!(
            "{} failed{share}: {first}\nwhen the cause is mended, the same command with --retry-failed runs them again; \
             `status {}` lists them",
            points(self.count),
            store.root().display()
        ))
    }
}
