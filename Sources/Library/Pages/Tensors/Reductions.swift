// Many elements into one. Tensors reduce over axes; lists of plain numbers give plain numbers;
// lists of tensors combine element by element, as Python's `sum` does.

import Autodiff
import Language
import Syntax
import Tensors

extension Builtins {
  static let reductions = BuiltinPage(
    "Reductions",
    [
      Builtin(
        "sum(x, axis=nil, keepdims=false)",
        """
        The sum over all elements or over axes; of no elements 0.

        The sum of a list of tensors is their elementwise sum.

            print(sum([[1, 2], [3, 4]], axis=0), sum((1, 2, 3)))    # [4, 6] 6
        """
      ) { arguments in
        if let values = try arguments.elements() {
          return try arguments.folded(values, .add, .int(0))
        }
        return try arguments.reduced { try $0.sum(axes: $1, keepAxes: $2) }
      },
      Builtin(
        "prod(x, axis=nil, keepdims=false)",
        """
        The product over all elements or over axes; of no elements 1.

            print(prod([2.0, 3.0]), prod((2, 3)))    # 6.0 6
        """
      ) { arguments in
        if let values = try arguments.elements() {
          return try arguments.folded(values, .multiply, .int(1))
        }
        return try arguments.reduced { try $0.prod(axes: $1, keepAxes: $2) }
      },
      Builtin(
        "mean(x, axis=nil, keepdims=false)",
        """
        The sum divided by the number of elements; of a distribution `d.mean`.

            print(mean([[1.0, 2.0], [3.0, 6.0]], axis=1), mean((1, 2)))    # [1.5, 4.5] 1.5
        """
      ) { arguments in
        if let mean = try arguments.meanOfDistribution() { return mean }
        return try arguments.averaged { try $0.mean(axes: $1, keepAxes: $2) }
      },
      Builtin(
        "var(x, axis=nil, correction=0, keepdims=false)",
        """
        The mean of the squared distances from the mean; the sum is divided by n - correction. It is
        not differentiated by `correction`.

            print(var([1.0, 3.0]), var([1.0, 3.0], correction=1))    # 1.0 2.0
        """
      ) { arguments in
        let correction = try arguments.double(2)
        return try arguments.averaged(keep: 3) {
          try $0.variance(axes: $1, correction: correction, keepAxes: $2)
        }
      },
      Builtin(
        "std(x, axis=nil, correction=0, keepdims=false)",
        """
        The square root of `var`.

            print(std([1.0, 3.0]), std((1, 3), correction=1))    # 1.0 1.4142135623730951
        """
      ) { arguments in
        let correction = try arguments.double(2)
        return try arguments.averaged(keep: 3) {
          try $0.standardDeviation(axes: $1, correction: correction, keepAxes: $2)
        }
      },
      Builtin(
        "max(*values, axis=nil, keepdims=false, key=nil)",
        """
        The greatest element of a tensor or a list, over axes if they are given, or the greatest of
        several values; nan where one is nan.

        `key` is a function of an element that gives what to compare, nan losing to all; the first of several is taken.

            print(max(("bb", "a"), key=len))    # bb
            print(max([[1, 5], [3, 4]], axis=0), max((2, 7)), max(2, 5))    # [3, 5] 7 5
        """
      ) { arguments in try arguments.extreme(sign: 1) },
      Builtin(
        "min(*values, axis=nil, keepdims=false, key=nil)",
        """
        The least element of a tensor or a list, over axes if they are given, or the least of
        several values; nan where one is nan.

        `key` is a function of an element that gives what to compare, nan losing to all; the first of several is taken.

            print(min((3, -1, -4), key=abs))    # -1
            print(min([[1, 5], [3, 4]], axis=1), min((2, 7)), min(2, 5))    # [1, 3] 2 2
        """
      ) { arguments in try arguments.extreme(sign: -1) },
      Builtin(
        "argmax(x, axis=nil, keepdims=false)",
        """
        The place of the greatest element along an axis, or in all elements; the first of several.

            print(argmax([1.0, 5.0, 5.0]), argmax([[1, 2], [4, 3]], axis=1))    # 1 [1, 0]
        """
      ) { arguments in
        try arguments.placed(sign: 1) { try $0.argmax(axis: $1, keepAxes: $2) }
      },
      Builtin(
        "argmin(x, axis=nil, keepdims=false)",
        """
        The place of the least element along an axis, or in all elements; the first of several.

            print(argmin([4.0, 1.0, 1.0]))    # 1
        """
      ) { arguments in
        try arguments.placed(sign: -1) { try $0.argmin(axis: $1, keepAxes: $2) }
      },
      Builtin(
        "any(x, axis=nil, keepdims=false)",
        """
        True where an element is true or not zero.

            print(any([false, true]), any((false, false)))    # true false
        """
      ) { arguments in
        if let values = try arguments.elements() {
          return .bool(try values.contains { try arguments.isTrue($0) })
        }
        return try arguments.reduced { try $0.any(axes: $1, keepAxes: $2) }
      },
      Builtin(
        "all(x, axis=nil, keepdims=false)",
        """
        True where every element is true or not zero.

            print(all([false, true]), all(()))    # false true
        """
      ) { arguments in
        if let values = try arguments.elements() {
          return .bool(try values.allSatisfy { try arguments.isTrue($0) })
        }
        return try arguments.reduced { try $0.all(axes: $1, keepAxes: $2) }
      },
      Builtin(
        "norm(x, ord=nil, axis=nil, keepdims=false)",
        """
        The length of all elements as one vector, or along axes: the `ord`-th root of the sum of
        the absolute values to that power, 2 unless told; `inf` and `-inf` give the greatest and the least. It is not
        differentiated by `ord`.

        With an `ord` and a matrix, or two axes, it is a norm of matrices: `"fro"` the root of the sum of squares, `"nuc"`
        the sum of the singular values, 2 and -2 the greatest and the least of them, 1 and -1 the greatest and the least
        sum of the absolute values of a column, `inf` and `-inf` of a row.

            print(norm([3.0, 4.0]), norm([3.0, -4.0], ord=1), norm([3.0, -4.0], ord=inf))    # 5.0 7.0 4.0
            let a = [[3.0, 0.0], [0.0, -4.0]]
            print(norm(a), norm(a, ord="nuc"), norm(a, ord=2), norm(a, ord=1))    # 5.0 7.0 4.0 4.0
        """
      ) { arguments in
        let (order, name) = try arguments.orderOfNorm(1)
        return try arguments.averaged(axis: 2, keep: 3) { x, axes, keepAxes in
          let pair = (0..<x.rank).filter(axes.contains)
          guard pair.count == 2, let norm = try name ?? order.map({ try MatrixNorm(order: $0) })
          else {
            guard name == nil else {
              throw RuntimeError(
                .shape,
                "\(arguments[1].shortDescription) is a norm of matrices, and got "
                  + x.typeDescription, hint: "axis=(i, j) names the axes of rows and columns")
            }
            return try x.norm(order: order ?? 2, axes: axes, keepAxes: keepAxes)
          }
          // A list of axes may name that of the columns first.
          let given = try arguments.axes(2).map { try $0.map(x.shape.axis) } ?? pair
          let result = try x.matrixNorm(norm, rows: given[0], columns: given[1])
          guard keepAxes else { return result }
          return try pair.reduce(result) { try $0.expanded(at: $1) }
        }
      },
      Builtin(
        "logsumexp(x, axis=nil, keepdims=false)",
        """
        `log(sum(exp(x)))` without overflow.

            print(logsumexp([1000.0, -1000.0]))    # 1000.0
        """
      ) { arguments in try arguments.averaged { try $0.logsumexp(axes: $1, keepAxes: $2) } },
      Builtin(
        "median(x, axis=nil, keepdims=false)",
        """
        The middle element, or the mean of the two in the middle; `nan` where an element is `nan`.

            print(median([3.0, 1.0, 2.0]), median((1, 2, 3, 4)))    # 2.0 2.5
        """
      ) { arguments in try arguments.quantile(0.5, axis: 1, keep: 2) },
      Builtin(
        "quantile(x, q, axis=nil, keepdims=false)",
        """
        The number below which a part q of the elements lies, interpolated between neighbours; for
        several q a tensor or list of them. `nan` where an element is `nan`. The derivative by a q
        that hits an element is 0.

            print(quantile([0.0, 1.0, 2.0, 3.0], 0.25))    # 0.75
        """
      ) { arguments in
        switch arguments[1] {
        case .tensor(let parts) where parts.rank == 1:
          return .tensor(
            try Variable.stack(
              (0..<parts.count).compactMap { place in
                try Safepoint.look()
                let q = Value.tensor(try parts.indexed(at: place))
                return try arguments.quantile(arguments.scalar(q, 1), axis: 2, keep: 3).variable
              }))
        case .list(let parts):
          return .list(
            try parts.map { part in
              try Safepoint.look()
              return try arguments.quantile(arguments.scalar(part, 1), axis: 2, keep: 3)
            })
        default: return try arguments.quantile(arguments.scalar(1), axis: 2, keep: 3)
        }
      },
      Builtin(
        "cumsum(x, axis=nil)",
        """
        The sums of all elements up to each; without an axis, of all elements in one row.

            print(cumsum([1, 2, 3]), cumsum((1, 2)))    # [1, 3, 6] (1, 3)
        """
      ) { arguments in
        if let values = try arguments.elements(axis: 1) {
          return try arguments.scanned(values, .add)
        }
        let (x, axis) = try arguments.lane(axis: 1)
        return .tensor(try x.cumsum(axis: axis))
      },
      Builtin(
        "cumprod(x, axis=nil)",
        """
        The products of all elements up to each; without an axis, of all elements in one row.

            print(cumprod([1, 2, 3]))    # [1, 2, 6]
        """
      ) { arguments in
        if let values = try arguments.elements(axis: 1) {
          return try arguments.scanned(values, .multiply)
        }
        let (x, axis) = try arguments.lane(axis: 1)
        return .tensor(try x.cumprod(axis: axis))
      },
      Builtin(
        "cummax(x, axis=nil)",
        """
        The greatest of all elements up to each; without an axis, of all elements in one row. From the first
        nan on it is nan. The derivative goes to the last of equal elements.

            print(cummax([1, 3, 2, 5]), cummax((1, 3, 2)))    # [1, 3, 3, 5] (1, 3, 3)
        """
      ) { arguments in try arguments.running { try $0.cummax(axis: $1) } },
      Builtin(
        "cummin(x, axis=nil)",
        """
        The least of all elements up to each; without an axis, of all elements in one row. From the first nan
        on it is nan. The derivative goes to the last of equal elements.

            print(cummin([4, 3, 5, 1]))    # [4, 3, 3, 1]
        """
      ) { arguments in try arguments.running { try $0.cummin(axis: $1) } },
      Builtin(
        "logcumsumexp(x, axis=nil)",
        """
        `log(cumsum(exp(x)))` without overflow; without an axis, of all elements in one row.

            print(near(logcumsumexp([1000.0, 1000.0]), [1000.0, 1000.0 + log(2.0)]))    # true
        """
      ) { arguments in try arguments.running { try $0.logcumsumexp(axis: $1) } },
    ])
}

