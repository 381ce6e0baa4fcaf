// Which vector instructions the processor has and the operating system lets us use.

#ifndef OSTINATO_CPU_H
#define OSTINATO_CPU_H

namespace ostinato {

// In rising order: each set includes the ones before it.
enum class InstructionSet : int { portable, avx2, avx512, avx512_bf16 };

// The best set of this machine.
InstructionSet best_instruction_set();

// The name of a set in ostinato.h.
const char *instruction_set_name(InstructionSet set);

// Looks a name of ostinato.h up; false, with nothing written, if there is no such set.
bool find_instruction_set(const char *name, InstructionSet *set);

}  // namespace ostinato

#endif
