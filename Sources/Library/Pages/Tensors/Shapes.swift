// Elements moved, repeated and put together; none computed.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let shapes = BuiltinPage(
    "Shapes",
    [
      Builtin(
        "to(x, dtype=nil, device=nil)",
        """
        The elements in another dtype, where what does not fit is an error, or at another place, which may stand in
        the dtype's stead: `x.to("gpu")`. Derivatives pass both.

        `"gpu"` is the first device that is no processor, else the first there is, `"cuda"` the first of NVIDIA, and
        `"opencl:1"` the second of `devices()`; `"cpu"` is the processor. A model's parameters and buffers are put
        there where they stand, the parameters as new leaves, and so are the parameters in lists and records.

            print([1.7, -1.7].to(i64), [0, 2].to(bool))    # [1, -1] [false, true]
            print([1.0].to("cpu").device)                  # cpu
        """
      ) { arguments in
        let isPlace = arguments.isPlace(1) && !arguments.has(2)
        let place = try arguments.place(isPlace ? 1 : 2)
        let dtype = isPlace ? nil : try arguments.dtype(1)
        guard dtype != nil || place != nil else {
          throw arguments.mismatch(1, "a dtype or a device")
        }
        guard let dtype else {
          return try arguments[0].moved(to: place ?? .processor, for: arguments)
        }
        let converted = try arguments.variable(0).converted(to: dtype)
        return .tensor(try place.map { try converted.moved(to: $0) } ?? converted)
      },
      Builtin(
        "item(x)",
        """
        The number or Bool of a tensor of one element.

            print(item([[2.5]]), type([1].item()))    # 2.5 Int
        """
      ) { arguments in
        if let number = try RecordedNumber(measuring: arguments[0].variable) {
          return .host(number)
        }
        let tensor = try arguments.tensor(0)
        guard tensor.count == 1 else {
          throw RuntimeError(
            .shape, "item takes a tensor of one element, not \(tensor.typeDescription)",
            hint: "tolist() gives all of them")
        }
        return try nestedList(tensor.reshaped(Shape()))
      },
      Builtin(
        "tolist(x)",
        """
        The elements as numbers in nested lists.

            print(tolist([[1, 2], [3, 4]]))    # ((1, 2), (3, 4))
        """
      ) { arguments in
        let tensor = try arguments.tensor(0)
        guard tensor.shape.array.reduce(1, { $0 &* max($1, 1) }) <= 1 << 26 else {
          throw RuntimeError(
            .value, "\(tensor.typeDescription) has too many elements for a list")
        }
        return try nestedList(tensor)
      },
      Builtin(
        "reshape(x, *shape)",
        """
        The same elements in another shape; one extent may be -1 and is worked out.

            print(arange(6).reshape(2, -1).shape)    # (2, 3)
        """
      ) { arguments in
        let x = try arguments.variable(0)
        return .tensor(try x.reshape(to: arguments.shape(of: x, rest: 1)))
      },
      Builtin(
        "flatten(x, start=0)",
        """
        The axes from `start` on as one.

            print(flatten([[1, 2], [3, 4]]), zeros(2, 3, 4).flatten(1).shape)    # [1, 2, 3, 4] (2, 12)
        """
      ) { arguments in
        let x = try arguments.variable(0)
        if x.rank == 0 { return .tensor(try x.reshape(to: Shape(1))) }
        let start = try x.shape.axis(arguments.int(1))
        let extents = x.shape.array
        return .tensor(
          try x.reshape(
            to: Shape(Array(extents[..<start]) + [extents[start...].reduce(1, *)])))
      },
      Builtin(
        "transpose(x, *axes)",
        """
        The axes in the order given, or all in reverse.

            print(transpose([[1, 2], [3, 4]]), zeros(2, 3, 4).transpose(1, 0, 2).shape)
            # [[1, 3],
            #  [2, 4]] (3, 2, 4)
        """
      ) { arguments in
        let x = try arguments.variable(0)
        let axes = try arguments.intsFromRest(1)
        return .tensor(
          try x.permute(axes.isEmpty ? (0..<x.rank).reversed() : arguments.order(axes, of: x)))
      },
      Builtin(
        "permute(x, *axes)",
        """
        The axes in the order given.

            print(permute(zeros(2, 3, 4), 2, 0, 1).shape)    # (4, 2, 3)
        """
      ) { arguments in
        let x = try arguments.variable(0)
        return .tensor(try x.permute(arguments.order(arguments.intsFromRest(1), of: x)))
      },
      Builtin(
        "swap_axes(x, a=-1, b=-2)",
        """
        Two axes in each other's place; the last two unless told.

            print(swap_axes(zeros(2, 3, 4), 0, 2).shape)    # (4, 3, 2)
        """
      ) { arguments in
        let x = try arguments.variable(0)
        var order = Array(0..<x.rank)
        order.swapAt(
          try x.shape.axis(arguments.int(1)),
          try x.shape.axis(arguments.int(2)))
        return .tensor(try x.permute(order))
      },
      Builtin(
        "move_axis(x, source, destination)",
        """
        One axis moved to another place, or a list of them to a list of places; the others keep their order.

            print(move_axis(zeros(2, 3, 4), 0, -1).shape, move_axis(zeros(2, 3, 4), (0, 1), (2, 0)).shape)
            # (3, 4, 2) (3, 4, 2)
        """
      ) { arguments in
        let x = try arguments.variable(0)
        let (sources, places) = (
          try arguments.distinctAxes(1, of: x), try arguments.distinctAxes(2, of: x)
        )
        guard sources.count == places.count else {
          throw RuntimeError(
            .value, "move_axis has \(places.count) places for \(sources.count) axes")
        }
        var order = Array(0..<x.rank).filter { !sources.contains($0) }
        for (place, source) in zip(places, sources).sorted(by: { $0.0 < $1.0 }) {
          order.insert(source, at: place)
        }
        return .tensor(try x.permute(order))
      },
      Builtin(
        "expand_dims(x, axis)",
        """
        A new axis of extent 1 at a place.

            print(expand_dims([1, 2], 0).shape, expand_dims([1, 2], -1).shape)    # (1, 2) (2, 1)
        """
      ) { arguments in
        let x = try arguments.variable(0)
        let wide = Shape(trusted: Array(repeating: 1, count: min(x.rank + 1, Shape.maximumRank)))
        let place = try wide.axis(arguments.int(1))
        return .tensor(try x.reshape(to: x.shape.inserting(1, at: min(place, x.rank))))
      },
      Builtin(
        "squeeze(x, axis=nil)",
        """
        Without its axes of extent 1, or without the ones given.

            print(squeeze(zeros(1, 3, 1)).shape, squeeze(zeros(1, 3, 1), axis=0).shape)    # (3,) (3, 1)
        """
      ) { arguments in
        let x = try arguments.variable(0)
        var removed = AxisSet()
        if let axes = try arguments.axes(1) {
          removed = try AxisSet(axes, of: x.shape)
          for axis in 0..<x.rank where removed.contains(axis) && x.shape[axis] != 1 {
            throw RuntimeError(
              .shape, "axis \(axis) of \(x.typeDescription) has extent \(x.shape[axis]), not 1",
              hint: "squeeze takes axes of extent 1 away")
          }
        } else {
          for axis in 0..<x.rank where x.shape[axis] == 1 { removed.insert(axis) }
        }
        let kept = (0..<x.rank).filter { !removed.contains($0) }.map { x.shape[$0] }
        return .tensor(try x.reshape(to: Shape(trusted: kept)))
      },
      Builtin(
        "broadcast_to(x, *shape)",
        """
        The tensor stretched to a shape: axes of extent 1 are repeated, axes added in front.

            print(broadcast_to([1, 2], 2, 2))
            # [[1, 2],
            #  [1, 2]]
        """
      ) { arguments in
        .tensor(try arguments.variable(0).broadcast(to: arguments.shapeFromRest(1)))
      },
      Builtin(
        "concat(tensors, axis=0)",
        """
        Tensors one after the other along an axis.

            print(concat(([1, 2], [3])))    # [1, 2, 3]
        """
      ) { arguments in
        .tensor(try Variable.concat(arguments.tensors(0), axis: arguments.int(1)))
      },
      Builtin(
        "stack(tensors, axis=0)",
        """
        Tensors of one shape side by side along a new axis.

            print(stack(([1, 2], [3, 4]), axis=1))
            # [[1, 3],
            #  [2, 4]]
        """
      ) { arguments in
        .tensor(try Variable.stack(arguments.tensors(0), axis: arguments.int(1)))
      },
      Builtin(
        "split(x, parts=nil, axis=0, limit=nil)",
        """
        A tensor in so many equal parts, or cut at places, as NumPy's; what PyTorch calls
        `split(x, [2, 3])` with sizes is `split(x, [2])`. A text at each `parts`, or at white space, into
        at most limit + 1 pieces.

            print(split([1, 2, 3, 4], 2), split([1, 2, 3], (1,)))    # ([1, 2], [3, 4]) ([1], [2, 3])
            print("a, b".split(", "), "a  b".split())                # ("a", "b") ("a", "b")
        """
      ) { arguments in
        if case .string(let string) = arguments[0] {
          return .list(try arguments.pieces(string.text))
        }
        if case .host(let host) = arguments[0], host is KeyObject {
          throw arguments.mismatch(0, "a Tensor or a String", hint: "write split_key(key)")
        }
        return .list(try arguments.equalParts())
      },
      Builtin(
        "chunk(x, parts, axis=0)",
        """
        A tensor in at most so many parts, all but perhaps the last of one size.

            print(chunk([1, 2, 3, 4, 5], 2))    # ([1, 2, 3], [4, 5])
        """
      ) { arguments in
        let x = try arguments.variable(0)
        let parts = try arguments.int(1, atLeast: 1)
        let axis = try x.shape.axis(arguments.int(2))
        let extent = x.shape[axis]
        let size = max((extent + min(parts, max(extent, 1)) - 1) / min(parts, max(extent, 1)), 1)
        try MemoryAccount.require(extent / size, of: Arguments.bytesOfTensor)
        let starts = extent == 0 ? [0] : Array(stride(from: 0, to: extent, by: size))
        return .list(
          try starts.map {
            try Safepoint.look()
            return .tensor(try x.sliced(axis: axis, from: $0, to: min($0 + size, extent)))
          })
      },
      Builtin(
        "tile(x, *times)",
        """
        The whole tensor several times over along each axis.

            print(tile([1, 2], 2), tile([1, 2], 2, 1).shape)    # [1, 2, 1, 2] (2, 2)
        """
      ) { arguments in
        .tensor(try arguments.variable(0).tiled(arguments.intsFromRest(1)))
      },
      Builtin(
        "repeat(x, times, axis=nil)",
        """
        Each element several times in a row, along an axis or of all elements in one row; a list or
        tensor of times has one for each element. A text or a list several times over.

            print(repeat([1, 2], 2), repeat("ab", 2))    # [1, 1, 2, 2] abab
            print(repeat([5, 6], [1, 3]))                # [5, 6, 6, 6]
        """
      ) { arguments in
        switch arguments[0] {
        case .string, .list:
          return try .binary(.multiply, arguments[0], arguments[1])
        default:
          var x = try arguments.variable(0)
          if !arguments.has(2) { x = try x.reshape(to: Shape(x.count)) }
          let axis = try arguments.has(2) ? arguments.int(2) : 0
          if arguments.isRow(1) {
            return .tensor(try arguments.repeated(x, axis: x.shape.axis(axis)))
          }
          return .tensor(try x.repeated(arguments.int(1, atLeast: 0), axis: axis))
        }
      },
      Builtin(
        "flip(x, axis=nil)",
        """
        The elements in reverse along axes, or along all.

            print(flip([1, 2, 3]))    # [3, 2, 1]
        """
      ) { arguments in
        let x = try arguments.variable(0)
        return .tensor(try x.flip(axes: arguments.axes(1) ?? Array(0..<x.rank)))
      },
      Builtin(
        "roll(x, shift, axis=nil)",
        """
        The elements moved along an axis, those that fall off the end coming back at the beginning;
        without an axis, all elements in one row. A list of shifts goes with a list of axes, and one shift with all
        of them.

            print(roll([1, 2, 3], 1))                                 # [3, 1, 2]
            print(roll([[1, 2], [3, 4]], (1, 1), axis=(0, 1))[0])     # [4, 3]
        """
      ) { arguments in
        let x = try arguments.variable(0)
        if arguments.has(2), arguments.isRow(1) || arguments.isRow(2) {
          let axes = try arguments.ints(2)
          let given = try arguments.ints(1)
          let shifts = arguments.isRow(1) ? given : axes.map { _ in given[0] }
          guard shifts.count == axes.count else {
            throw RuntimeError(
              .value, "roll has \(shifts.count) shifts for \(axes.count) axes")
          }
          return .tensor(try zip(shifts, axes).reduce(x) { try $0.roll($1.0, axis: $1.1) })
        }
        let shift = try arguments.int(1)
        if arguments.has(2) { return .tensor(try x.roll(shift, axis: arguments.int(2))) }
        return .tensor(try x.roll(shift))
      },
      Builtin(
        "pad(x, widths, value=0)",
        """
        The tensor with a value around it: one width for all sides, a pair for every axis, or a
        list of pairs, one an axis.

            print(pad([1, 2], 1), pad([1, 2], (0, 2), value=9))    # [0, 1, 2, 0] [1, 2, 9, 9]
        """
      ) { arguments in
        // As in arithmetic, a Float makes whole numbers floats.
        let given = try arguments.variable(0)
        let x = arguments[2].isFloating ? try floating(given) : given
        let pairs = try arguments.widths(1, rank: x.rank)
        return .tensor(
          try x.padded(
            before: pairs.map(\.0), after: pairs.map(\.1),
            value: arguments.scalar(2)))
      },
      Builtin(
        "tril(x, k=0)",
        """
        The elements on and below the k-th diagonal, zeros above.

            print(tril([[1, 2], [3, 4]]))
            # [[1, 0],
            #  [3, 4]]
        """
      ) { arguments in .tensor(try arguments.variable(0).tril(arguments.int(1))) },
      Builtin(
        "triu(x, k=0)",
        """
        The elements on and above the k-th diagonal, zeros below.

            print(triu([[1, 2], [3, 4]]))
            # [[1, 2],
            #  [0, 4]]
        """
      ) { arguments in .tensor(try arguments.variable(0).triu(arguments.int(1))) },
      Builtin(
        "diag(x, k=0)",
        """
        The k-th diagonal of a matrix, or a matrix with a vector on it.

            print(diag([[1, 2], [3, 4]]))    # [1, 4]
            print(diag([1, 2]))
            # [[1, 0],
            #  [0, 2]]
        """
      ) { arguments in
        let x = try arguments.stacked(0)
        let k = try arguments.int(1)
        if x.rank != 1 || k == 0 {
          return .tensor(x.rank == 1 ? try x.diagonalMatrix() : try x.diagonal(k))
        }
        // A longer diagonal with zeros at one end, and the rows and columns that only those have.
        let offset = Int(clamping: k.magnitude)
        let (before, after) = k > 0 ? (0, offset) : (offset, 0)
        return .tensor(
          try x.diagonalMatrix().padded(before: [before, after], after: [after, before]))
      },
    ])
}

