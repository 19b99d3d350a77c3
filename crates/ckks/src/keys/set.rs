//! What keys a computation needs, and the keys themselves.

use std::collections::BTreeMap;

use crate::{
    error::CkksError,
    keys::{
        EncapsulationKey, GaloisElement, GaloisKey, RelinearizationKey,
        encapsulation::memory_bytes as encapsulation_memory, switching::MASK_LIMBS,
    },
    params::Parameters,
    scale::Level,
    serialize::{Stored, encapsulation_key_bytes, switching_key_bytes},
};

/// One key of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Relinearization,
    Rotation(i64),
    Conjugation,
    Encapsulation,
}

/// A request for given parameters.
pub(crate) struct Resolved {
    /// The level of the relinearisation key, if one is wanted.
    pub(crate) relinearization: Option<Level>,
    /// The level of the key for each map.
    pub(crate) galois: BTreeMap<GaloisElement, Level>,
    /// Whether the keys of sparse-secret encapsulation are wanted.
    pub(crate) encapsulation: bool,
    /// Whether Galois keys are to be compact.
    pub(crate) compact: bool,
}

impl Resolved {
    /// Number of keys.
    pub(crate) fn count(&self) -> usize {
        usize::from(self.relinearization.is_some()) + usize::from(self.encapsulation) + self.galois.len()
    }
}

/// The keys a computation needs, each for the highest level it is used at: a key for a lower level is smaller.
///
/// ```
/// use ckks::{KeyRequest, Level, ParameterSpec};
/// let parameters = ParameterSpec::new(13).log_scale(40).depth(3).check()?;
/// let request = KeyRequest::new().relinearization().rotations([1, 2]).rotations_at(Level(1), [4]);
/// let size = request.size(&parameters)?;
/// assert!(size.stored < size.memory); // half of every key comes from a seed
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRequest {
    /// `None` stands for the highest level of the parameters.
    wanted: BTreeMap<Wanted, Option<Level>>,
    compact: bool,
}

/// Sizes of keys in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeySize {
    /// On disk or on the wire, to the byte: one half of each key, its words as wide as their primes, and a seed
    /// ([`crate::serialize`]).
    pub stored: u64,
    /// In memory: both halves, or one and a little of [compact](KeyRequest::compact) keys.
    pub memory: u64,
}

impl KeyRequest {
    /// No keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn want(mut self, wanted: Wanted, level: Option<Level>) -> Self {
        let highest = |old: &mut Option<Level>| {
            *old = match (*old, level) {
                (Some(old), Some(new)) => Some(old.max(new)),
                _ => None,
            }
        };
        self.wanted.entry(wanted).and_modify(highest).or_insert(level);
        self
    }

    /// The key for multiplications at every level.
    #[must_use]
    pub fn relinearization(self) -> Self {
        self.want(Wanted::Relinearization, None)
    }

    /// The key for multiplications at `level` and below.
    #[must_use]
    pub fn relinearization_at(self, level: Level) -> Self {
        self.want(Wanted::Relinearization, Some(level))
    }

    /// Keys for rotations to the left by each of `steps` (to the right for negative ones), at every level.
    #[must_use]
    pub fn rotations(self, steps: impl IntoIterator<Item = i64>) -> Self {
        steps.into_iter().fold(self, |request, k| request.want(Wanted::Rotation(k), None))
    }

    /// As [`Self::rotations`], at `level` and below.
    #[must_use]
    pub fn rotations_at(self, level: Level, steps: impl IntoIterator<Item = i64>) -> Self {
        steps.into_iter().fold(self, |request, k| request.want(Wanted::Rotation(k), Some(level)))
    }

    /// The key for conjugation at every level.
    #[must_use]
    pub fn conjugation(self) -> Self {
        self.want(Wanted::Conjugation, None)
    }

    /// The key for conjugation at `level` and below.
    #[must_use]
    pub fn conjugation_at(self, level: Level) -> Self {
        self.want(Wanted::Conjugation, Some(level))
    }

    /// The keys of sparse-secret encapsulation, which [`crate::Evaluator::raise`] needs.
    #[must_use]
    pub fn encapsulation(self) -> Self {
        self.want(Wanted::Encapsulation, None)
    }

    /// Galois keys with the seed in place of their uniform halves: about half of the memory, and slower rotations, see
    /// [`crate::SwitchingKey::compact`]. The relinearisation key, of which there is one, stays as it is.
    #[must_use]
    pub fn compact(mut self) -> Self {
        self.compact = true;
        self
    }

    /// Everything that either request lists; compact if either is.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.compact |= other.compact;
        other.wanted.iter().fold(self, |request, (&wanted, &level)| request.want(wanted, level))
    }

    /// Size of the keys, known before they are generated.
    ///
    /// # Errors
    /// [`CkksError::NoSuchLevel`] for a level the parameters do not have.
    pub fn size(&self, parameters: &Parameters) -> Result<KeySize, CkksError> {
        let Resolved { relinearization, galois, encapsulation, compact } = self.resolve(parameters)?;
        let mut size = KeySize::default();
        if encapsulation {
            size.stored += encapsulation_key_bytes(parameters);
            size.memory += encapsulation_memory(parameters);
        }
        let levels = relinearization.map(|level| (level, false)).into_iter();
        for (level, is_galois) in levels.chain(galois.into_values().map(|level| (level, true))) {
            let one = key_size(parameters, level, is_galois, compact && is_galois);
            size.stored += one.stored;
            size.memory += one.memory;
        }
        Ok(size)
    }

    /// The keys, and the level of each.
    pub(crate) fn resolve(&self, parameters: &Parameters) -> Result<Resolved, CkksError> {
        let max = parameters.max_level();
        let mut relinearization = None;
        let mut encapsulation = false;
        let mut galois: BTreeMap<GaloisElement, Level> = BTreeMap::new();
        for (wanted, level) in &self.wanted {
            let level = level.unwrap_or(max);
            if level > max {
                return Err(CkksError::NoSuchLevel { op: "key request", found: level, max });
            }
            let element = match wanted {
                Wanted::Relinearization => {
                    relinearization = Some(level);
                    continue;
                }
                Wanted::Encapsulation => {
                    encapsulation = true;
                    continue;
                }
                Wanted::Rotation(steps) => GaloisElement::rotation(*steps, parameters.log_n()),
                Wanted::Conjugation => GaloisElement::conjugation(parameters.log_n()),
            };
            if !element.is_identity() {
                galois.entry(element).and_modify(|old| *old = level.max(*old)).or_insert(level);
            }
        }
        Ok(Resolved { relinearization, galois, encapsulation, compact: self.compact })
    }
}

