//! Parameters: every security cap, every refusal, the chains and the planner.

use ckks::{
    CkksError, Level, ParameterSpec, Parameters, SecurityLevel,
    params::{LevelSpec, Requirements, SecretDistribution, max_log_qp_ephemeral, plan, presets},
};
use proptest::prelude::*;

/// The caps once more, from scheme tables rather than from the code under test: (log N, 128, 192, 256 bits).
const CAPS: [(u32, [Option<u32>; 3]); 8] = [
    (10, [Some(26), None, None]),
    (11, [Some(53), Some(36), Some(27)]),
    (12, [Some(106), Some(73), Some(56)]),
    (13, [Some(214), Some(147), Some(114)]),
    (14, [Some(430), Some(297), Some(230)]),
    (15, [Some(868), Some(596), Some(462)]),
    (16, [Some(1746), Some(1199), Some(929)]),
    (17, [Some(3522), Some(2410), Some(1865)]),
];

/// A chain whose QP has exactly `bits` bits: P has four bits more than every single-prime digit, the base absorbs what
/// the levels leave.
fn of_length(log_n: u32, bits: u32, security: SecurityLevel) -> Option<ParameterSpec> {
    // Below 2^b primes that are 1 modulo 2N leave little of the top bit unused, but each leaves some: keep few of them
    // per bit by taking wide ones, and let the size of the base decide about the last bits.
    let shortest = log_n + 4;
    for level_bits in (shortest..=46).rev() {
        for depth in (0..=80).rev() {
            let rest = bits.saturating_sub(depth * level_bits);
            for p in (shortest..=96).rev() {
                let base = rest.saturating_sub(p);
                if base >= shortest.max(level_bits + 1).min(49) && base <= 49 && p >= base.max(level_bits) + 4
                {
                    let levels = std::iter::once(LevelSpec::new(base))
                        .chain((0..depth).map(|_| LevelSpec::new(level_bits)));
                    return Some(
                        ParameterSpec::new(log_n)
                            .levels(levels)
                            .log_scale(base - 1)
                            .log_p(if p <= 48 { vec![p] } else { vec![p / 2, p - p / 2] })
                            .dnum(depth as usize + 1)
                            .security(security),
                    );
                }
            }
        }
    }
    None
}

/// Adjusts the chain until its exact length is the wanted one: products of primes near powers of two may fall on either
/// side of the next bit.
fn exactly(log_n: u32, bits: u32, security: SecurityLevel) -> Option<Parameters> {
    [bits, bits + 1, bits.saturating_sub(1)].into_iter().find_map(|nominal| {
        let parameters = of_length(log_n, nominal, security)?.allow_insecure().check().ok()?;
        (parameters.qp_bit_length() == bits).then_some(parameters)
    })
}

/// The same primes, this time without `allow_insecure`.
fn recheck(parameters: &Parameters, security: SecurityLevel) -> Result<Parameters, CkksError> {
    let primes = parameters.groups().iter().map(|g| g.primes.clone());
    let levels = primes.map(|p| LevelSpec::new((p[0] as f64).log2().round() as u32).primes(p));
    ParameterSpec::new(parameters.log_n())
        .levels(levels)
        .log_scale(parameters.default_scale(Level(0)).log2().round() as u32)
        .special_primes(parameters.p_primes().iter().copied())
        .dnum(parameters.dnum())
        .security(security)
        .check()
}

