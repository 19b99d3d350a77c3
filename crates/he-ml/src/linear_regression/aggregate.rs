//! Encrypted sums of products, which the owner of the key decrypts and solves.
//!
//! Each column of the table has vectors of its own, one value to a slot, so that products take no rotations. A table of
//! any length is taken chunk by chunk; products are added up before they are relinearised, and memory does not grow
//! with the number of rows. At the end two sums at a time, as real and imaginary part, are summed over their slots: what
//! is decrypted are the sums and nothing finer.

use ckks::{
    Ciphertext, CiphertextShape, Complex64, Context, Decryptor, DryRun, Encoder, Encryptor, EvaluationKeys,
    Evaluator, KeyGenerator, KeySize, SecretKey,
};
use datasets::Dataset;
use nalgebra::{DMatrix, DVector};
use rand_core::CryptoRng;

use super::spec::TableShape;
use crate::{
    arithmetic::{Clear, Encrypted, SlotArithmetic},
    baseline::LinearModel,
    error::MlError,
    planner::{self, Plan, Wanted},
};

/// What is known in public of the values of a table, features and target alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRange {
    /// Every column has mean square one (see [`super::Standardised`]).
    Standardised,
    /// No value is larger in absolute value, as after scaling by public ranges.
    Within(f64),
}

/// Second moments of tables of one shape: a checked circuit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MomentAggregate {
    table: TableShape,
    range: ValueRange,
}

/// Sums over the rows of a table of all columns, the target last, and of all products of two.
#[derive(Clone, Debug, PartialEq)]
pub struct TableMoments {
    rows: usize,
    columns: usize,
    sums: Vec<f64>,
    /// Of columns (i, j) with i <= j, in lexicographic order.
    products: Vec<f64>,
}

/// Running sums: see [`MomentAggregate::start`].
#[derive(Debug)]
pub struct RunningSums<A: SlotArithmetic> {
    sums: Vec<Option<A::Vector>>,
    products: Vec<Option<A::Products>>,
}

impl MomentAggregate {
    /// The circuit for tables of a shape, with what is publicly known of their values.
    ///
    /// # Errors
    /// [`MlError::Shape`] for an empty table, [`MlError::Hyperparameter`] for a range that is not a positive number.
    pub fn new(table: TableShape, range: ValueRange) -> Result<Self, MlError> {
        if table.rows == 0 || table.features == 0 {
            return Err(MlError::Shape {
                what: "table to learn from",
                found: format!("{} rows and {} features", table.rows, table.features),
                expected: "at least one of each".to_owned(),
            });
        }
        match range {
            ValueRange::Within(bound) if !(bound.is_finite() && bound > 0.0) => {
                Err(MlError::Hyperparameter {
                    name: "range",
                    value: bound.to_string(),
                    why: "a bound on values is a finite number above 0".to_owned(),
                })
            }
            ValueRange::Standardised | ValueRange::Within(_) => Ok(Self { table, range }),
        }
    }

    fn columns(&self) -> usize {
        self.table.features + 1
    }

    fn largest_value(&self) -> f64 {
        match self.range {
            ValueRange::Standardised => (self.table.rows as f64).sqrt(),
            ValueRange::Within(bound) => bound,
        }
    }

    /// Two sums share a slot.
    fn largest_sum(&self) -> f64 {
        let rows = self.table.rows as f64;
        let one = match self.range {
            ValueRange::Standardised => rows,
            ValueRange::Within(bound) => rows * bound.max(bound * bound),
        };
        one * std::f64::consts::SQRT_2
    }

    /// Chunks of rows in vectors of `slots` slots.
    #[must_use]
    pub fn chunks(&self, slots: usize) -> usize {
        self.table.rows.div_ceil(slots)
    }

    /// Sums of nothing.
    #[must_use]
    pub fn start<A: SlotArithmetic>(&self) -> RunningSums<A> {
        let columns = self.columns();
        let (mut sums, mut products) = (Vec::new(), Vec::new());
        sums.resize_with(columns, || None);
        products.resize_with(columns * (columns + 1) / 2, || None);
        RunningSums { sums, products }
    }