extension Arguments {
  /// The elements of a list or range in parameter 0; nil for a tensor.
  ///
  /// - Throws: a type error for axes of a list, which has none.
  func elements(axis: Int = 1) throws -> [Value]? {
    switch self[0] {
    case .list, .range:
      guard !has(axis) else {
        throw mismatch(0, "a Tensor where `axis` is given", hint: "tensor(xs) makes one of a list")
      }
      return try sequence(0)
    case .host: return try sequence(0)
    default: return nil
    }
  }

  /// The axes of a parameter, all where none were given.
  func axisSet(_ index: Int, of x: Variable) throws -> AxisSet {
    guard has(index) else { return .all(rank: x.rank) }
    switch (self[0], self[index]) {
    case (.int, .int), (.int, .float), (.float, .int), (.float, .float):
      throw RuntimeError(
        .type, "\(callee.name) takes the numbers together, and the second argument is an axis",
        hint: "they stand in brackets: \(callee.name)([1, 2, 3])")
    default: break
    }
    guard let axes = try axes(index) else { return .all(rank: x.rank) }
    return try AxisSet(axes, of: x.shape)
  }

  /// A tensor's reduction; a plain number's is plain.
  fileprivate func reduced(
    axis: Int = 1, keep: Int = 2, _ reduce: (Variable, AxisSet, Bool) throws -> Variable
  ) throws -> Value {
    let x = try variable(0)
    return plain(try reduce(x, axisSet(axis, of: x), bool(keep)))
  }

