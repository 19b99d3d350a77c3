//! The operations as a trait, so that one circuit runs on ciphertexts and on shapes.

use ring_math::parallel;

use crate::{
    ciphertext::Ciphertext,
    encoder::{Encoder, EncoderScratch, Packing, SlotValue, Weights},
    error::CkksError,
    eval::{Evaluator, RotationGroup},
    noise::Noise,
    params::Parameters,
    plaintext::Plaintext,
    scale::{Level, Scale},
};

/// What a circuit is written against: implemented by [`Evaluator`], which computes, and by [`crate::DryRun`], which only
/// counts. Each method does what the [`Evaluator`] method of the same name does, and can fail as that one.
///
/// ```
/// use ckks::{CkksError, DryRun, Operations, ParameterSpec};
///
/// /// x^4 plus its neighbour.
/// fn circuit<O: Operations>(ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
///     let square = ops.mul_rescale(x, x)?;
///     let fourth = ops.mul_rescale(&square, &square)?;
///     ops.add(&fourth, &ops.rotate(&fourth, 1)?)
/// }
///
/// let parameters = ParameterSpec::new(14).depth(5).check()?;
/// let dry = DryRun::new(&parameters);
/// let result = circuit(&dry, &dry.input(1.0))?;
/// let plan = dry.plan();
/// assert_eq!((plan.depth, plan.key_switches(), result.level().0), (2, 3, 3));
/// assert!(plan.keys(&parameters)?.stored > 0); // known before any key is generated
/// # Ok::<(), CkksError>(())
/// ```
#[expect(missing_docs, reason = "each method is documented at the Evaluator method of the same name")]
#[expect(
    clippy::missing_errors_doc,
    reason = "each method is documented at the Evaluator method of the same name"
)]
pub trait Operations {
    /// What is computed on.
    type Ciphertext: Clone + Sync;
    /// What is known to the computing party.
    type Plaintext;
    /// The same, ready for products that are divided by P later.
    type Weights;

    /// Level of a ciphertext.
    fn level(&self, a: &Self::Ciphertext) -> Level;
    /// Scale of a ciphertext.
    fn scale(&self, a: &Self::Ciphertext) -> Scale;
    /// Number of slots of a ciphertext.
    fn slots(&self, a: &Self::Ciphertext) -> usize;
    /// The parameters that everything is computed under.
    fn parameters(&self) -> &Parameters;

    /// A plaintext of these values, as [`Encoder::encode_with`] makes it.
    fn encode<T: SlotValue>(&self, values: &[T], packing: &Packing) -> Result<Self::Plaintext, CkksError>;
    /// A plaintext with `value` in every slot, as [`Encoder::encode_constant`] makes it.
    fn encode_constant<T: SlotValue>(
        &self,
        value: T,
        packing: &Packing,
    ) -> Result<Self::Plaintext, CkksError>;

    /// Weights of these values, as [`Encoder::encode_weights`] makes them.
    fn encode_weights<T: SlotValue>(
        &self,
        values: &[T],
        packing: &Packing,
    ) -> Result<Self::Weights, CkksError>;

    /// What `f` makes of both of its arguments, false first, neither of which waits for the other: side by side where there
    /// are threads for it.
    fn both(
        &self,
        f: impl Fn(&Self, bool) -> Result<Self::Ciphertext, CkksError> + Sync,
    ) -> Result<[Self::Ciphertext; 2], CkksError> {
        Ok([f(self, false)?, f(self, true)?])
    }

