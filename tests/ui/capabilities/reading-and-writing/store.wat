(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
  (func (export "torvyn:streaming/sink@0.1.0#push") (param i64 i64 i32 i32 i32 i32) (result i32)
    i32.const 3 i32.const 0 i32.const 0 i32.const 0 i32.const 0 i64.const 0 i64.const 0 i32.const 0 i32.const 0
    call $path_open drop
    i32.const 4 i32.const 0 i32.const 0 i32.const 0 call $fd_read drop
    i32.const 3 i32.const 0 i32.const 0 call $unlink)
  (func (export "torvyn:streaming/sink@0.1.0#complete") (result i32) i32.const 0))