#[test]
fn each_cap_is_accepted_and_one_bit_more_is_refused() {
    let mut tried = 0;
    for (log_n, caps) in CAPS {
        for (security, cap) in SecurityLevel::ALL.into_iter().zip(caps) {
            assert_eq!(security.max_log_qp(log_n), cap, "N = 2^{log_n}, {security}");
            let Some(cap) = cap else { continue };
            // Two NTT primes with four bits between them do not fit under the lowest caps.
            let Some(at_cap) = exactly(log_n, cap, security) else {
                assert!(cap <= 2 * (log_n + 2) + 4, "no chain of {cap} bits at N = 2^{log_n}");
                continue;
            };
            let accepted = recheck(&at_cap, security).unwrap();
            assert_eq!(accepted.qp_bit_length(), cap);
            assert!(accepted.security_bits() >= security.bits());
            assert!(!accepted.is_insecure());

            let above = exactly(log_n, cap + 1, security).unwrap();
            assert!(above.is_insecure());
            assert!(above.security_bits() < security.bits());
            let next = if log_n < 17 { Some(2usize << log_n) } else { None };
            assert_eq!(
                recheck(&above, security),
                Err(CkksError::Insecure {
                    ring_degree: 1 << log_n,
                    log_qp: cap + 1,
                    max_log_qp: Some(cap),
                    security,
                    smallest_ring_degree: next,
                })
            );
            tried += 1;
        }
    }
    assert!(tried >= 20, "only {tried} caps were tried with real chains");
}

/// A chain at whose lowest modulus and first special primes a key under the ephemeral secret has exactly `bits` bits.
fn with_lowest(log_n: u32, bits: u32) -> Option<Parameters> {
    let spec = |base: u32, p: u32| {
        ParameterSpec::new(log_n).log_q0(base).log_scale(30).depth(2).log_p([p / 2, p - p / 2]).dnum(3)
    };
    let candidates = (40..=49).flat_map(|base| [bits - 1, bits, bits + 1].map(|sum| spec(base, sum - base)));
    let exact = |parameters: &Parameters| parameters.encapsulation_bit_length() == bits;
    candidates.filter_map(|spec| spec.check().ok()).find(exact)
}

#[test]
fn the_ephemeral_secret_has_caps_of_its_own() {
    for (log_n, cap) in [(15, 99), (16, 121), (17, 121)] {
        assert_eq!(max_log_qp_ephemeral(log_n), Some(cap));
        with_lowest(log_n, cap).unwrap().check_encapsulation().unwrap();
        let refused = with_lowest(log_n, cap + 1).unwrap().check_encapsulation().unwrap_err();
        let CkksError::Insecure { log_qp, max_log_qp, smallest_ring_degree, .. } = refused else {
            panic!("{refused}");
        };
        assert_eq!((log_qp, max_log_qp), (cap + 1, Some(cap)));
        assert_eq!(smallest_ring_degree, (log_n == 15).then_some(1 << 16));
    }
    let refused = with_lowest(14, 87).unwrap().check_encapsulation().unwrap_err();
    let CkksError::Insecure { max_log_qp: None, smallest_ring_degree: Some(smallest), .. } = refused else {
        panic!("{refused}");
    };
    assert_eq!(smallest, 1 << 15);
}

#[test]
fn the_refusal_names_everything() {
    let error = ParameterSpec::new(13).depth(5).log_scale(40).check().unwrap_err().to_string();
    for part in ["8192", "128", "214", "16384"] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
    let nothing = ParameterSpec::new(10).check().unwrap_err();
    assert!(matches!(nothing, CkksError::Insecure { max_log_qp: Some(26), .. }), "{nothing}");
    let below_table = ParameterSpec::new(9).check().unwrap_err();
    assert!(matches!(below_table, CkksError::Insecure { max_log_qp: None, .. }), "{below_table}");
    let beyond = ParameterSpec::new(17).depth(100).log_scale(45).check().unwrap_err();
    assert!(matches!(beyond, CkksError::Insecure { smallest_ring_degree: None, .. }), "{beyond}");
}

