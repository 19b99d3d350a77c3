//! What is kept of a point: the point file, and the rows it becomes in the result table.

mod point;
mod stored;

pub(crate) use point::{MemoryMarks, PointRecord, Sample};
pub(crate) use stored::{Row, StoredPoint};

/// How a point ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Measured and verified.
    Ok,
    /// Measured, but the result misses its bound: a measurement, but never of speed.
    Wrong,
    /// Could not be run to the end.
    Failed,
    /// Ran over its time.
    Timeout,
    /// Ran over its memory.
    Oom,
    /// Not run, for a reason known beforehand.
    Infeasible,
}

impl Status {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Ok, "ok"),
        (Self::Wrong, "wrong"),
        (Self::Failed, "failed"),
        (Self::Timeout, "timeout"),
        (Self::Oom, "oom"),
        (Self::Infeasible, "infeasible"),
    ];

    /// The word in the table.
    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("failed", |(_, word)| word)
    }

    /// The status of a word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(status, _)| *status)
    }

    /// Whether the point was measured to the end.
    pub(crate) fn is_done(self) -> bool {
        matches!(self, Self::Ok | Self::Wrong)
    }

    /// Whether it counts as a failed point for the exit code.
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Timeout | Self::Oom)
    }

    /// Which of two files of one point is kept: the larger.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Ok => 3,
            Self::Wrong => 2,
            Self::Failed | Self::Timeout | Self::Oom => 1,
            Self::Infeasible => 0,
        }
    }
}