extension Arguments {
  /// The slices of an axis, each as often as the row `times` says.
  fileprivate func repeated(_ x: Variable, axis: Int) throws -> Variable {
    var times = try ints(1)
    // One number for an axis of one, or of any, as in NumPy.
    if times.count == 1 { times = Array(repeating: times[0], count: x.shape[axis]) }
    guard times.count == x.shape[axis] else {
      throw RuntimeError(
        .shape, "repeat has \(times.count) times for an axis of \(x.shape[axis])")
    }
    var total = 0
    for count in times {
      guard count >= 0 else {
        throw RuntimeError(.value, "`times` of repeat must be at least 0, not \(count)")
      }
      let sum = total.addingReportingOverflow(count)
      guard !sum.overflow, sum.partialValue < 1 << 27 else {
        throw RuntimeError(.limit, "so many repeated slices are too many")
      }
      total = sum.partialValue
    }
    let places = try Tensor.make(Shape(total), .i64) { memory in
      let places = memory.assumingMemoryBound(to: Int.self)
      var next = 0
      try Safepoint.forEach(0..<times.count) { place in
        try Safepoint.pieces(of: next..<next + times[place]) { piece in
          (places + piece.lowerBound).initialize(repeating: place, count: piece.count)
        }
        next += times[place]
      }
    }
    let whole = Array(
      repeating: VariableIndexItem.slice(start: nil, stop: nil, step: 1), count: axis)
    return try x.indexed(whole + [.ids(.tensor(places))])
  }

