;; Imports of a stage's glue. The files of this folder are joined into one module (`catalogue.rs`).
;;
;; `@area.name` is a number from the runtime's `layout` or `bounds` (`text.rs`). Memory $x is the exchange memory, $g
;; the guest's memory. An id (generation and slot) identifies a buffer in the host; a handle identifies it in the guest.
;; "The host's text" is a text that the host collects in parts; "traps" means that the call ends with an error.

(import "exchange" "memory" (memory $x 1 65536 shared))
(import "guest" "memory" (memory $g 0))
(import "guest" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
;; Address of the stage's block in the exchange memory.
(import "base" "base" (global $base i32))
;; Traps because the guest broke a rule: its number in `layout::violation`, and the case, handle or function concerned,
;; else 0.
(import "host" "violation" (func $violation (param i32 i32)))
;; Allocates a buffer of at least that many bytes, owned by the stage. Returns its id; or, if it refuses, -1 minus the
;; length of the reason, which is then in scratch.
(import "host" "allocate" (func $host_allocate (param i64) (result i64)))
;; Returns the buffer with that id, whose bytes are outside the exchange memory, to the pool.
(import "host" "free" (func $host_free (param i32)))
;; Appends that many bytes of scratch to the host's text. Traps when the guest passes more than @bounds.call_bytes.
(import "host" "text" (func $host_text (param i32)))
;; Returns the number of the content type that the host's text names; -1 when the text is too long or the flow has too
;; many content types. Empties the text. Traps when it is not UTF-8.
(import "host" "content_type" (func $host_content_type (result i32)))
;; Records an error: the case of a `process-error`, with the host's text. Empties the text. Traps when it is not UTF-8.
(import "host" "failed" (func $host_failed (param i32)))
