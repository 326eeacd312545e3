// A source: counts down from the number in its config to 1.

#include <stdlib.h>
#include <string.h>

#include "managed_source.h"

typedef torvyn_streaming_types_process_error_t error_t;

static unsigned long left;

static bool fail(uint8_t category, const char *reason, error_t *err) {
    err->tag = category;
    managed_source_string_dup(&err->val.internal, reason);
    return false;
}

bool exports_torvyn_streaming_lifecycle_init(managed_source_string_t *config, error_t *err) {
    char digits[24], *end;
    size_t len = config->len < sizeof digits ? config->len : 0;
    memcpy(digits, config->ptr, len);
    digits[len] = '\0';
    managed_source_string_free(config);
    left = strtoul(digits, &end, 10);
    if (len == 0 || *end != '\0')
        return fail(TORVYN_STREAMING_TYPES_PROCESS_ERROR_INVALID_INPUT, "the config is not a number", err);
    return true;
}

void exports_torvyn_streaming_lifecycle_teardown(void) {
}

void exports_torvyn_streaming_source_notify_backpressure(torvyn_streaming_types_backpressure_signal_t signal) {
    (void)signal;
}

// Decimal digits at the end of `digits`; `snprintf` would bring in WASI.
static managed_source_list_u8_t decimal(unsigned long number, uint8_t digits[24]) {
    uint8_t *start = digits + 24;
    do
        *--start = (uint8_t)('0' + number % 10);
    while (number /= 10);
    return (managed_source_list_u8_t){.ptr = start, .len = (size_t)(digits + 24 - start)};
}

bool exports_torvyn_streaming_source_pull(exports_torvyn_streaming_source_option_output_element_t *ret, error_t *err) {
    memset(ret, 0, sizeof *ret);
    if (left == 0)
        return true;
    uint8_t digits[24];
    managed_source_list_u8_t text = decimal(left, digits);
    torvyn_streaming_types_buffer_error_t refused;
    torvyn_streaming_types_own_mutable_buffer_t made;
    if (!torvyn_streaming_buffer_allocator_allocate(text.len, &made, &refused)) {
        torvyn_streaming_types_buffer_error_free(&refused);
        return fail(TORVYN_STREAMING_TYPES_PROCESS_ERROR_UNAVAILABLE, "no buffer", err);
    }
    torvyn_streaming_types_borrow_mutable_buffer_t buffer = torvyn_streaming_types_borrow_mutable_buffer(made);
    ret->is_some = torvyn_streaming_types_method_mutable_buffer_append(buffer, &text, &refused);
    if (ret->is_some)
        ret->val.payload = torvyn_streaming_types_method_mutable_buffer_freeze(buffer);
    else
        torvyn_streaming_types_buffer_error_free(&refused);
    torvyn_streaming_types_mutable_buffer_drop_own(made);
    left--;
    return ret->is_some || fail(TORVYN_STREAMING_TYPES_PROCESS_ERROR_INTERNAL, "the buffer is too small", err);
}
