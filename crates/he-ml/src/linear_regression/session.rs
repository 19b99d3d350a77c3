//! Two parties: the owner of data and key, and the server that computes.

use ckks::{
    Ciphertext, Context, Decryptor, Encoder, Encryptor, EvaluationKeys, Evaluator, KeyGenerator, KeySize,
    Level, SecretKey, Weights,
    bootstrap::{BootstrapParameters, Bootstrapper},
    encoder::Packing,
};
use datasets::Dataset;
use rand_core::CryptoRng;

use super::{
    circuit::{Iterate, Observer, Solution},
    spec::{LinearRegression, Rows},
};
use crate::{
    arithmetic::{Counts, Encrypted, SlotArithmetic},
    baseline::LinearModel,
    budget::ErrorBudget,
    error::MlError,
    planner::{self, Plan, Wanted},
};

/// log2 of the scale for rows that are standardised under encryption: small variances are divided by.
const LOG_SCALE_OF_RANGED_ROWS: u32 = 45;

/// A table under encryption: what the owner sends to the server.
#[derive(Clone, Debug)]
pub struct EncryptedTable {
    blocks: Vec<Ciphertext>,
}

impl EncryptedTable {
    /// The ciphertexts, block by block.
    #[must_use]
    pub fn blocks(&self) -> &[Ciphertext] {
        &self.blocks
    }

    /// Bytes of all ciphertexts.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.blocks.iter().map(Ciphertext::size_bytes).sum()
    }
}

/// Weights under encryption: what the server sends back.
#[derive(Clone, Debug)]
pub struct EncryptedWeights {
    solution: Solution<Ciphertext>,
    counts: Counts,
}

impl EncryptedWeights {
    /// What finding them took.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

/// The party that holds the data and the secret key.
#[derive(Debug)]
pub struct KeyOwner {
    model: LinearRegression,
    context: Context,
    secret: SecretKey,
    /// Of the rows.
    level: Level,
}

/// The party that computes: it holds evaluation keys, which decrypt nothing.
#[derive(Debug)]
pub struct Server {
    model: LinearRegression,
    context: Context,
    keys: EvaluationKeys,
    bootstrapper: Option<Bootstrapper<Weights>>,
}

impl LinearRegression {
    /// What the circuit needs on the cheapest parameters for `wanted`: known before any key is made.
    ///
    /// # Errors
    /// As [`planner::plan`].
    pub fn plan(&self, wanted: &Wanted) -> Result<Plan, MlError> {
        planner::plan(wanted, |on, dry| {
            let blocks = self.packing(on.slots())?.blocks(self.table().rows);
            let solution = self.run(on, (0..blocks).map(|_| Ok(dry.input(self.largest_slot()))))?;
            Ok(solution.vector)
        })
    }

    /// As [`Self::plan`] for solvers that refresh their iterates by means of `bootstrap`: as many steps as one likes.
    ///
    /// # Errors
    /// As [`planner::plan_refreshing`].
    pub fn plan_refreshing(&self, bootstrap: &BootstrapParameters) -> Result<Plan, MlError> {
        planner::plan_refreshing(bootstrap, |on, input| {
            let blocks = self.packing(on.slots())?.blocks(self.table().rows);
            Ok(self.run(on, (0..blocks).map(|_| input(self.largest_slot())))?.vector)
        })
    }

    /// The cheapest parameters at 128 bits of security, at scales of 2^40 for standardised rows and 2^45 for ranged ones.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        let wanted = Wanted::new(self.slots());
        match self.rows() {
            Rows::Standardised => wanted,
            Rows::Ranged { .. } => wanted.log_scale(LOG_SCALE_OF_RANGED_ROWS),
        }
    }

    /// Where the error of weights that were learnt under encryption from `table` comes from. Only who has the table can
    /// tell.
    ///
    /// # Errors
    /// [`MlError::Singular`] where the closed form does not exist; as [`Self::run_clear`].
    pub fn error_budget(&self, table: &Dataset, found: &LinearModel) -> Result<ErrorBudget, MlError> {
        let alpha = self.ridge() * table.n_rows() as f64;
        let exact = LinearModel::ridge(table.features(), table.targets(), alpha)?;
        let clear = self.run_clear(table)?;
        ErrorBudget::new(&exact.weights, &clear.values, &found.weights)
    }
}

/// Makes all keys that `plan` lists for `model`.
///
/// # Errors
/// [`MlError::Ckks`] for a plan that was not made for this model's circuit.
pub fn generate_keys(
    model: &LinearRegression,
    plan: &Plan,
    rng: &mut impl CryptoRng,
) -> Result<(KeyOwner, Server), MlError> {
    let context = Context::new(&plan.parameters)?;
    let mut generator = KeyGenerator::new(&context, rng);
    let secret = generator.secret_key();
    let keys = generator.evaluation_keys(&secret, &plan.request)?;
    let level = context.max_level();
    let owner = KeyOwner { model: model.clone(), context: context.clone(), secret, level };
    Ok((owner, Server { model: model.clone(), context, keys, bootstrapper: None }))
}