  /// Ints that may have been given separately or as one list.
  func intsFromRest(_ index: Int) throws -> [Int] {
    let values = rest(index)
    if values.count == 1, let ints = values[0].ints { return ints }
    return try values.map { value in
      guard case .int(let int) = value else { throw mismatch(value, index, "Ints") }
      return int
    }
  }

  /// A shape for the elements of a tensor, one extent perhaps -1.
  fileprivate func shape(of x: Variable, rest index: Int) throws -> Shape {
    var extents = try intsFromRest(index)
    guard let unknown = extents.firstIndex(of: -1) else { return try Shape(extents) }
    extents[unknown] = 1
    let known = try Shape(extents).count
    guard known > 0, x.count % known == 0, extents.lastIndex(of: -1) == nil else {
      extents[unknown] = -1
      let text = extents.map(String.init).joined(separator: ", ")
      throw RuntimeError(
        .shape, "cannot reshape \(x.typeDescription) to (\(text))",
        hint: "\(x.count) elements must be divided evenly, and one extent may be -1")
    }
    extents[unknown] = x.count / known
    return try Shape(extents)
  }

  /// True for a list and for a tensor of an axis.
  fileprivate func isRow(_ index: Int) -> Bool {
    if case .list = self[index] { return true }
    return self[index].variable.map { $0.rank > 0 } ?? false
  }