#[test]
fn other_secrets_need_the_word() {
    let spec = ParameterSpec::new(15).depth(5);
    let odd = spec.clone().secret(SecretDistribution::FixedWeight(192));
    assert!(matches!(odd.check(), Err(CkksError::NotEstimated { .. })));
    assert!(odd.allow_insecure().check().unwrap().is_insecure());
    // A fixed weight is judged by its own, lower caps: 806 bits at h = 192, nothing known at h = 32.
    let wide = ParameterSpec::new(15).depth(15).log_q0(48).log_p([48; 4]).dnum(4);
    assert_eq!(wide.check().unwrap().security_bits(), 128);
    let weight =
        |h| wide.clone().secret(SecretDistribution::FixedWeight(h)).allow_insecure().check().unwrap();
    assert_eq!(weight(192).security_bits(), 0);
    assert_eq!(weight(256).security_bits(), 0);
    let short = |h| spec.clone().secret(SecretDistribution::FixedWeight(h)).allow_insecure().check().unwrap();
    assert_eq!(short(192).security_bits(), 128);
    assert_eq!(short(32).security_bits(), 0);
    assert_eq!(SecretDistribution::FixedWeight(200).max_log_qp(SecurityLevel::Bits128, 15), Some(806));
    assert_eq!(SecretDistribution::FixedWeight(191).max_log_qp(SecurityLevel::Bits128, 16), Some(1500));
    assert_eq!(SecretDistribution::FixedWeight(63).max_log_qp(SecurityLevel::Bits128, 16), None);
}

#[test]
fn presets_are_what_they_say() {
    let lengths = [("small", 212, 4), ("medium", 424, 4), ("large", 840, 4), ("huge", 1688, 3)]
        .into_iter()
        .chain([("medium_precise", 424, 8), ("large_precise", 823, 5), ("huge_precise", 1688, 4)]);
    for ((name, preset), (expected_name, bits, dnum)) in presets::ALL.into_iter().zip(lengths) {
        let parameters = preset().check().unwrap();
        assert_eq!((name, parameters.qp_bit_length(), parameters.dnum()), (expected_name, bits, dnum));
        assert_eq!(parameters.security_bits(), 128, "{name}");
        assert_well_formed(&parameters);
    }
    let toy = presets::toy(3, 2).check().unwrap();
    assert!(toy.is_insecure());
    assert_eq!(toy.security_bits(), 0);
    assert_well_formed(&toy);
}

/// What holds for every parameter set whose primes were found.
fn assert_well_formed(parameters: &Parameters) {
    let q = parameters.q_primes();
    let mut all: Vec<u64> = q.iter().chain(parameters.p_primes()).copied().collect();
    assert!(all.iter().all(|&p| ring_math::is_prime(p) && p % (2 << parameters.log_n()) == 1));
    assert!(all.iter().all(|&p| p < 1 << 50));
    all.sort_unstable();
    assert!(all.windows(2).all(|w| w[0] < w[1]));
    // The digits cover Q in order, and P is four bits wider than each.
    let digits = parameters.digit_ranges();
    assert_eq!(digits.iter().flat_map(Clone::clone).collect::<Vec<_>>(), (0..q.len()).collect::<Vec<_>>());
    for digit in digits {
        let width: f64 = q[digit].iter().map(|&p| (p as f64).log2()).sum();
        assert!(parameters.log_p() >= width + 3.98, "{} over {width}", parameters.log_p());
    }
    // Canonical scales follow from each other and do not drift.
    for level in 1..parameters.groups().len() {
        let group = &parameters.groups()[level];
        let next = group.scale.squared().div_by_primes(&group.primes);
        let below = parameters.default_scale(Level(level - 1));
        assert_eq!(parameters.settle(Level(level - 1), next), below);
        assert!((below.log2() - next.log2()).abs() < 1e-12 || level > 1);
    }
    assert_eq!(parameters.q_len(parameters.max_level()), q.len());
}

#[test]
fn scales_stay_within_a_thousandth_of_a_bit_of_what_was_asked_for() {
    for (_, preset) in presets::ALL {
        let parameters = preset().check().unwrap();
        let target = parameters.default_scale(parameters.max_level()).log2();
        assert!((target - target.round()).abs() < 1e-3);
        for level in 0..=parameters.max_level().0 {
            let log = parameters.default_scale(Level(level)).log2();
            assert!((log - target).abs() < 1e-3, "level {level}: {log}");
        }
    }
}

#[test]
fn scales_above_fifty_bits_take_two_primes_a_level() {
    for (log_n, log_scale) in [(14, 51), (15, 56), (16, 59), (16, 60), (17, 55)] {
        let parameters = ParameterSpec::new(log_n).log_scale(log_scale).depth(3).check().unwrap();
        assert!(parameters.groups()[1..].iter().all(|g| g.primes.len() == 2));
        for level in 0..=3 {
            let log = parameters.default_scale(Level(level)).log2();
            assert!((log - f64::from(log_scale)).abs() < 0.01, "2^{log_n}, level {level}: {log}");
        }
        assert_well_formed(&parameters);
    }
}