    fn add(&self, a: &Self::Ciphertext, b: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn sub(&self, a: &Self::Ciphertext, b: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn neg(&self, a: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn add_plain(&self, a: &Self::Ciphertext, b: &Self::Plaintext) -> Result<Self::Ciphertext, CkksError>;
    fn sub_plain(&self, a: &Self::Ciphertext, b: &Self::Plaintext) -> Result<Self::Ciphertext, CkksError>;
    fn mul_plain(&self, a: &Self::Ciphertext, b: &Self::Plaintext) -> Result<Self::Ciphertext, CkksError>;
    fn mul_plain_rescale(
        &self,
        a: &Self::Ciphertext,
        b: &Self::Plaintext,
    ) -> Result<Self::Ciphertext, CkksError>;
    fn add_scalar(&self, a: &Self::Ciphertext, value: f64) -> Result<Self::Ciphertext, CkksError>;
    fn mul_scalar(&self, a: &Self::Ciphertext, value: f64) -> Result<Self::Ciphertext, CkksError>;
    fn mul_scalar_at(
        &self,
        a: &Self::Ciphertext,
        value: f64,
        scale: Scale,
    ) -> Result<Self::Ciphertext, CkksError>;
    fn mul_integer(&self, a: &Self::Ciphertext, factor: i64) -> Result<Self::Ciphertext, CkksError>;
    fn mul(&self, a: &Self::Ciphertext, b: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn mul_rescale(&self, a: &Self::Ciphertext, b: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn square(&self, a: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn square_rescale(&self, a: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn mul_unrelinearized(
        &self,
        a: &Self::Ciphertext,
        b: &Self::Ciphertext,
    ) -> Result<Self::Ciphertext, CkksError>;
    fn relinearize(&self, a: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn relinearize_rescale(&self, a: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn sum_of_products(
        &self,
        pairs: &[(&Self::Ciphertext, &Self::Ciphertext)],
    ) -> Result<Self::Ciphertext, CkksError>;
    fn sum_of_products_rescale(
        &self,
        pairs: &[(&Self::Ciphertext, &Self::Ciphertext)],
    ) -> Result<Self::Ciphertext, CkksError>;
    fn sum_of_products_plus_rescale(
        &self,
        pairs: &[(&Self::Ciphertext, &Self::Ciphertext)],
        addend: &Self::Ciphertext,
    ) -> Result<Self::Ciphertext, CkksError>;
    fn linear_combination(
        &self,
        terms: &[(&Self::Ciphertext, f64)],
        level: Level,
        scale: Scale,
    ) -> Result<Self::Ciphertext, CkksError>;
    fn rescale(&self, a: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn drop_to(&self, a: &Self::Ciphertext, level: Level) -> Result<Self::Ciphertext, CkksError>;
    fn align(
        &self,
        a: &Self::Ciphertext,
        b: &Self::Ciphertext,
    ) -> Result<(Self::Ciphertext, Self::Ciphertext), CkksError>;
    fn align_to(
        &self,
        a: &Self::Ciphertext,
        level: Level,
        scale: Scale,
    ) -> Result<Self::Ciphertext, CkksError>;
    fn rotate(&self, a: &Self::Ciphertext, steps: i64) -> Result<Self::Ciphertext, CkksError>;
    /// All rotations of `a` by `steps`, its digits computed once.
    fn rotate_hoisted(&self, a: &Self::Ciphertext, steps: &[i64])
    -> Result<Vec<Self::Ciphertext>, CkksError>;
    fn conjugate(&self, a: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn declare_bound(&self, a: &Self::Ciphertext, bound: f64) -> Result<Self::Ciphertext, CkksError>;
    fn inner_sum(
        &self,
        a: &Self::Ciphertext,
        stride: usize,
        count: usize,
    ) -> Result<Self::Ciphertext, CkksError>;
    fn sum_of_rotations_rescale(
        &self,
        a: &Self::Ciphertext,
        groups: &[RotationGroup<'_, Self::Weights>],
    ) -> Result<Self::Ciphertext, CkksError>;
    fn raise(&self, a: &Self::Ciphertext) -> Result<Self::Ciphertext, CkksError>;
    fn trace(&self, a: &Self::Ciphertext, slots: usize) -> Result<Self::Ciphertext, CkksError>;
    fn relabel_slots(&self, a: &Self::Ciphertext, slots: usize) -> Result<Self::Ciphertext, CkksError>;
    fn claim_noise(&self, a: &Self::Ciphertext, noise: Noise) -> Result<Self::Ciphertext, CkksError>;
    /// What was tracked of a ciphertext's message and noise.
    fn noise(&self, a: &Self::Ciphertext) -> Noise;
    /// As [`Ciphertext::with_noise_as_message`].
    fn noise_as_message(&self, a: &Self::Ciphertext) -> Self::Ciphertext;
    /// As [`Ciphertext::with_noise_bound_added`].
    fn add_noise_bound(&self, a: &Self::Ciphertext, bound: f64) -> Result<Self::Ciphertext, CkksError>;
    /// As [`Ciphertext::without_noise`].
    fn without_noise(&self, a: &Self::Ciphertext) -> Self::Ciphertext;
    /// As [`Ciphertext::with_noise_added`].
    fn add_noise(&self, a: &Self::Ciphertext, std: f64, bound: f64) -> Result<Self::Ciphertext, CkksError>;
    /// Declares that no slot of the message exceeds `bound`, as [`Ciphertext::with_message_bound`] does, with what it says about
    /// publication; [`Self::declare_bound`] rules that out by itself.
    fn assume_bound(&self, a: &Self::Ciphertext, bound: f64) -> Result<Self::Ciphertext, CkksError>;
}

/// Forwards to the inherent method of the same name.
macro_rules! forward {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(fn $name(&self, $($argument: $type),*) -> Result<$result, CkksError> {
            Evaluator::$name(self, $($argument),*)
        })*
    };
}

impl Operations for Evaluator<'_> {
    type Ciphertext = Ciphertext;
    type Plaintext = Plaintext;
    type Weights = Weights;

    fn level(&self, a: &Ciphertext) -> Level {
        a.level()
    }

    fn scale(&self, a: &Ciphertext) -> Scale {
        a.scale()
    }

    fn slots(&self, a: &Ciphertext) -> usize {
        a.slots()
    }

    fn parameters(&self) -> &Parameters {
        self.context().parameters()
    }

    fn encode<T: SlotValue>(&self, values: &[T], packing: &Packing) -> Result<Plaintext, CkksError> {
        Encoder::new(self.context()).encode_with(values, packing)
    }

    fn encode_constant<T: SlotValue>(&self, value: T, packing: &Packing) -> Result<Plaintext, CkksError> {
        Encoder::new(self.context()).encode_constant(value, packing)
    }

    fn encode_weights<T: SlotValue>(&self, values: &[T], packing: &Packing) -> Result<Weights, CkksError> {
        Encoder::new(self.context()).encode_weights(values, packing, &mut EncoderScratch::new())
    }

    fn both(
        &self,
        f: impl Fn(&Self, bool) -> Result<Ciphertext, CkksError> + Sync,
    ) -> Result<[Ciphertext; 2], CkksError> {
        // Ciphertexts are large enough for two threads.
        let (first, second) = parallel::join(usize::MAX, || f(self, false), || f(self, true));
        Ok([first?, second?])
    }

    forward! {
        add(a: &Ciphertext, b: &Ciphertext) -> Ciphertext;
        sub(a: &Ciphertext, b: &Ciphertext) -> Ciphertext;
        neg(a: &Ciphertext) -> Ciphertext;
        add_plain(a: &Ciphertext, b: &Plaintext) -> Ciphertext;
        sub_plain(a: &Ciphertext, b: &Plaintext) -> Ciphertext;
        mul_plain(a: &Ciphertext, b: &Plaintext) -> Ciphertext;
        mul_plain_rescale(a: &Ciphertext, b: &Plaintext) -> Ciphertext;
        add_scalar(a: &Ciphertext, value: f64) -> Ciphertext;
        mul_scalar(a: &Ciphertext, value: f64) -> Ciphertext;
        mul_scalar_at(a: &Ciphertext, value: f64, scale: Scale) -> Ciphertext;
        mul_integer(a: &Ciphertext, factor: i64) -> Ciphertext;
        mul(a: &Ciphertext, b: &Ciphertext) -> Ciphertext;
        mul_rescale(a: &Ciphertext, b: &Ciphertext) -> Ciphertext;
        square(a: &Ciphertext) -> Ciphertext;
        square_rescale(a: &Ciphertext) -> Ciphertext;
        mul_unrelinearized(a: &Ciphertext, b: &Ciphertext) -> Ciphertext;
        relinearize(a: &Ciphertext) -> Ciphertext;
        relinearize_rescale(a: &Ciphertext) -> Ciphertext;
        sum_of_products(pairs: &[(&Ciphertext, &Ciphertext)]) -> Ciphertext;
        sum_of_products_rescale(pairs: &[(&Ciphertext, &Ciphertext)]) -> Ciphertext;
        sum_of_products_plus_rescale(
            pairs: &[(&Ciphertext, &Ciphertext)],
            addend: &Ciphertext
        ) -> Ciphertext;
        linear_combination(terms: &[(&Ciphertext, f64)], level: Level, scale: Scale) -> Ciphertext;
        rescale(a: &Ciphertext) -> Ciphertext;
        drop_to(a: &Ciphertext, level: Level) -> Ciphertext;
        align(a: &Ciphertext, b: &Ciphertext) -> (Ciphertext, Ciphertext);
        rotate(a: &Ciphertext, steps: i64) -> Ciphertext;
        conjugate(a: &Ciphertext) -> Ciphertext;
        declare_bound(a: &Ciphertext, bound: f64) -> Ciphertext;
        raise(a: &Ciphertext) -> Ciphertext;
        trace(a: &Ciphertext, slots: usize) -> Ciphertext;
        relabel_slots(a: &Ciphertext, slots: usize) -> Ciphertext;
        claim_noise(a: &Ciphertext, noise: Noise) -> Ciphertext;
        sum_of_rotations_rescale(a: &Ciphertext, groups: &[RotationGroup<'_, Weights>]) -> Ciphertext;
    }

    fn align_to(&self, a: &Ciphertext, level: Level, scale: Scale) -> Result<Ciphertext, CkksError> {
        self.context().work_spaces().lend(|work| Evaluator::align_to(self, a, level, scale, work))
    }

    fn rotate_hoisted(&self, a: &Ciphertext, steps: &[i64]) -> Result<Vec<Ciphertext>, CkksError> {
        let hoisted = self.context().work_spaces().lend(|work| self.hoist(a, work))?;
        steps.iter().map(|&k| hoisted.rotate(k)).collect()
    }

    fn inner_sum(&self, a: &Ciphertext, stride: usize, count: usize) -> Result<Ciphertext, CkksError> {
        self.context().work_spaces().lend(|work| Evaluator::inner_sum(self, a, stride, count, work))
    }

    fn noise(&self, a: &Ciphertext) -> Noise {
        a.noise()
    }

    fn noise_as_message(&self, a: &Ciphertext) -> Ciphertext {
        a.clone().with_noise_as_message()
    }

    fn add_noise_bound(&self, a: &Ciphertext, bound: f64) -> Result<Ciphertext, CkksError> {
        a.clone().with_noise_bound_added(bound)
    }

    fn without_noise(&self, a: &Ciphertext) -> Ciphertext {
        a.clone().without_noise()
    }

    fn add_noise(&self, a: &Ciphertext, std: f64, bound: f64) -> Result<Ciphertext, CkksError> {
        a.clone().with_noise_added(std, bound)
    }

    fn assume_bound(&self, a: &Ciphertext, bound: f64) -> Result<Ciphertext, CkksError> {
        a.clone().with_message_bound(bound)
    }
}