    /// The result: two sums to a vector, the same in all of its slots.
    ///
    /// # Errors
    /// [`MlError::Shape`] when nothing was added; those of the arithmetic.
    pub fn finish<A: SlotArithmetic>(
        &self,
        on: &A,
        running: RunningSums<A>,
    ) -> Result<Vec<A::Vector>, MlError> {
        let nothing = || MlError::Shape {
            what: "rows of a table",
            found: "none".to_owned(),
            expected: "at least one chunk".to_owned(),
        };
        let mut vectors = Vec::with_capacity(running.sums.len() + running.products.len());
        for sum in running.sums {
            vectors.push(on.mul_number(&sum.ok_or_else(nothing)?, 1.0)?);
        }
        for products in running.products {
            vectors.push(on.close(products.ok_or_else(nothing)?)?);
        }
        let pair = |pair: &[A::Vector]| {
            let both = match pair {
                [first, second] => on.add(first, &on.mul_i(second)?)?,
                single => single.first().cloned().ok_or_else(nothing)?,
            };
            on.promise("sums over a table", &on.cyclic_sum(&both, 1)?, self.largest_sum())
        };
        vectors.chunks(2).map(pair).collect()
    }

    /// The parameters and costs for `wanted`; [`Self::wanted`] is a good start.
    ///
    /// # Errors
    /// As [`planner::plan`].
    pub fn plan(&self, wanted: &Wanted) -> Result<Plan, MlError> {
        let mut plan = planner::plan(wanted, |on, dry| {
            let mut running = self.start();
            let chunk: Vec<_> = (0..self.columns()).map(|_| dry.input(self.largest_value())).collect();
            running.add(on, &chunk)?;
            let results = self.finish(on, running.repeated(on, self.chunks(on.slots()))?)?;
            results.into_iter().next().ok_or(MlError::TooFewSlots { what: "sums", needed: 1, found: 0 })
        })?;
        // The first chunk's are counted already. Sums and open products cost nothing else that is counted.
        let further = self.chunks(plan.parameters.max_slots()) - 1;
        let products = self.columns() * (self.columns() + 1) / 2;
        plan.counts.products = plan.counts.products.saturating_add(further.saturating_mul(products));
        Ok(plan)
    }

    /// The cheapest parameters at 128 bits of security for scales of 2^30: sums over n rows average noise away.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        const SLOTS: usize = 1 << 12;
        Wanted::new(SLOTS).log_scale(30).log_message(self.largest_sum().log2().ceil() as u32)
    }

    /// The slots of each column of one chunk.
    ///
    /// # Errors
    /// [`MlError::Shape`] for a table of another shape; [`MlError::OutsideRange`] for a value beyond the public range.
    pub fn pack(&self, table: &Dataset, slots: usize, chunk: usize) -> Result<Vec<Vec<Complex64>>, MlError> {
        MlError::check_size("rows of the table", table.n_rows(), self.table.rows)?;
        MlError::check_size("features of the table", table.n_features(), self.table.features)?;
        let rows = chunk * slots..table.n_rows().min((chunk + 1) * slots);
        let bound = self.largest_value();
        let mut columns = vec![Vec::with_capacity(rows.len()); self.columns()];
        for row in rows {
            let cells = table.features().row(row).iter().chain([&table.targets()[row]]);
            for (column, &found) in cells.enumerate() {
                if found.abs() > bound {
                    let what = table.feature_names().get(column).map_or(table.target_name(), String::as_str);
                    let range = (-bound, bound);
                    return Err(MlError::OutsideRange { what: what.to_owned(), row, found, range });
                }
                columns[column].push(found.into());
            }
        }
        Ok(columns)
    }

    /// The moments in the results' slots: of each vector one slot.
    fn unpack(&self, slots: &[Complex64]) -> TableMoments {
        let columns = self.columns();
        let mut values: Vec<f64> = slots.iter().flat_map(|slot| [slot.re, slot.im]).collect();
        values.truncate(columns + columns * (columns + 1) / 2);
        let products = values.split_off(columns.min(values.len()));
        TableMoments { rows: self.table.rows, columns, sums: values, products }
    }

    /// The same circuit in the clear.
    ///
    /// # Errors
    /// As [`Self::pack`] and [`Self::finish`].
    pub fn run_clear(&self, table: &Dataset) -> Result<TableMoments, MlError> {
        let slots = self.table.rows.next_power_of_two().min(1 << 12);
        let on = Clear::new(slots);
        let mut running = self.start();
        for chunk in 0..self.chunks(slots) {
            let columns = self.pack(table, slots, chunk)?;
            let columns: Vec<_> = columns.iter().map(|column| on.input(column)).collect::<Result<_, _>>()?;
            running.add(&on, &columns)?;
        }
        let results = self.finish(&on, running)?;
        Ok(self.unpack(&results.iter().map(|result| result.values()[0]).collect::<Vec<_>>()))
    }

    /// Makes the keys that `plan` lists.
    ///
    /// # Errors
    /// [`MlError::Ckks`] for a plan that was not made for this circuit.
    pub fn generate_keys(
        &self,
        plan: &Plan,
        rng: &mut impl CryptoRng,
    ) -> Result<(AggregateOwner, AggregateServer), MlError> {
        let context = Context::new(&plan.parameters)?;
        let mut generator = KeyGenerator::new(&context, rng);
        let secret = generator.secret_key();
        let keys = generator.evaluation_keys(&secret, &plan.request)?;
        let server = AggregateServer { circuit: *self, context: context.clone(), keys };
        Ok((AggregateOwner { circuit: *self, context, secret }, server))
    }
}

