//! Whether this processor has the instructions that the program was built with.

/// The first instruction set that this build uses (x86-64-v3, see `.cargo/config.toml`) and this processor lacks.
///
/// To be asked before anything else: code that uses what is missing ends the process with SIGILL.
#[must_use]
pub fn missing() -> Option<&'static str> {
    #[cfg(all(target_arch = "x86_64", target_feature = "avx2"))]
    {
        use dpdk_sys::{
            RTE_CPUFLAG_AVX2 as AVX2, RTE_CPUFLAG_BMI2 as BMI2, RTE_CPUFLAG_F16C as F16C, RTE_CPUFLAG_FMA as FMA,
            RTE_CPUFLAG_MOVBE as MOVBE, rte_cpu_flag_t,
        };
        const NEEDED: [(rte_cpu_flag_t, &str); 5] =
            [(AVX2, "AVX2"), (BMI2, "BMI2"), (FMA, "FMA"), (MOVBE, "MOVBE"), (F16C, "F16C")];
        // SAFETY: the flag is one of the enumeration; the function reads CPUID and needs no EAL.
        let is_there = |flag| unsafe { dpdk_sys::rte_cpu_get_flag_enabled(flag) } == 1;
        NEEDED.into_iter().find(|(flag, _)| !is_there(*flag)).map(|(_, name)| name)
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "avx2")))]
    None
}