#[test]
fn a_mixed_chain_keeps_a_scale_for_each_run() {
    // As bootstrapping has it: base 50, nine levels of 40 bits, three of 42, four of 50.
    let sizes = [(50, 1), (40, 9), (42, 3), (50, 4)];
    let levels = sizes.into_iter().flat_map(|(log, count)| (0..count).map(move |_| LevelSpec::new(log)));
    let parameters = ParameterSpec::new(16).levels(levels).dnum(4).check().unwrap();
    for (level, log) in [(16, 50.0), (13, 50.0), (12, 42.0), (10, 42.0), (9, 40.0), (1, 40.0), (0, 40.0)] {
        let found = parameters.default_scale(Level(level)).log2();
        assert!((found - log).abs() < 1e-3, "level {level}: {found}");
    }
    assert!(parameters.groups()[13..].iter().all(|g| g.primes[0] < 1 << 50));
    assert_eq!(parameters.q_len(Level(0)), 1);
}

#[test]
fn parameters_come_back_from_their_explicit_specification() {
    let specs = presets::ALL.into_iter().map(|(_, preset)| preset()).chain([
        presets::toy(4, 3),
        ParameterSpec::new(15).log_scale(56).depth(2),
        ParameterSpec::new(14).depth(1).secret(SecretDistribution::FixedWeight(64)).allow_insecure(),
    ]);
    for spec in specs {
        let parameters = spec.check().unwrap();
        let explicit = toml::to_string(&parameters.to_spec()).unwrap();
        let read: ParameterSpec = toml::from_str(&explicit).unwrap();
        assert_eq!(read.check().unwrap(), parameters, "{explicit}");
    }
}

#[test]
fn configuration_files_say_what_they_mean() {
    let spec: ParameterSpec =
        toml::from_str("log_n = 14\ndepth = 5\nlog_scale = 42\nsecurity = 192\n").unwrap();
    assert_eq!(spec, ParameterSpec::new(14).depth(5).log_scale(42).security(SecurityLevel::Bits192));
    for wrong in ["log_n = 14\ndeep = 5\n", "log_n = 14\nsecurity = 100\n", "depth = 3\n"] {
        assert!(toml::from_str::<ParameterSpec>(wrong).is_err(), "{wrong}");
    }
    let levels: ParameterSpec = toml::from_str(
        "log_n = 15\n[[levels]]\nlog_scale = 56\nprime_count = 2\n[[levels]]\nlog_scale = 40\n",
    )
    .unwrap();
    assert_eq!(levels.check().unwrap().q_len(Level(0)), 2);
}

