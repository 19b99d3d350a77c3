//! The files in `data/` and what is known about each, one module per origin.

mod boston;
mod breast_cancer;
mod diabetes;

pub(crate) use boston::{BOSTON, BOSTON_WITHOUT_B};
pub(crate) use breast_cancer::BREAST_CANCER;
pub(crate) use diabetes::DIABETES;
