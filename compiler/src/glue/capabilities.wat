;; Implements the imports from `torvyn:capabilities/capability-query`.
(module
  (import "exchange" "memory" (memory $x 1 65536 shared))
  (import "guest" "memory" (memory $g 0))
  ;; Returns whether a grant of the stage covers the capability that the host's text names. Empties the text. Traps when
  ;; it is not UTF-8.
  (import "host" "has_capability" (func $has (result i32)))
  ;; Returns the number of the stage's grants.
  (import "host" "capabilities" (func $capabilities (result i32)))
  ;; Copies the name of the grant at that position to scratch. Returns its length in bytes.
  (import "host" "capability" (func $capability (param i32) (result i32)))
  (import "stage" "leave" (func $leave))
  (import "stage" "return_area" (func $return_area (param i32 i32 i32)))
  (import "stage" "text" (func $text (param i32 i32)))
  (import "stage" "reserve" (func $reserve (param i32 i32) (result i32)))
  (import "stage" "lower" (func $lower (param i32 i32) (result i32)))

  ;; Returns whether a grant covers the capability. Traps when the text is out of bounds, too long or not UTF-8.
  (func (export "torvyn:capabilities/capability-query#has-capability")
    (param $at i32) (param $len i32) (result i32)
    (call $leave)
    (call $text (local.get $at) (local.get $len))
    (call $has))

  ;; Stores the names of the grants, a `list<string>` in newly allocated memory of the guest, at `to`. Traps when `to`
  ;; is misaligned or out of bounds, or the guest's allocator fails.
  (func (export "torvyn:capabilities/capability-query#granted-capabilities") (param $to i32)
    (local $count i32) (local $list i32) (local $next i32) (local $at i32) (local $len i32) (local $name i32)
    (call $leave)
    (call $return_area (local.get $to) (i32.const 8) (i32.const 3))
    (local.set $count (call $capabilities))
    (local.set $list (call $reserve (i32.const 4) (i32.shl (local.get $count) (i32.const 3))))
    (block $end
      (loop $names
        (br_if $end (i32.eq (local.get $next) (local.get $count)))
        (local.set $len (call $capability (local.get $next)))
        (local.set $name (call $lower (i32.const @scratch.first) (local.get $len)))
        (local.set $at (i32.add (local.get $list) (i32.shl (local.get $next) (i32.const 3))))
        (i32.store $g (local.get $at) (local.get $name))
        (i32.store $g offset=4 (local.get $at) (local.get $len))
        (local.set $next (i32.add (local.get $next) (i32.const 1)))
        (br $names)))
    (i32.store $g (local.get $to) (local.get $list))
    (i32.store $g offset=4 (local.get $to) (local.get $count))))
