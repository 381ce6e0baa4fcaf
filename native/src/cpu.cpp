#include "cpu.h"

#include <cstdint>
#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#define OSTINATO_X86_64 1
#if defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace ostinato {
namespace {

constexpr const char *kNames[] = {"portable", "avx2", "avx512", "avx512_bf16"};

#ifdef OSTINATO_X86_64

struct Registers {
    uint32_t eax, ebx, ecx, edx;
};

// All zeros for a leaf that the processor does not have.
Registers cpuid(uint32_t leaf, uint32_t subleaf) {
    Registers r = {0, 0, 0, 0};
#if defined(_MSC_VER)
    int words[4];
    __cpuid(words, 0);
    if (leaf > static_cast<uint32_t>(words[0])) return r;
    __cpuidex(words, static_cast<int>(leaf), static_cast<int>(subleaf));
    std::memcpy(&r, words, sizeof r);
#else
    __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
#endif
    return r;
}

// The register states that the operating system saves (XCR0); only valid where OSXSAVE is set.
uint64_t saved_states() {
#if defined(_MSC_VER)
    return _xgetbv(0);
#else
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (static_cast<uint64_t>(high) << 32) | low;
#endif
}

constexpr bool has(uint64_t word, uint64_t bits) { return (word & bits) == bits; }
constexpr uint64_t bit(int index) { return uint64_t{1} << index; }

// Bit numbers: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2A, CPUID,
// and volume 1, section 13.3 (XCR0).
InstructionSet detect() {
    const Registers basic = cpuid(1, 0);
    const Registers extended = cpuid(7, 0);
    constexpr uint64_t fma = bit(12), osxsave = bit(27), avx = bit(28), f16c = bit(29);
    if (!has(basic.ecx, fma | osxsave | avx | f16c)) return InstructionSet::portable;

    const uint64_t states = saved_states();
    constexpr uint64_t xmm_ymm = bit(1) | bit(2);
    constexpr uint64_t avx2 = bit(5);
    if (!has(states, xmm_ymm) || !has(extended.ebx, avx2)) return InstructionSet::portable;

    constexpr uint64_t opmask_zmm = bit(5) | bit(6) | bit(7);
    constexpr uint64_t f = bit(16), dq = bit(17), bw = bit(30), vl = bit(31);
    if (!has(states, opmask_zmm) || !has(extended.ebx, f | dq | bw | vl)) {
        return InstructionSet::avx2;
    }

    constexpr uint64_t bf16 = bit(5);
    const bool has_subleaf = extended.eax >= 1;
    return has_subleaf && has(cpuid(7, 1).eax, bf16) ? InstructionSet::avx512_bf16
                                                     : InstructionSet::avx512;
}

#else

InstructionSet detect() { return InstructionSet::portable; }

#endif

}  // namespace

// Asked once: a virtual machine takes tens of microseconds to answer.
InstructionSet best_instruction_set() {
    static const InstructionSet best = detect();
    return best;
}

const char *instruction_set_name(InstructionSet set) { return kNames[static_cast<int>(set)]; }

bool find_instruction_set(const char *name, InstructionSet *set) {
    int index = 0;
    for (const char *known : kNames) {
        if (std::strcmp(name, known) == 0) {
            *set = static_cast<InstructionSet>(index);
            return true;
        }
        ++index;
    }
    return false;
}

}  // namespace ostinato