/// Makes all keys that `plan`, from [`LinearRegression::plan_refreshing`], lists for `model`, those for refreshing
/// included.
///
/// # Errors
/// As [`generate_keys`].
pub fn generate_refreshing_keys(
    model: &LinearRegression,
    plan: &Plan,
    bootstrap: &BootstrapParameters,
    rng: &mut impl CryptoRng,
) -> Result<(KeyOwner, Server), MlError> {
    let (owner, mut server) = generate_keys(model, plan, rng)?;
    let evaluator = Evaluator::new(&server.context, &server.keys);
    server.bootstrapper = Some(Bootstrapper::new(bootstrap, &evaluator)?);
    // Higher levels are for refreshing only.
    Ok((KeyOwner { level: bootstrap.levels_left(), ..owner }, server))
}

impl KeyOwner {
    /// Encrypts one block of a table in the units of the model's rows: tables that do not fit into memory go block by
    /// block.
    ///
    /// # Errors
    /// As [`LinearRegression::pack`].
    pub fn encrypt_block(
        &self,
        table: &Dataset,
        block: usize,
        rng: &mut impl CryptoRng,
    ) -> Result<Ciphertext, MlError> {
        let bound = self.model.largest_slot();
        let slots = self.model.pack(table, self.context.max_slots(), block)?;
        let encoder = Encoder::new(&self.context);
        // The bound is public: it must not come from the values.
        let scale = self.context.parameters().default_scale(self.level);
        let packing = Packing { level: self.level, scale, slots: self.context.max_slots() };
        let plaintext = encoder.encode_with(&slots, &packing)?.with_message_bound(bound)?;
        Ok(Encryptor::new(&self.context, &self.secret).encrypt(&plaintext, rng)?)
    }

    /// Encrypts a table in the units of the model's rows.
    ///
    /// # Errors
    /// As [`Self::encrypt_block`].
    pub fn encrypt(&self, table: &Dataset, rng: &mut impl CryptoRng) -> Result<EncryptedTable, MlError> {
        let blocks = self.model.packing(self.context.max_slots())?.blocks(table.n_rows());
        let blocks = (0..blocks).map(|block| self.encrypt_block(table, block, rng));
        Ok(EncryptedTable { blocks: blocks.collect::<Result<_, _>>()? })
    }

    /// Decrypts the weights of an iterate, to see how a solver goes on: it tells more than the result.
    ///
    /// # Errors
    /// As [`Self::decrypt`].
    pub fn decrypt_iterate(&self, iterate: &Iterate<'_, Ciphertext>) -> Result<Vec<f64>, MlError> {
        let plaintext = Decryptor::new(&self.context, &self.secret).decrypt(iterate.vector)?;
        Ok(iterate.weights(&Encoder::new(&self.context).decode_secret(&plaintext)?))
    }

    /// Decrypts weights and intercept, in the units of the rows.
    ///
    /// # Errors
    /// [`MlError::Ckks`] for a ciphertext of another key's parameters.
    pub fn decrypt(&self, weights: &EncryptedWeights) -> Result<LinearModel, MlError> {
        let plaintext = Decryptor::new(&self.context, &self.secret).decrypt(&weights.solution.vector)?;
        weights.solution.model(&Encoder::new(&self.context).decode_secret(&plaintext)?)
    }
}

impl Server {
    /// Sizes of the evaluation keys.
    #[must_use]
    pub fn key_size(&self) -> KeySize {
        self.keys.size()
    }

    /// Learns the weights from an encrypted table.
    ///
    /// # Errors
    /// As [`LinearRegression::run`].
    pub fn train(&self, table: &EncryptedTable) -> Result<EncryptedWeights, MlError> {
        self.train_on(table.blocks.iter().cloned().map(Ok))
    }

    /// As [`Self::train`], taking blocks as they come.
    ///
    /// # Errors
    /// As [`LinearRegression::run`], and whatever the blocks come with.
    pub fn train_on(
        &self,
        blocks: impl IntoIterator<Item = Result<Ciphertext, MlError>>,
    ) -> Result<EncryptedWeights, MlError> {
        self.train_observed(blocks, &mut |_| Ok(()))
    }

    /// As [`Self::train_on`], showing every iterate of the solvers that go step by step.
    ///
    /// # Errors
    /// As [`Self::train_on`], and those of `observe`.
    pub fn train_observed(
        &self,
        blocks: impl IntoIterator<Item = Result<Ciphertext, MlError>>,
        observe: Observer<'_, Ciphertext>,
    ) -> Result<EncryptedWeights, MlError> {
        let evaluator = Evaluator::new(&self.context, &self.keys);
        let mut on = Encrypted::new(&evaluator);
        if let Some(bootstrapper) = &self.bootstrapper {
            on = on.with_bootstrapper(bootstrapper);
        }
        let solution = self.model.run_observed(&on, blocks, observe)?;
        Ok(EncryptedWeights { solution, counts: on.counts() })
    }
}
