(component
  (type (;0;)
    (component
      (type (;0;)
        (instance
          (type (;0;) (func (result u32)))
          (export (;0;) "f" (func (type 0)))))
      (export (;0;) "d:d/i@1.0.0" (instance (type 0)))))
  (export (;1;) "i" (type 0))
  (@custom "wit-component-encoding" "\04\00"))