  /// A reduction to floats; of a list of plain numbers, a plain Float.
  fileprivate func averaged(
    axis: Int = 1, keep: Int = 2, _ reduce: (Variable, AxisSet, Bool) throws -> Variable
  ) throws -> Value {
    if let values = try elements(axis: axis) {
      let x = try stacked(.list(values), 0)
      let isPlain = try numbers(.list(values)) != nil
      if isPlain {
        let wide = try x.converted(to: .f64)
        let result = try reduce(wide, .all(rank: wide.rank), false)
        if case .tensor(let tensor) = result { return .float(tensor.firstDouble) }
        return .tensor(result)
      }
      return .tensor(try reduce(floating(x), AxisSet(0), false))
    }
    let x = try floating(variable(0))
    return plain(try reduce(x, axisSet(axis, of: x), bool(keep)))
  }

  /// The order of a norm, or one of matrices that has a name; neither where none was given.
  fileprivate func orderOfNorm(_ index: Int) throws -> (order: Double?, name: MatrixNorm?) {
    guard has(index) else { return (nil, nil) }
    guard self[index].text != nil else { return (try double(index), nil) }
    return (nil, try choice(index, ["fro", "nuc"]) == "fro" ? .frobenius : .nuclear)
  }

  /// A result as a plain number where parameter 0 is one.
  func plain(_ result: Variable) -> Value {
    guard self[0].number != nil || self[0].isBool, result.rank == 0,
      case .tensor(let tensor) = result
    else { return .tensor(result) }
    switch tensor.dtype {
    case .bool: return .bool(tensor.firstInt != 0)
    case .i64: return .int(tensor.firstInt)
    case .f32, .f64: return .float(tensor.firstDouble)
    }
  }

