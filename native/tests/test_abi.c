/* Compiled as C99: the header is C. Bad arguments give a status, never a crash. */

#include "checks.h"

int main(void) {
    const char *untouched = "untouched";
    const char *best = NULL;
    const char *chosen = untouched;
    ostinato_status status;

    CHECK(ostinato_abi_version() == OSTINATO_ABI_VERSION);

    for (status = OSTINATO_OK; status <= OSTINATO_BAD_SHAPE; ++status) {
        CHECK(strcmp(ostinato_status_message(status), "unknown status") != 0);
    }
    CHECK(strcmp(ostinato_status_message(-1), "unknown status") == 0);
    CHECK(strcmp(ostinato_status_message(INT32_MAX), "unknown status") == 0);

    CHECK(ostinato_instruction_set(NULL, NULL) == OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_instruction_set("AVX2", &chosen) == OSTINATO_BAD_ARGUMENT);
    CHECK(chosen == untouched);

    CHECK(ostinato_instruction_set(NULL, &best) == OSTINATO_OK);
    CHECK(ostinato_instruction_set("", &chosen) == OSTINATO_OK);
    CHECK(strcmp(best, chosen) == 0);
    CHECK(ostinato_instruction_set(best, &chosen) == OSTINATO_OK);
    CHECK(strcmp(best, chosen) == 0);
    CHECK(ostinato_instruction_set("portable", &chosen) == OSTINATO_OK);
    CHECK(strcmp(chosen, "portable") == 0);

    if (strcmp(best, "avx512_bf16") != 0) {
        chosen = untouched;
        CHECK(ostinato_instruction_set("avx512_bf16", &chosen) == OSTINATO_UNSUPPORTED);
        CHECK(chosen == untouched);
    }

    printf("instruction set: %s; %d failures\n", best, failures);
    return failures != 0;
}
