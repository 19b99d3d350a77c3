//! Parameters: what is read may be refused by the check, and parameters that pass it are written as the same bytes.
#![no_main]

use ckks::ParameterSpec;
use ckks_fuzz::mend;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let bytes = mend(data, 1, None);
    let Ok(spec) = ParameterSpec::from_bytes(&bytes) else { return };
    assert_eq!(ParameterSpec::read_from(&*bytes).unwrap(), spec);
    // The insecure ones are for `allow_insecure` only.
    if let Ok(parameters) = spec.check() {
        assert!(!parameters.is_insecure());
    }
    if let Ok(parameters) = spec.allow_insecure().check() {
        let again = ParameterSpec::from_bytes(&parameters.to_bytes().unwrap()).unwrap();
        assert_eq!(again.allow_insecure().check().unwrap(), parameters);
    }
});
