//! Writes one honest object for each target to `corpus/`, to start from.

use std::{fs, io, path::Path};

use ckks::serialize::Stored;
use ckks_fuzz::KIT;

fn main() -> io::Result<()> {
    let (kit, context) = (&*KIT, &KIT.context);
    let mut keys = Vec::new();
    kit.keys.write_to(context, &mut keys).unwrap();
    let one = kit.keys.relinearization().unwrap();
    let three = ckks::Evaluator::new(context, &kit.keys);
    let three = three.mul_unrelinearized(&kit.ciphertext, &kit.ciphertext).unwrap();
    let objects = [
        ("fuzz_parameters", context.parameters().to_bytes().unwrap()),
        ("fuzz_ciphertext", kit.ciphertext.to_bytes(context).unwrap()),
        ("fuzz_ciphertext", three.to_bytes(context).unwrap()),
        ("fuzz_seeded_ciphertext", kit.seeded.to_bytes(context).unwrap()),
        ("fuzz_public_key", kit.public.to_bytes(context).unwrap()),
        ("fuzz_switching_key", kit.switching.to_bytes(context).unwrap()),
        ("fuzz_evaluation_keys", keys),
        ("fuzz_evaluation_keys", one.to_bytes(context).unwrap()),
        ("fuzz_secret_key", kit.secret.to_secret_bytes().unwrap().to_vec()),
    ];
    for (i, (target, bytes)) in objects.iter().enumerate() {
        let folder = Path::new("corpus").join(target);
        fs::create_dir_all(&folder)?;
        for mode in [0u8, 1] {
            let mut data = vec![mode];
            data.extend_from_slice(bytes);
            fs::write(folder.join(format!("honest-{i}-{mode}")), data)?;
        }
    }
    Ok(())
}
