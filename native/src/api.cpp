// The functions of ostinato.h: check the arguments, choose the instruction set, call.

#include "ostinato.h"

#include "cpu.h"

uint32_t ostinato_abi_version(void) { return OSTINATO_ABI_VERSION; }

const char *ostinato_status_message(ostinato_status status) {
    switch (status) {
        case OSTINATO_OK:
            return "done";
        case OSTINATO_BAD_ARGUMENT:
            return "an argument is missing or has an unknown value";
        case OSTINATO_UNSUPPORTED:
            return "this processor or operating system does not support what was asked for";
        default:
            return "unknown status";
    }
}

ostinato_status ostinato_instruction_set(const char *wanted, const char **chosen) {
    if (chosen == nullptr) return OSTINATO_BAD_ARGUMENT;
    ostinato::InstructionSet best = ostinato::best_instruction_set();
    if (wanted != nullptr && *wanted != '\0') {
        ostinato::InstructionSet asked;
        if (!ostinato::find_instruction_set(wanted, &asked)) return OSTINATO_BAD_ARGUMENT;
        if (asked > best) return OSTINATO_UNSUPPORTED;
        best = asked;
    }
    *chosen = ostinato::instruction_set_name(best);
    return OSTINATO_OK;
}
