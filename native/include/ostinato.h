/* The C interface of the native library of ostinato: all that crosses the border is declared here.
 *
 * - Plain C99, so that any language can bind it. It knows neither Python nor torch.
 * - Every function is thread-safe, allocates nothing, keeps no state and lets no exception out.
 * - A function that can refuse its arguments returns an ostinato_status; if it is not OSTINATO_OK,
 *   nothing has been written. The others cannot fail.
 * - Returned strings are UTF-8, static and never freed by the caller.
 */
#ifndef OSTINATO_H
#define OSTINATO_H

#include <stdint.h>

#if defined(_WIN32) && defined(OSTINATO_BUILD)
#define OSTINATO_API __declspec(dllexport)
#elif defined(_WIN32)
#define OSTINATO_API __declspec(dllimport)
#else
#define OSTINATO_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Grows by one with every change of this file that an older caller would not survive. */
#ifndef OSTINATO_ABI_VERSION
#define OSTINATO_ABI_VERSION 1
#endif

/* What a call came to. Kept as a 32-bit integer: the width of a C enum is the compiler's choice. */
typedef int32_t ostinato_status;
enum {
    OSTINATO_OK = 0,
    OSTINATO_BAD_ARGUMENT = 1, /* a pointer is NULL where it may not be, or a name is unknown */
    OSTINATO_UNSUPPORTED = 2   /* the argument is known, but this processor cannot do it */
};

/* The OSTINATO_ABI_VERSION that the library was built with; a caller compares it with its own. */
OSTINATO_API uint32_t ostinato_abi_version(void);

/* One sentence on a status, without a full stop; never NULL, also for a number that is no status. */
OSTINATO_API const char *ostinato_status_message(ostinato_status status);

/* Names the instruction set that the kernels run with.
 *   in   wanted  "portable", "avx2", "avx512" or "avx512_bf16" (each includes those before it);
 *                NULL or "" for the best that processor and operating system support
 *   out  chosen  one of the same names
 * Returns OSTINATO_BAD_ARGUMENT for any other name or a NULL chosen, OSTINATO_UNSUPPORTED for an
 * instruction set that this machine does not have. */
OSTINATO_API ostinato_status ostinato_instruction_set(const char *wanted, const char **chosen);

#ifdef __cplusplus
}
#endif

#endif
