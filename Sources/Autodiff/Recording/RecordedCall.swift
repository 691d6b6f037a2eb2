// A recorded function called where transformations are at work: the innermost level among its operands takes
// the derived function of its kind, which runs on what the levels below see.

import Kernels
import Tensors

extension RecordedFunction {
  /// The results at the levels of the operands; nil where the operations are to be run one by one.
  func atLevels(_ operands: [Variable]) throws -> [Variable]? {
    guard mos_watches_get() == 0, derived.apply(to: self) else { return nil }
    let context = Context.current
    var (height, kind) = (Int32(-1), LevelKind.tape)
    for case .traced(let traced) in operands {
      guard traced.isAlive(in: context) else { return nil }
      if traced.height > height { (height, kind) = (traced.height, traced.kind) }
    }
    guard height >= 0 else { return nil }
    let values = operands.map { lowered($0, height).0 }
    let computed: [Variable]?
    switch kind {
    case .tape: computed = try onTape(operands, values, height, context)
    case .dual: computed = try onDuals(operands, values, height, context)
    case .batch: computed = try mapped(operands, values, height, context)
    case .record: computed = nil
    }
    return computed.map { completed($0, operands) }
  }

  /// The results that steps compute, as the parts of one node.
  private func onTape(
    _ operands: [Variable], _ values: [Variable], _ height: Int32, _ context: Context
  ) throws -> [Variable]? {
    guard Int(height) > context.stoppedTapes else { return nil }
    let isFollowed = operands.map { lowered($0, height).1 && $0.dtype.isFloat }
    guard let pulled = try derived.pulled(self, isFollowed, at: values) else { return nil }
    let outputs = try pulled.forward(values)
    let results = Array(outputs.prefix(pulled.isFollowed.count))
    let kept = Array(outputs.dropFirst(results.count))
    let followed = zip(results, pulled.isFollowed).filter(\.1).map(\.0)
    let function = CustomFunction(
      "compiled", results: followed.count,
      value: { operands in
        let all = zip(self.results, try self(operands)).compactMap { result, value in
          if case .step = result { value } else { nil }
        }
        return zip(all, pulled.isFollowed).filter(\.1).map(\.0)
      },
      forward: nil,
      selectiveReverse: { operands, cotangents, _ in
        try pulled.cotangents(operands, kept: kept, cotangents)
      }, names: zip(resultNames, pulled.isFollowed).filter(\.1).map(\.0))
    let inputs = operands.indices.map { pulled.isReached($0) ? operands[$0] : values[$0] }
    let bundle = Traced(
      .tape, value: followed[0], height: Int(height), context: context, primitive: .custom,
      attributes: .object(function), others: inputs)
    var parts = try bundle.parts(followed, in: context).makeIterator()
    return zip(results, pulled.isFollowed).map { result, isFollowed in
      isFollowed ? parts.next() ?? result : result
    }
  }

  /// What the operations are called that gave the results.
  private var resultNames: [String] {
    results.compactMap { result in
      guard case .step(let index) = result else { return nil }
      if case .part(let bundle, _) = steps[index].operation { return steps[bundle].primitive.name }
      return steps[index].primitive.name
    }
  }

  /// The results that steps compute, with their tangents.
  private func onDuals(
    _ operands: [Variable], _ values: [Variable], _ height: Int32, _ context: Context
  ) throws -> [Variable]? {
    guard Int(height) > context.stoppedDuals else { return nil }
    try Safepoint.look()
    let tangents = operands.map { tangent($0, height) }
    guard
      let pushed = try derived.pushed(self, tangents.map { $0 != nil }, at: values)
    else { return nil }
    let outputs = try pushed.function(values + tangents.compactMap { $0 })
    var found = outputs.dropFirst(pushed.isReached.count).makeIterator()
    return zip(outputs, pushed.isReached).map { result, isReached in
      guard isReached, let tangent = found.next() else { return result }
      return context.value(.dual, result, height: height, tangent: tangent)
    }
  }

  /// The results that steps compute, over the mapped axis.
  private func mapped(
    _ operands: [Variable], _ values: [Variable], _ height: Int32, _ context: Context
  ) throws -> [Variable]? {
    let isMapped = operands.map { lowered($0, height).1 }
    let size = context.levels[Int(height)].size
    guard let mapped = try derived.mapped(self, isMapped, size: size, at: values) else {
      return nil
    }
    return zip(try mapped.function(values), mapped.isReached).map { result, isReached in
      isReached ? context.value(.batch, result, height: height) : result
    }
  }
}
