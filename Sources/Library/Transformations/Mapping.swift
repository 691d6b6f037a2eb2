// `vmap`: functions mapped over axes of structures.

import Autodiff
import Language
import Tensors

extension Differentiation {
  static func mapped(
    _ interpreter: Interpreter, _ f: Value, _ arguments: [Value], _ options: Record, inAxes: Value,
    outAxis: Int
  ) throws -> Value {
    var axes: [Int?] = []
    var size: Int?
    for (index, argument) in arguments.enumerated() {
      let axis: Int?
      switch inAxes {
      case .int(let number): axis = number
      case .nil: axis = nil
      case .list(let list):
        guard list.count == arguments.count else {
          throw RuntimeError(
            .value, "in_axes has \(list.count) entries for \(arguments.count) arguments")
        }
        switch list[index] {
        case .int(let number): axis = number
        case .nil: axis = nil
        default:
          throw RuntimeError(
            .type, "an entry of in_axes must be an Int or nil, not \(list[index].shortDescription)")
        }
      default:
        throw RuntimeError(
          .type, "in_axes must be an Int, nil or a List of them, not \(inAxes.shortDescription)")
      }
      for leaf in try ValueTree(argument, numbersAreLeaves: false).leaves {
        guard let axis else {
          axes.append(nil)
          continue
        }
        let shape = leaf.variable.shape
        guard shape.rank > 0 else {
          throw RuntimeError(
            .shape, "vmap cannot map over argument \(index), which has no axes",
            hint: "give in_axes with nil at its place")
        }
        let place = try shape.axis(axis)
        axes.append(place)
        if let size, size != shape[place] {
          throw RuntimeError(
            .shape,
            "vmap needs one extent for all mapped axes, and got \(size) and \(shape[place])",
            hint: "in_axes=(0, nil) gives the second argument to each as it is"
          )
        }
        size = shape[place]
      }
    }
    guard let size else {
      throw RuntimeError(
        .value, "vmap has nothing to map over",
        hint: "at least one argument must be a mapped tensor")
    }
    let all = try ValueTree(.list(arguments), numbersAreLeaves: false)
    var output: ValueTree?
    let results = try vmap(all.variables, axes: axes, size: size) { variables in
      try all.substitutedArguments(variables) { arguments in
        let tree = try ValueTree(
          interpreter.call(f, arguments, named: Array(options.pairs)))
        output = tree
        return tree.variables
      }
    }
    return output?.rebuilt(
      with: try results.map { result in
        let axis = outAxis < 0 ? outAxis + result.rank : outAxis
        guard axis >= 0, axis < result.rank else {
          throw RuntimeError(
            .index, "out_axes is \(outAxis), and the result has \(result.rank) axes")
        }
        return .tensor(try result.movedAxis(from: 0, to: axis))
      }) ?? .nil
  }
}
