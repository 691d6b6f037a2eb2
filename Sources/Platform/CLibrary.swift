// The system, as every other module sees it: its C library under one name, and the few things that systems
// do in ways of their own.

#if canImport(Glibc)
  @_exported import Glibc
#elseif canImport(Musl)
  @_exported import Musl
#elseif canImport(Darwin)
  @_exported import Darwin
#endif