impl RunningSums<Encrypted<'_, DryRun>> {
    /// The shapes after so many chunks that are all as those of the first: as adding one by one, by doubling.
    fn repeated(self, on: &Encrypted<'_, DryRun>, chunks: usize) -> Result<Self, MlError> {
        let all = |shapes: Vec<Option<CiphertextShape>>| -> Result<Vec<_>, MlError> {
            shapes.into_iter().map(|one| one.map(|one| repeated(on, one, chunks)).transpose()).collect()
        };
        Ok(Self { sums: all(self.sums)?, products: all(self.products)? })
    }
}

/// The shape of a sum of `times` ciphertexts of one shape, at least of one.
fn repeated(
    on: &Encrypted<'_, DryRun>,
    one: CiphertextShape,
    times: usize,
) -> Result<CiphertextShape, MlError> {
    // The binary digits of `times` behind the first, each of which doubles the sum.
    let digits = (0..times.max(1).ilog2()).rev().map(|digit| times >> digit & 1);
    digits.into_iter().try_fold(one, |sum, digit| {
        let doubled = on.add(&sum, &sum)?;
        if digit == 1 { on.add(&doubled, &one) } else { Ok(doubled) }
    })
}

impl<A: SlotArithmetic> RunningSums<A> {
    /// Adds a chunk: one vector for each column, the target's last.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of columns; those of the arithmetic.
    pub fn add(&mut self, on: &A, chunk: &[A::Vector]) -> Result<(), MlError> {
        MlError::check_size("columns of a chunk", chunk.len(), self.sums.len())?;
        for (sum, column) in self.sums.iter_mut().zip(chunk) {
            *sum = Some(match sum.take() {
                None => column.clone(),
                Some(sum) => on.add(&sum, column)?,
            });
        }
        let pairs = (0..chunk.len()).flat_map(|i| (i..chunk.len()).map(move |j| (i, j)));
        for (products, (i, j)) in self.products.iter_mut().zip(pairs) {
            *products = Some(on.accumulate(products.take(), &[(&chunk[i], &chunk[j])])?);
        }
        Ok(())
    }
}

/// The party that holds the data and the secret key.
#[derive(Debug)]
pub struct AggregateOwner {
    circuit: MomentAggregate,
    context: Context,
    secret: SecretKey,
}

/// The party that sums up.
#[derive(Debug)]
pub struct AggregateServer {
    circuit: MomentAggregate,
    context: Context,
    keys: EvaluationKeys,
}

impl AggregateOwner {
    /// Chunks of the table.
    #[must_use]
    pub fn chunks(&self) -> usize {
        self.circuit.chunks(self.context.max_slots())
    }