  fileprivate func folded(_ values: [Value], _ operation: BinaryOperator, _ start: Value) throws
    -> Value
  {
    var result = start
    try Safepoint.forEach(0..<values.count, each: 1 << 12) { place in
      let value = values[place]
      let addend: Value
      switch value {
      case .int, .float, .tensor, .parameter: addend = value
      case .bool(let flag): addend = .int(flag ? 1 : 0)
      default: throw mismatch(value, 0, "a Tensor or a List of numbers and tensors")
      }
      // A first tensor keeps its dtype, and its graph nothing that is not in the list.
      if place == 0, addend.number == nil, let first = addend.variable {
        result = .tensor(first)
      } else {
        result = try Value.binary(operation, result, addend)
      }
    }
    return result
  }

  fileprivate func scanned(_ values: [Value], _ operation: BinaryOperator) throws -> Value {
    var results: [Value] = []
    try Safepoint.forEach(0..<values.count, each: 1 << 12) { place in
      let value = values[place]
      guard value.variable != nil else { throw mismatch(value, 0, "a Tensor or a List of numbers") }
      results.append(
        try results.last.map { try Value.binary(operation, $0, value) } ?? value)
    }
    return .list(results)
  }

  /// What a function along an axis makes of a tensor, or of a list, whose result is one.
  fileprivate func running(_ function: (Variable, Int) throws -> Variable) throws -> Value {
    guard let values = try elements(axis: 1) else {
      let (x, axis) = try lane(axis: 1)
      return .tensor(try function(x, axis))
    }
    let isPlain = try numbers(.list(values)) != nil
    let result = try function(stacked(.list(values), 0), 0)
    if isPlain, case .tensor(let tensor) = result { return try nestedList(tensor) }
    return .list(try sequence(.tensor(result), 0))
  }

  /// A tensor and the axis to go along: all in one row where none was given.
  private func laneOf(_ x: Variable, axis: Int) throws -> (Variable, Int) {
    if has(axis) { return (x, try int(axis)) }
    return (x.rank == 1 ? x : try x.reshape(to: Shape(x.count)), 0)
  }

  fileprivate func lane(axis: Int) throws -> (Variable, Int) { try laneOf(variable(0), axis: axis) }

  fileprivate func isTrue(_ value: Value) throws -> Bool {
    if case .bool(let flag) = value { return flag }
    if let number = value.number { return number != 0 }
    if let tensor = value.tensorOfOne { return tensor.firstDouble != 0 }
    throw mismatch(value, 0, "a Tensor or a List of Bools")
  }

  /// `max` and `min`: of one tensor or list, or of several values.
  fileprivate func extreme(sign: Int) throws -> Value {
    let values = rest(0)
    guard let first = values.first else {
      throw RuntimeError(.value, "\(callee.name) of no values is not defined")
    }
    if has(3) {
      return try extreme(of: values.count > 1 ? values : sequence(first, 0), by: self[3], sign)
    }
    guard values.count > 1 else { return try extreme(in: first, sign: sign) }
    guard !has(1) else {
      throw RuntimeError(
        .type, "\(callee.name) of several values takes no `axis`",
        hint: "stack them into one tensor first")
    }
    if values.count == 2, case .int(let number) = values[1], let variable = first.variable,
      first.number == nil, variable.rank > 0
    {
      throw RuntimeError(
        .type, "\(callee.name)(x, \(number)) of a tensor can mean two things",
        hint: "write \(callee.name)(x, axis=\(number)), or "
          + "\(sign > 0 ? "maximum" : "minimum")(x, \(number)) for each element")
    }
    return try extreme(of: values, sign: sign)
  }