  /// Axes, each of them once.
  fileprivate func distinctAxes(_ index: Int, of x: Variable) throws -> [Int] {
    let axes = try ints(index).map(x.shape.axis)
    guard Set(axes).count == axes.count else {
      throw RuntimeError(
        .value, "`\(parameterName(index))` of \(callee.name) names an axis twice")
    }
    return axes
  }

  /// A permutation of all axes.
  fileprivate func order(_ axes: [Int], of x: Variable) throws -> [Int] {
    let order = try axes.map { try x.shape.axis($0) }
    guard order.sorted() == Array(0..<x.rank) else {
      throw RuntimeError(
        .shape,
        "\(x.typeDescription) needs each of its \(x.rank) axes once, not (\(axes.map(String.init).joined(separator: ", ")))",
        hint: "swap_axes(x, a, b) swaps two of them")
    }
    return order
  }

  /// A list of tensors, or the rows of one, in one dtype.
  fileprivate func tensors(_ index: Int) throws -> [Variable] {
    if case .tensor(let axis) = self[1], axis.rank > 0 {
      throw RuntimeError(
        .type,
        "`\(parameterName(1))` of \(callee.name) must be an Int, not \(self[1].shortDescription)",
        hint: "the tensors stand in one list: \(callee.name)((a, b))")
    }
    let values = try sequence(index)
    guard !values.isEmpty else {
      throw RuntimeError(.value, "\(callee.name) of no tensors is not defined")
    }
    try MemoryAccount.require(values.count, of: Arguments.bytesOfTensor)
    return try Arguments.alike(values.map { try stacked($0, index) })
  }

