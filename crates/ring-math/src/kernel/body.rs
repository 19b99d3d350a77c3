//! Loops that the compiler turns into good vector code by itself: written once, inlined into each kernel's
//! functions, where they are compiled for that kernel's instruction set.

#[inline(always)]
pub(super) fn add_assign(p: u64, a: &mut [u64], b: &[u64]) {
    for (x, &y) in a.iter_mut().zip(b) {
        let s = x.wrapping_add(y);
        *x = s.min(s.wrapping_sub(p));
    }
}

#[inline(always)]
pub(super) fn add_into(p: u64, out: &mut [u64], a: &[u64], b: &[u64]) {
    for ((o, &x), &y) in out.iter_mut().zip(a).zip(b) {
        let s = x.wrapping_add(y);
        *o = s.min(s.wrapping_sub(p));
    }
}

#[inline(always)]
pub(super) fn sub_assign(p: u64, a: &mut [u64], b: &[u64]) {
    for (x, &y) in a.iter_mut().zip(b) {
        let d = x.wrapping_sub(y);
        *x = d.min(d.wrapping_add(p));
    }
}

#[inline(always)]
pub(super) fn sub_into(p: u64, out: &mut [u64], a: &[u64], b: &[u64]) {
    for ((o, &x), &y) in out.iter_mut().zip(a).zip(b) {
        let d = x.wrapping_sub(y);
        *o = d.min(d.wrapping_add(p));
    }
}

#[inline(always)]
pub(super) fn neg_assign(p: u64, a: &mut [u64]) {
    for x in a {
        let d = 0u64.wrapping_sub(*x);
        *x = d.min(d.wrapping_add(p));
    }
}

#[inline(always)]
pub(super) fn permute_blocks(out: &mut [u64], a: &[u64], map: &[u32], patterns: &[[u64; 8]; 8]) {
    let (blocks, _) = out.as_chunks_mut::<8>();
    let (sources, _) = a.as_chunks::<8>();
    for (block, &entry) in blocks.iter_mut().zip(map) {
        let source = &sources[(entry >> 3) as usize];
        let pattern = &patterns[(entry & 7) as usize];
        for (o, &lane) in block.iter_mut().zip(pattern) {
            *o = source[(lane & 7) as usize];
        }
    }
}
