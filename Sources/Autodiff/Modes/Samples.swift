// What cannot be mapped, a function outside the language for one, called for one sample after the other.

import Tensors

/// The results of a function for each sample of what `vmap` maps over, mapped again; nil where the innermost
/// transformation that the arguments belong to is no map.
///
/// The function is called in the order of the samples, with its arguments as they are below the map.
package func sampleBySample(
  _ arguments: [Variable], _ function: ([Variable]) throws -> [Variable]
) throws -> [Variable]? {
  let context = Context.current
  var innermost: Traced?
  for case .traced(let traced) in arguments.map(\.alive)
  where traced.height > innermost?.height ?? -1 { innermost = traced }
  guard let innermost, innermost.kind == .batch else { return nil }
  let height = innermost.height
  let parts = arguments.map { lowered($0.alive, height) }
  let size = context.levels[Int(height)].size
  guard size > 0 else {
    throw TensorError(.value, "a function that cannot be mapped was mapped over no samples")
  }
  var columns: [[Variable]] = []
  for sample in 0..<size {
    try Safepoint.look()
    let results = try function(
      parts.map { part, isMapped in isMapped ? try part.sample(sample) : part })
    if columns.isEmpty { columns = results.map { _ in [] } }
    for (i, result) in results.enumerated() { columns[i].append(result) }
  }
  return try columns.map { column in
    context.value(.batch, try Variable.stack(column, axis: 0), height: height)
  }
}

extension Variable {
  /// A part along the first axis.
  package func sample(_ index: Int) throws -> Variable {
    let shape = self.shape
    return try sliced(axis: 0, from: index, to: index + 1).reshape(to: shape.removing(axis: 0))
  }
}