  fileprivate func pieces(_ text: String) throws -> [Value] {
    let limit = try has(3) ? int(3, atLeast: 0) : .max
    guard has(1) else { return try Safepoint.map(text.words(limit: limit)) { .string($0) } }
    let separator = try string(1)
    guard !separator.isEmpty else {
      throw RuntimeError(
        .value, "a text cannot be split at an empty text", hint: "list(text) gives its characters")
    }
    return try Safepoint.map(text.parts(around: separator, limit: limit)) { .string($0) }
  }

  fileprivate func equalParts() throws -> [Value] {
    let x = try variable(0)
    let axis = try x.shape.axis(int(2))
    let extent = x.shape[axis]
    var cuts: [Int]
    if case .int(let parts) = self[1] {
      guard parts > 0, extent % parts == 0 else {
        throw RuntimeError(
          .shape, "cannot split an axis of \(extent) into \(parts) equal parts",
          hint: "chunk(x, parts) allows a smaller last part, split(x, (2, 5)) cuts at places")
      }
      guard parts <= 1 << 24 else {
        throw RuntimeError(.limit, "\(parts) parts are too many")
      }
      try MemoryAccount.require(parts, of: Arguments.bytesOfTensor)
      cuts = (0...parts).map { $0 * (extent / parts) }
    } else {
      cuts = try [0] + ints(1).map { max(0, min($0 < 0 ? $0 &+ extent : $0, extent)) } + [extent]
    }
    return try zip(cuts, cuts.dropFirst()).map { start, end in
      try Safepoint.look()
      return .tensor(try x.sliced(axis: axis, from: start, to: max(start, end)))
    }
  }

  /// The widths of `pad`, a pair an axis.
  fileprivate func widths(_ index: Int, rank: Int) throws -> [(Int, Int)] {
    if case .int(let width) = self[index] { return Array(repeating: (width, width), count: rank) }
    let values = try list(index)
    if values.count == 2, case .int(let before) = values[0], case .int(let after) = values[1] {
      return Array(repeating: (before, after), count: rank)
    }
    let pairs = try values.map { value in
      guard let pair = value.ints, pair.count == 2 else {
        throw mismatch(value, index, "an Int, a pair of Ints, or a List of pairs")
      }
      return (pair[0], pair[1])
    }
    guard pairs.count == rank else {
      throw RuntimeError(
        .shape, "`\(parameterName(index))` of pad has \(pairs.count) pairs for \(rank) axes")
    }
    return pairs
  }
}
