// Eigenvalues and eigenvectors of matrices that need not be symmetric: complex numbers, as a tensor of real parts
// and one of imaginary parts. Everything is computed in f64.

import Platform

/// Complex numbers as two tensors of one shape.
public struct ComplexTensor: Sendable {
  /// The real parts.
  public let real: Tensor
  /// The imaginary parts.
  public let imaginary: Tensor
}

extension Tensor {
  /// The eigenvalues and eigenvectors, as columns, of square matrices. Vectors have the length 1, and their greatest
  /// component is real and above 0: the first of those that are as great but for a millionth. Conjugate pairs stand side
  /// by side, the positive imaginary part first.
  ///
  /// - Throws: a value error for nan and infinities, or where the iteration does not converge.
  public static func eig(_ a: Tensor) throws -> (values: ComplexTensor, vectors: ComplexTensor) {
    let stack = try MatrixStack(a, "eig", square: true, dtype: .f64)
    let n = stack.rows
    try stack.requireFinite(Double.self, "eig")
    let (real, imaginary) = (
      try Tensor.uninitialized(stack.shape(n), .f64), try Tensor.uninitialized(stack.shape(n), .f64)
    )
    let parts = try Tensor.uninitialized(stack.shape(n, n), .f64)
    let vectors = try stack.map(Double.self, to: [n, n]) { index, source, result in
      guard n > 0 else { return }
      var work = [Double](repeating: 0, count: n * n)
      var columns = work
      transpose(source, rows: n, columns: n, into: &work)
      let status = real.withElements { real in
        imaginary.withElements { imaginary in
          Double.geev(
            Int32(n), &work, real.assumingMemoryBound(to: Double.self) + index * n,
            imaginary.assumingMemoryBound(to: Double.self) + index * n, &columns)
        }
      }
      guard status == 0 else {
        throw TensorError(.value, "eig of \(stack.name(index)) did not converge")
      }
      imaginary.withElements { imaginary in
        parts.withElements { parts in
          unpack(
            columns, imaginary.assumingMemoryBound(to: Double.self) + index * n, n, into: result,
            parts.assumingMemoryBound(to: Double.self) + index * n * n)
        }
      }
    }
    let dtype = a.dtype.isFloat ? a.dtype : .f64
    func complex(_ real: Tensor, _ imaginary: Tensor) throws -> ComplexTensor {
      ComplexTensor(
        real: try real.converted(to: dtype), imaginary: try imaginary.converted(to: dtype))
    }
    return (try complex(real, imaginary), try complex(vectors, parts))
  }

  /// Of a pair LAPACK gives the real and the imaginary part of the first vector; the second is its conjugate. Its
  /// vectors have the length 1 and any sign or phase.
  private static func unpack(
    _ columns: [Double], _ imaginaryValues: UnsafePointer<Double>, _ n: Int,
    into real: UnsafeMutablePointer<Double>, _ imaginary: UnsafeMutablePointer<Double>
  ) {
    var j = 0
    while j < n {
      let isPair = imaginaryValues[j] > 0 && j + 1 < n
      func component(_ i: Int) -> (x: Double, y: Double) {
        (columns[j * n + i], isPair ? columns[(j + 1) * n + i] : 0)
      }
      func size(_ i: Int) -> Double { hypot(component(i).x, component(i).y) }
      let greatest = (0..<n).reduce(0) { Swift.max($0, size($1)) }
      let first = (0..<n).first { size($0) >= greatest * (1 - 1e-6) } ?? 0
      let turn = (x: component(first).x / size(first), y: -component(first).y / size(first))
      for i in 0..<n {
        let (x, y) = component(i)
        real[i * n + j] = x * turn.x - y * turn.y
        imaginary[i * n + j] = i == first ? 0 : x * turn.y + y * turn.x
        guard isPair else { continue }
        real[i * n + j + 1] = real[i * n + j]
        imaginary[i * n + j + 1] = -imaginary[i * n + j]
      }
      j += isPair ? 2 : 1
    }
  }
}