  /// The first of the values for which a function gives the most, or the least; nan loses to
  /// every number.
  private func extreme(of values: [Value], by key: Value, _ sign: Int) throws -> Value {
    guard !has(1), !(try bool(2)) else {
      throw RuntimeError(
        .type, "\(callee.name) by a `key` is of elements, and takes no `axis` and no `keepdims`",
        hint: "x[argmax(…)] picks along an axis")
    }
    guard key.isCallable else { throw mismatch(3, "a function of an element") }
    guard let first = values.first else {
      throw RuntimeError(
        .value, "\(callee.name) of no elements is not defined",
        hint: "ask first whether len(xs) > 0")
    }
    var best = (value: first, key: try interpreter.call(key, [first]))
    for value in values.dropFirst() {
      try Safepoint.look()
      let other = try interpreter.call(key, [value])
      if try Arguments.order(best.key, other, descends: sign > 0) > 0 { best = (value, other) }
    }
    return best.value
  }

  private func extreme(in value: Value, sign: Int) throws -> Value {
    switch value {
    case .list, .range, .host:
      guard !has(1) else {
        throw mismatch(value, 0, "a Tensor where `axis` is given")
      }
      let values = try sequence(value, 0)
      guard !values.isEmpty else {
        throw RuntimeError(
          .value, "\(callee.name) of no elements is not defined",
          hint: "ask first whether len(xs) > 0")
      }
      return try extreme(of: values, sign: sign)
    case .int, .float: return value
    default:
      guard let x = value.variable else { throw mismatch(value, 0, "a Tensor or a List") }
      let (axes, keep) = (try axisSet(1, of: x), try bool(2))
      return .tensor(
        sign > 0 ? try x.max(axes: axes, keepAxes: keep) : try x.min(axes: axes, keepAxes: keep))
    }
  }

  /// Of numbers, texts or lists the first or last in their order; of tensors, elementwise.
  private func extreme(of values: [Value], sign: Int) throws -> Value {
    try values.dropFirst().reduce(values[0]) { best, value in
      if best.number != nil, value.number != nil {
        return try Arguments.extreme(best, value, sign: sign)
      }
      if let (a, b) = try aligned(best, value) {
        return .tensor(sign > 0 ? try a.maximum(b) : try a.minimum(b))
      }
      return try Arguments.order(best, value) * sign >= 0 ? best : value
    }
  }

  /// Two values as tensors where one of them is a tensor.
  private func aligned(_ a: Value, _ b: Value) throws -> (Variable, Variable)? {
    guard let x = a.variable, let y = b.variable else { return nil }
    if case .bool = a, case .bool = b { return nil }
    return (
      try Arguments.number(a, beside: y) ?? x, try Arguments.number(b, beside: x) ?? y
    )
  }

  /// `argmax` and `argmin`; of a list of plain numbers, an Int.
  fileprivate func placed(
    sign: Int, _ find: (Variable, Int?, Bool) throws -> Variable
  ) throws -> Value {
    if let values = try elements() {
      guard try numbers(.list(values)) != nil else {
        throw mismatch(0, "a Tensor or a List of numbers")
      }
      guard !values.isEmpty else {
        throw RuntimeError(
          .value, "\(callee.name) of no elements is not defined",
          hint: "ask first whether len(xs) > 0")
      }
      return .int(
        try values.indices.reduce(0) { best, place in
          try Arguments.isExtreme(values[best], beside: values[place], sign: sign) ? best : place
        })
    }
    let axis = has(1) ? try int(1) : nil
    return .tensor(try find(variable(0), axis, bool(2)))
  }

  fileprivate func quantile(_ q: Scalar, axis: Int, keep: Int) throws -> Value {
    try averaged(axis: axis, keep: keep) { try $0.quantile(q, axes: $1, keepAxes: $2) }
  }
}

extension Value {
  /// True for a Bool.
  var isBool: Bool {
    if case .bool = self { true } else { false }
  }
}

extension Arguments {
  /// The field `mean` of a distribution; nil for other values.
  fileprivate func meanOfDistribution() throws -> Value? {
    switch self[0] {
    case .host(let host) where host is Distribution: return try self[0].field("mean", interpreter)
    case .instance(let instance) where instance.type.hasMethod("log_prob"):
      return try self[0].field("mean", interpreter)
    default: return nil
    }
  }
}