#[test]
fn impossible_specifications_are_refused_by_name() {
    let named = |spec: ParameterSpec| match spec.check() {
        Err(CkksError::Parameter { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    let spec = ParameterSpec::new(14).depth(3);
    assert_eq!(named(spec.clone().dnum(0)), "dnum");
    assert_eq!(named(spec.clone().dnum(5)), "dnum");
    assert_eq!(named(spec.clone().log_scale(120)), "log_scale");
    assert_eq!(named(spec.clone().log_q0(40)), "log_q0");
    assert_eq!(named(spec.clone().log_p([40]).dnum(4)), "special primes");
    assert_eq!(named(spec.clone().levels([LevelSpec::new(40)])), "depth");
    assert_eq!(named(ParameterSpec::new(14).levels([LevelSpec::new(40).prime_count(3)])), "levels");
    assert_eq!(named(ParameterSpec::new(14).depth(1000)), "depth");
    assert_eq!(named(spec.clone().secret(SecretDistribution::FixedWeight(0))), "secret");
    let q: Vec<u64> = spec.check().unwrap().q_primes();
    let twice = ParameterSpec::new(14).levels([q[0], q[1], q[1]].map(|p| LevelSpec::new(40).primes([p])));
    assert!(matches!(twice.check(), Err(CkksError::Ring(_))));
    for wrong in [15, 97, (1 << 40) + 1] {
        let spec = ParameterSpec::new(14).levels([LevelSpec::new(40).primes([wrong])]);
        assert!(matches!(spec.check(), Err(CkksError::Ring(_))), "{wrong}");
    }
    for log_n in [0, 2, 18, 60] {
        assert!(matches!(ParameterSpec::new(log_n).check(), Err(CkksError::Ring(_))));
    }
}

#[test]
fn toys_go_down_to_a_ring_of_degree_eight() {
    for log_n in 3..10 {
        for depth in [0, 1, 4] {
            let parameters = presets::toy(log_n, depth).check().unwrap();
            assert_eq!(parameters.max_level(), Level(depth));
            assert_well_formed(&parameters);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn plans_are_secure_and_minimal(
        depth in 0usize..24,
        log_scale in prop_oneof![25u32..=50, 56u32..60],
        log_slots in 0u32..16,
        security in 0usize..3,
    ) {
        let security = SecurityLevel::ALL[security];
        let requirements =
            Requirements { depth, log_scale, slots: 1 << log_slots, security, ..Requirements::default() };
        let parameters = plan(&requirements).unwrap();
        prop_assert!(parameters.security_bits() >= security.bits());
        prop_assert!(!parameters.is_insecure());
        prop_assert!(parameters.max_slots() >= requirements.slots);
        prop_assert_eq!(parameters.max_level(), Level(depth));
        assert_well_formed(&parameters);
        // One ring degree less: either too few slots, or not even the narrowest special primes fit under the cap.
        let log_n = parameters.log_n() - 1;
        if 1 << log_n >= 2 * requirements.slots && log_n >= 10 {
            let q: f64 = parameters.log_q(parameters.max_level());
            let widest = parameters.groups().iter().flat_map(|g| &g.primes).map(|&p| (p as f64).log2()).fold(0.0, f64::max);
            let cap = security.max_log_qp(log_n).map_or(0.0, f64::from);
            prop_assert!(q + widest + 4.0 > cap - 1.0, "{} + {} bits fit under {} at 2^{}", q, widest + 4.0, cap, log_n);
        }
    }
}

#[test]
fn primes_that_do_not_belong_to_their_level_are_refused_however_far_off_they_are() {
    // N = 2^13: 65537 and 114689 are 1 modulo 2^14. Each level below doubles what they are off by.
    for (levels, odd) in
        [(3, LevelSpec::new(60).primes([65537, 114_689])), (40, LevelSpec::new(40).primes([65537]))]
    {
        let usual = LevelSpec::new(if levels == 3 { 60 } else { 40 });
        let mut chain = vec![usual; levels];
        chain.push(odd);
        let refused = ParameterSpec::new(13).levels(chain).allow_insecure().check();
        assert!(matches!(refused, Err(CkksError::Parameter { name: "levels", .. })), "{refused:?}");
    }
}

#[test]
fn impossible_sizes_of_special_primes_are_named() {
    for bits in [0, 15, 62, u32::MAX] {
        let refused = ParameterSpec::new(14).log_p([48, bits]).check();
        assert!(matches!(refused, Err(CkksError::Parameter { name: "log_p", .. })), "{bits}: {refused:?}");
    }
}

#[test]
fn levels_above_the_highest_have_all_primes() {
    let parameters = ParameterSpec::new(14).depth(2).check().unwrap();
    for level in [Level(3), Level(usize::MAX)] {
        assert_eq!(parameters.q_len(level), parameters.q_primes().len());
        assert_eq!(parameters.log_q(level), parameters.log_q(Level(2)));
    }
}

#[test]
fn impossible_bounds_of_messages_to_refresh_are_refused() {
    for bound in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300, 1e300] {
        let refused = ckks::bootstrap::presets::n15_sparse().message_bound(bound).check();
        assert!(matches!(refused, Err(CkksError::Parameter { .. })), "{bound}: {refused:?}");
    }
}