/// Size of a relinearisation key for `level`, or of a Galois key.
fn key_size(parameters: &Parameters, level: Level, galois: bool, compact: bool) -> KeySize {
    let q_len = parameters.q_len(level);
    let digits = parameters.digit_ranges().into_iter().filter(|range| range.start < q_len).count() as u64;
    let limbs = (q_len + parameters.p_primes().len()) as u64;
    let masks = if compact { MASK_LIMBS as u64 } else { limbs };
    let memory = (8 * digits * (limbs + masks)) << parameters.log_n();
    KeySize { stored: switching_key_bytes(parameters, level, galois), memory }
}

/// The keys an [`crate::Evaluator`] works with; public, but made from the secret.
#[derive(Clone, Debug, Default)]
pub struct EvaluationKeys {
    pub(crate) relinearization: Option<RelinearizationKey>,
    pub(crate) galois: BTreeMap<GaloisElement, GaloisKey>,
    pub(crate) encapsulation: Option<EncapsulationKey>,
}

impl EvaluationKeys {
    /// No keys: enough for additions, plaintext products, and products that are not relinearised.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The relinearisation key.
    #[must_use]
    pub fn relinearization(&self) -> Option<&RelinearizationKey> {
        self.relinearization.as_ref()
    }

    /// The key of one map.
    #[must_use]
    pub fn galois(&self, element: GaloisElement) -> Option<&GaloisKey> {
        self.galois.get(&element)
    }

    /// All maps there are keys for.
    pub fn galois_elements(&self) -> impl Iterator<Item = GaloisElement> + '_ {
        self.galois.keys().copied()
    }

    /// All keys of maps, by their elements.
    pub fn galois_keys(&self) -> impl Iterator<Item = &GaloisKey> + '_ {
        self.galois.values()
    }

    /// Adds the key for multiplications; one that is there is replaced.
    pub fn insert_relinearization(&mut self, key: RelinearizationKey) {
        self.relinearization = Some(key);
    }

    /// Adds the key of one map; one that is there for this map is replaced.
    pub fn insert_galois(&mut self, key: GaloisKey) {
        self.galois.insert(key.element(), key);
    }

    /// The keys of sparse-secret encapsulation.
    #[must_use]
    pub fn encapsulation(&self) -> Option<&EncapsulationKey> {
        self.encapsulation.as_ref()
    }

    /// Adds the keys of sparse-secret encapsulation; ones that are there are replaced.
    pub fn insert_encapsulation(&mut self, key: EncapsulationKey) {
        self.encapsulation = Some(key);
    }

    /// Makes all Galois keys [compact](crate::SwitchingKey::compact), those of a set that was read, for instance.
    ///
    /// # Errors
    /// As [`crate::SwitchingKey::compact`].
    pub fn compact(&mut self) -> Result<(), CkksError> {
        self.galois.values_mut().try_for_each(|key| key.key.compact())
    }

    /// Total size.
    #[must_use]
    pub fn size(&self) -> KeySize {
        let relinearization =
            self.relinearization.iter().map(|key| (key.stored_bytes(), key.switching_key()));
        let relinearization = relinearization.map(|(stored, key)| (stored, key.memory_bytes()));
        let galois = self.galois.values().map(|key| (key.stored_bytes(), key.switching_key().memory_bytes()));
        let encapsulation = self.encapsulation.iter().map(|key| (key.stored_bytes(), key.memory_bytes()));
        let all = relinearization.chain(galois).chain(encapsulation);
        all.fold(KeySize::default(), |size, (stored, memory)| KeySize {
            stored: size.stored + stored,
            memory: size.memory + memory,
        })
    }
}