    /// Encrypts one chunk of a table.
    ///
    /// # Errors
    /// As [`MomentAggregate::pack`].
    pub fn encrypt_chunk(
        &self,
        table: &Dataset,
        chunk: usize,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Ciphertext>, MlError> {
        let encoder = Encoder::new(&self.context);
        let encryptor = Encryptor::new(&self.context, &self.secret);
        let columns = self.circuit.pack(table, self.context.max_slots(), chunk)?;
        let encrypt = |column: Vec<Complex64>| {
            // The bound is public: it must not come from the values.
            let plaintext =
                encoder.encode_complex(&column)?.with_message_bound(self.circuit.largest_value())?;
            Ok(encryptor.encrypt(&plaintext, rng)?)
        };
        columns.into_iter().map(encrypt).collect()
    }

    /// Decrypts the moments.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of ciphertexts than the circuit gives.
    pub fn decrypt(&self, results: &[Ciphertext]) -> Result<TableMoments, MlError> {
        let columns = self.circuit.columns();
        let expected = (columns + columns * (columns + 1) / 2).div_ceil(2);
        MlError::check_size("ciphertexts of moments", results.len(), expected)?;
        let encoder = Encoder::new(&self.context);
        let decryptor = Decryptor::new(&self.context, &self.secret);
        let first = |ciphertext: &Ciphertext| {
            let slots = encoder.decode_secret(&decryptor.decrypt(ciphertext)?)?;
            // The same sum with independent noise in every slot.
            Ok(slots.iter().sum::<Complex64>() / slots.len() as f64)
        };
        Ok(self.circuit.unpack(&results.iter().map(first).collect::<Result<Vec<_>, MlError>>()?))
    }
}

impl AggregateServer {
    /// Sizes of the evaluation keys.
    #[must_use]
    pub fn key_size(&self) -> KeySize {
        self.keys.size()
    }

    /// Sums up chunks as they come, keeping none of them.
    ///
    /// # Errors
    /// As [`MomentAggregate::finish`] and [`RunningSums::add`], and whatever the chunks come with.
    pub fn sum(
        &self,
        chunks: impl IntoIterator<Item = Result<Vec<Ciphertext>, MlError>>,
    ) -> Result<Vec<Ciphertext>, MlError> {
        let evaluator = Evaluator::new(&self.context, &self.keys);
        let on = Encrypted::new(&evaluator);
        let mut running = self.circuit.start();
        let mut found = 0;
        for chunk in chunks {
            running.add(&on, &chunk?)?;
            found += 1;
        }
        let expected = self.circuit.chunks(self.context.max_slots());
        MlError::check_size("chunks of rows", found, expected)?;
        self.circuit.finish(&on, running)
    }
}

impl TableMoments {
    /// The sum of a column; the target is the last one.
    #[must_use]
    pub fn sum(&self, column: usize) -> f64 {
        self.sums[column]
    }

    /// The sum of the products of two columns.
    #[must_use]
    pub fn product(&self, a: usize, b: usize) -> f64 {
        let (low, high) = (a.min(b), a.max(b));
        self.products[low * self.columns - low * (low + 1) / 2 + high]
    }

    /// Least squares with an intercept and the penalty rows * `ridge` |w|^2, from the moments alone.
    ///
    /// # Errors
    /// [`MlError::Hyperparameter`] for a negative penalty; [`MlError::Singular`] when features determine one another up
    /// to the precision of the moments.
    pub fn solve(&self, ridge: f64) -> Result<LinearModel, MlError> {
        if !(ridge.is_finite() && ridge >= 0.0) {
            return Err(MlError::Hyperparameter {
                name: "ridge",
                value: ridge.to_string(),
                why: "a penalty is a finite number from 0 on".to_owned(),
            });
        }
        let (n, p) = (self.rows as f64, self.columns - 1);
        let mean = |column| self.sum(column) / n;
        let covariance = |a, b| self.product(a, b) / n - mean(a) * mean(b);
        let matrix = DMatrix::from_fn(p, p, |a, b| covariance(a, b) + if a == b { ridge } else { 0.0 });
        let rhs = DVector::from_fn(p, |a, _| covariance(a, p));
        let singular = || MlError::Singular {
            what: "normal equations",
            size: p,
            remedy: "leave out features that others determine, or take a ridge penalty",
        };
        let cholesky = matrix.clone().cholesky().ok_or_else(singular)?;
        // A pivot that noise alone could have made: the moments are good to about nine digits.
        const DIGITS: f64 = 1e-9;
        let factor = cholesky.l_dirty();
        if (0..p).any(|a| factor[(a, a)].powi(2) <= DIGITS * matrix[(a, a)]) {
            return Err(singular());
        }
        let weights: Vec<f64> = cholesky.solve(&rhs).iter().copied().collect();
        let intercept = mean(p) - weights.iter().enumerate().map(|(a, w)| w * mean(a)).sum::<f64>();
        Ok(LinearModel { intercept, weights })
    }
}
