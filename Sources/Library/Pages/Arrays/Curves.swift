// Numbers in a row as points of a curve: differences, areas, lines between.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let curves = BuiltinPage(
    "Curves",
    [
      Builtin(
        "diff(x, n=1, axis=-1, prepend=nil, append=nil)",
        """
        The differences of neighbours along an axis, taken n times; of Bools whether neighbours differ. What
        is to stand before and behind the elements may be given, a number or a tensor.

            print(diff([1, 4, 9, 16]), diff([1, 4, 9, 16], n=2))    # [3, 5, 7] [2, 2]
            print(diff([1.0, 4.0], prepend=0.0))                    # [1.0, 3.0]
        """
      ) { arguments in
        var x = try arguments.stacked(0)
        let n = try arguments.int(1, atLeast: 0)
        let axis = try arguments.int(2)
        if n > 0, arguments.has(3) || arguments.has(4) {
          let place = try x.shape.axis(axis)
          let before = arguments.has(3) ? [try arguments.slice(3, of: x, axis: place)] : []
          let after = arguments.has(4) ? [try arguments.slice(4, of: x, axis: place)] : []
          x = try Variable.concat(Arguments.alike(before + [x] + after), axis: place)
        }
        return .tensor(try x.differences(n, axis: axis))
      },
      Builtin(
        "trapezoid(y, x=nil, dx=1.0, axis=-1)",
        """
        The area below a curve through the values y along an axis, by the trapezoidal rule. The points are a
        step of `dx` apart, or x: one axis of them, or a point for each value.

            print(trapezoid([1.0, 2.0, 3.0]), trapezoid([1.0, 2.0, 3.0], [0.0, 1.0, 4.0]))    # 4.0 9.0
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(0).trapezoid(
            arguments.has(1) ? arguments.stacked(1) : nil, step: arguments.scalar(2),
            axis: arguments.int(3)))
      },
      Builtin(
        "interp(x, xp, fp, left=nil, right=nil)",
        """
        The values at x of the lines through the points (xp, fp), which come in the order of xp. Before the
        first and behind the last it is their value, or `left` and `right`.

        It is differentiated by x, xp and fp; at a point the slope is that of the line behind it.

            print(interp(2.5, [1.0, 2.0, 3.0], [3.0, 2.0, 0.0]))             # 1.0
            print(interp([0.0, 9.0], [1.0, 2.0], [3.0, 2.0], right=nan))    # [3.0, nan]
        """
      ) { arguments in
        let y = try arguments.stacked(0).interpolated(
          arguments.stacked(1), arguments.stacked(2),
          left: arguments.has(3) ? arguments.scalar(3) : nil,
          right: arguments.has(4) ? arguments.scalar(4) : nil)
        return arguments.plain(y)
      },
    ])
}

extension Arguments {
  /// What stands beside a tensor along an axis: a number is one slice.
  fileprivate func slice(_ index: Int, of x: Variable, axis: Int) throws -> Variable {
    let value = try stacked(index)
    guard value.rank == 0 else { return value }
    var shape = x.shape
    shape[axis] = 1
    return try (Arguments.number(self[index], beside: x) ?? value).broadcast(to: shape)
  }
}
