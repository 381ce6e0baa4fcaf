"""The native library: found and loaded by ``library``, its functions declared in ``bindings``."""
