//! Networks read from CSV.

use std::{collections::BTreeMap, io::Read};

use datasets::Matrix;
use serde::Deserialize;

use super::{Activation, Network};
use crate::error::MlError;

/// One weight: `model` is the name of an activation, `tensor` one of W1, b1, w2, b2. Vectors have one index at 0.
#[derive(Deserialize)]
struct Record {
    model: String,
    tensor: String,
    i: usize,
    j: usize,
    value: f64,
}

const TENSORS: [&str; 4] = ["W1", "b1", "w2", "b2"];

impl Network {
    /// Reads the network with this activation from a CSV with the columns `model,tensor,i,j,value`, which may hold
    /// several: `W1` has i for the feature and j for the hidden unit, `b1` has i = 0, `w2` has j = 0, `b2` both.
    ///
    /// # Errors
    /// [`MlError::Weights`] for a line that cannot be read, a weight that occurs twice or is missing, a tensor of another
    /// name; as [`Self::new`].
    pub fn read_csv(reader: impl Read, activation: Activation) -> Result<Self, MlError> {
        let mut tensors: [BTreeMap<(usize, usize), f64>; 4] = Default::default();
        let mut lines = csv::Reader::from_reader(reader);
        for (index, record) in lines.deserialize().enumerate() {
            let record: Record = record.map_err(|error| MlError::Weights {
                line: error.position().map_or(index as u64 + 2, csv::Position::line),
                found: error.to_string(),
                expected: "model,tensor,i,j,value".to_owned(),
            })?;
            if record.model != activation.name() {
                continue;
            }
            let wrong = |found: String, expected: String| {
                Err(MlError::Weights { line: index as u64 + 2, found, expected })
            };
            let Some(tensor) = TENSORS.iter().position(|name| *name == record.tensor) else {
                return wrong(format!("tensor {:?}", record.tensor), TENSORS.join(", "));
            };
            if tensors[tensor].insert((record.i, record.j), record.value).is_some() {
                let found = format!("{} ({}, {}) again", record.tensor, record.i, record.j);
                return wrong(found, "each weight once".to_owned());
            }
        }
        let [first, bias, second, output_bias] = &tensors;
        let (inputs, hidden) = match first.last_key_value() {
            Some(((i, j), _)) => (i + 1, j + 1),
            None => {
                return Err(MlError::Weights {
                    line: 0,
                    found: format!("no model {activation}"),
                    expected: "one model with W1, b1, w2 and b2".to_owned(),
                });
            }
        };
        let first = dense(TENSORS[0], first, inputs, hidden)?;
        let bias = dense(TENSORS[1], bias, 1, hidden)?;
        let second = dense(TENSORS[2], second, hidden, 1)?;
        let output_bias = dense(TENSORS[3], output_bias, 1, 1)?;
        Self::new(&Matrix::new(inputs, hidden, first)?, &bias, &second, output_bias[0], activation)
    }
}

/// The entries of a tensor row after row; there must be exactly these.
fn dense(
    name: &str,
    entries: &BTreeMap<(usize, usize), f64>,
    rows: usize,
    columns: usize,
) -> Result<Vec<f64>, MlError> {
    let all = || (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j)));
    if entries.len() == rows * columns && entries.keys().copied().eq(all()) {
        return Ok(entries.values().copied().collect());
    }
    Err(MlError::Weights {
        line: 0,
        found: format!("{} entries of {name}", entries.len()),
        expected: format!("all of {rows} x {columns} and no others"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "model,tensor,i,j,value\nsquare,W1,0,0,1\nsquare,W1,0,1,2\nsquare,b1,0,0,3\nsquare,b1,0,1,4\n\
                         square,w2,0,0,5\nsquare,w2,1,0,6\nsquare,b2,0,0,7\ntanh,W1,0,0,9\n";

    #[test]
    fn a_small_network_is_read() {
        let network = Network::read_csv(SMALL.as_bytes(), Activation::Square).expect("complete");
        assert_eq!((network.inputs(), network.hidden()), (1, 2));
        let row = Matrix::new(1, 1, vec![0.5]).expect("one entry");
        let expected = (0.5_f64 + 3.0).powi(2) * 5.0 + (1.0_f64 + 4.0).powi(2) * 6.0 + 7.0;
        assert_eq!(network.predict(&row).expect("one feature"), [expected]);
        assert_eq!(network.largest_pre_activation(&row).expect("one feature"), 5.0);
    }

    #[test]
    fn damaged_files_are_refused() {
        let message = |text: &str, activation| {
            Network::read_csv(text.as_bytes(), activation).expect_err("damaged").to_string()
        };
        assert_eq!(
            message(SMALL, Activation::Tanh),
            "weights, line 0: found 0 entries of b1, expected all of 1 x 1 and no others"
        );
        assert_eq!(
            message(SMALL, Activation::Relu),
            "weights, line 0: found no model relu, expected one model with W1, b1, w2 and b2"
        );
        let twice = format!("{SMALL}square,b2,0,0,8\n");
        assert_eq!(
            message(&twice, Activation::Square),
            "weights, line 10: found b2 (0, 0) again, expected each weight once"
        );
        let odd = format!("{SMALL}square,b3,0,0,8\n");
        assert_eq!(
            message(&odd, Activation::Square),
            "weights, line 10: found tensor \"b3\", expected W1, b1, w2, b2"
        );
        let text = format!("{SMALL}square,b3,0,0,x\n");
        assert!(message(&text, Activation::Square).starts_with("weights, line 10: found "));
    }
}
