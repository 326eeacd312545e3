// A processor: each element in capitals, followed by what the config says. An empty element ends here; one that is not
// ASCII is refused.

#include <stdlib.h>
#include <string.h>

#include "managed_transform.h"

typedef managed_transform_string_t text_t;
typedef managed_transform_list_u8_t bytes_t;
typedef torvyn_streaming_types_process_error_t error_t;

static text_t ending;
static uint8_t capital[128];

// What `_initialize` is for: without it, every element becomes a row of zeros.
__attribute__((constructor)) static void fill(void) {
    for (uint8_t byte = 0; byte < sizeof capital; byte++)
        capital[byte] = byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte;
}

bool exports_torvyn_streaming_lifecycle_init(text_t *config, error_t *err) {
    (void)err;
    ending = *config;
    return true;
}

void exports_torvyn_streaming_lifecycle_teardown(void) {
    managed_transform_string_free(&ending);
}

static bool fail(uint8_t category, const char *reason, error_t *err) {
    err->tag = category;
    managed_transform_string_dup(&err->val.internal, reason);
    return false;
}

static bool make_buffer(bytes_t *text, torvyn_streaming_types_own_buffer_t *buffer, error_t *err) {
    torvyn_streaming_types_buffer_error_t refused;
    torvyn_streaming_types_own_mutable_buffer_t made;
    if (!torvyn_streaming_buffer_allocator_allocate(text->len, &made, &refused)) {
        torvyn_streaming_types_buffer_error_free(&refused);
        return fail(TORVYN_STREAMING_TYPES_PROCESS_ERROR_UNAVAILABLE, "no buffer", err);
    }
    torvyn_streaming_types_borrow_mutable_buffer_t borrowed = torvyn_streaming_types_borrow_mutable_buffer(made);
    bool written = torvyn_streaming_types_method_mutable_buffer_append(borrowed, text, &refused);
    if (written)
        *buffer = torvyn_streaming_types_method_mutable_buffer_freeze(borrowed);
    else
        torvyn_streaming_types_buffer_error_free(&refused);
    torvyn_streaming_types_mutable_buffer_drop_own(made);
    return written || fail(TORVYN_STREAMING_TYPES_PROCESS_ERROR_INTERNAL, "the buffer is too small", err);
}

static bool shout(const bytes_t *text, torvyn_streaming_types_process_result_t *ret, error_t *err) {
    bytes_t loud = {.ptr = malloc(text->len + ending.len), .len = text->len + ending.len};
    if (!loud.ptr)
        return fail(TORVYN_STREAMING_TYPES_PROCESS_ERROR_UNAVAILABLE, "no memory", err);
    for (size_t at = 0; at < text->len; at++)
        loud.ptr[at] = capital[text->ptr[at]];
    memcpy(loud.ptr + text->len, ending.ptr, ending.len);
    ret->tag = TORVYN_STREAMING_TYPES_PROCESS_RESULT_EMIT;
    bool made = make_buffer(&loud, &ret->val.emit.payload, err);
    managed_transform_list_u8_free(&loud);
    return made;
}

static bool is_ascii(const bytes_t *text) {
    for (size_t at = 0; at < text->len; at++)
        if (text->ptr[at] >= sizeof capital)
            return false;
    return true;
}

bool exports_torvyn_streaming_processor_process(torvyn_streaming_types_stream_element_t *input,
                                                torvyn_streaming_types_process_result_t *ret, error_t *err) {
    bytes_t text;
    torvyn_streaming_types_method_buffer_read_all(input->payload, &text);
    memset(ret, 0, sizeof *ret);
    ret->tag = TORVYN_STREAMING_TYPES_PROCESS_RESULT_DROP;
    bool done = true;
    if (!is_ascii(&text))
        done = fail(TORVYN_STREAMING_TYPES_PROCESS_ERROR_INVALID_INPUT, "not ASCII", err);
    else if (text.len > 0)
        done = shout(&text, ret, err);
    managed_transform_list_u8_free(&text);
    // Lent for this call alone: the host traps a guest that returns with a loan open.
    torvyn_streaming_types_buffer_drop_borrow(input->payload);
    torvyn_streaming_types_flow_context_drop_borrow(input->context);
    torvyn_streaming_types_stream_element_free(input);
    return done;
}
