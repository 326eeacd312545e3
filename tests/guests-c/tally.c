// A sink: prints each element with its number, and at the end how many there were.

#include <stdio.h>
#include <string.h>

#include "managed_sink.h"

typedef torvyn_streaming_types_process_error_t error_t;

static unsigned long count;

bool exports_torvyn_streaming_lifecycle_init(managed_sink_string_t *config, error_t *err) {
    (void)err;
    managed_sink_string_free(config);
    return true;
}

void exports_torvyn_streaming_lifecycle_teardown(void) {
    printf("teardown\n");
    fflush(stdout);
}

bool exports_torvyn_streaming_sink_push(torvyn_streaming_types_stream_element_t *element,
                                        torvyn_streaming_types_backpressure_signal_t *ret, error_t *err) {
    (void)err;
    managed_sink_list_u8_t text;
    torvyn_streaming_types_method_buffer_read_all(element->payload, &text);
    printf("%lu: %.*s\n", ++count, (int)text.len, (const char *)text.ptr);
    managed_sink_list_u8_free(&text);
    torvyn_streaming_types_buffer_drop_borrow(element->payload);
    torvyn_streaming_types_flow_context_drop_borrow(element->context);
    torvyn_streaming_types_stream_element_free(element);
    *ret = TORVYN_STREAMING_TYPES_BACKPRESSURE_SIGNAL_READY;
    return true;
}

bool exports_torvyn_streaming_sink_complete(error_t *err) {
    (void)err;
    printf("%lu in all\n", count);
    fflush(stdout);
    return true;
}
