// What a failing call says.

@testable import Tensors

/// The message of the error that the call throws, or nil if it throws none.
func message<R>(_ body: () throws -> R) -> String? {
  do {
    _ = try body()
    return nil
  } catch let error as TensorError {
    return error.message
  } catch {
    return "\(error)"
  }
}

/// The hint of the error that the call throws.
func hint<R>(_ body: () throws -> R) -> String? {
  do {
    _ = try body()
    return nil
  } catch {
    return (error as? TensorError)?.hint
  }
}
