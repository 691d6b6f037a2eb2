// Schedules: numbers as functions of the step count.

import Language
import Optimizers
import Tensors

extension Builtins {
  static let schedules = BuiltinPage(
    "Schedules", objects: [ScheduleObject.self],
    [
      Builtin(
        "constant_schedule(value)",
        """
        The same number at every step.

        A schedule is called with a step count, from 0, and stands wherever an optimizer takes a
        number. Its own numbers may be tensors or parameters, and gradients reach them. Any function
        of the count serves as a schedule too.

            print(constant_schedule(0.1)(7))    # 0.1
        """
      ) { .schedule(.constant(try $0.hyperparameter(0))) },
      Builtin(
        "linear_schedule(init_value, end_value, transition_steps, transition_begin=0)",
        """
        A straight line from one number to another in so many steps, begun at a count.

            let lr = linear_schedule(1.0, 0.0, 4)
            print(lr(0), lr(1), lr(9))    # 1.0 0.75 0.0
        """
      ) { arguments in
        .schedule(
          .linear(
            from: try arguments.hyperparameter(0), to: try arguments.hyperparameter(1),
            steps: try arguments.int(2), begin: try arguments.int(3)))
      },
      Builtin(
        "polynomial_schedule(init_value, end_value, power, transition_steps, transition_begin=0)",
        """
        From one number to another along `(1 - k / transition_steps) ** power`.

            print(polynomial_schedule(1.0, 0.1, power=2, transition_steps=5)(1))    # 0.676
        """
      ) { arguments in
        .schedule(
          .polynomial(
            from: try arguments.hyperparameter(0), to: try arguments.hyperparameter(1),
            power: try arguments.hyperparameter(2), steps: try arguments.int(3),
            begin: try arguments.int(4)))
      },
      Builtin(
        "exponential_decay(init_value, decay_rate, transition_begin=0, transition_steps=1, "
          + "staircase=false, end_value=nil)",
        """
        A number times `decay_rate` for every `transition_steps` steps; with `staircase` in jumps.
        It goes no further than `end_value`.

            let lr = exponential_decay(1.0, 0.5, transition_steps=2, end_value=0.3)
            print(lr(0), lr(2), lr(100))    # 1.0 0.5 0.3
        """
      ) { arguments in
        .schedule(
          .exponential(
            from: try arguments.hyperparameter(0), rate: try arguments.hyperparameter(1),
            begin: try arguments.int(2), steps: try arguments.int(3),
            staircase: try arguments.bool(4),
            end: arguments.has(5) ? try arguments.hyperparameter(5) : nil))
      },
      Builtin(
        "cosine_decay_schedule(init_value, decay_steps, alpha=0.0, exponent=1.0)",
        """
        Half a cosine wave from a number to `alpha` times it.

            let lr = cosine_decay_schedule(1.0, 10)
            print(lr(0), lr(10))             # 1.0 0.0
            print(near(lr(5), 0.5))          # true
        """
      ) { arguments in
        .schedule(
          try .cosine(
            from: arguments.hyperparameter(0), steps: arguments.int(1),
            alpha: arguments.hyperparameter(2),
            exponent: arguments.hyperparameter(3)))
      },
      warmupCosine("warmup_cosine_schedule"),
      warmupCosine("warmup_cosine_decay_schedule"),
      Builtin(
        "piecewise_constant(init_value, boundaries_and_scales)",
        """
        A number that is multiplied by a factor from each boundary on: `((count, factor), …)`, or a record
        as optax has it, `{"10": 0.5}`.

            let lr = piecewise_constant(1.0, ((10, 0.5), (20, 0.1)))
            print(lr(9), lr(10), lr(20))    # 1.0 0.5 0.05
        """
      ) { arguments in
        let given: [Value]
        if case .record(let record) = arguments[1] {
          given = record.pairs.map { .list([Int($0).map(Value.int) ?? .string($0), $1]) }
        } else {
          given = try arguments.list(1)
        }
        let pairs = try given.map { pair in
          guard case .list(let two) = pair, two.count == 2, case .int(let count) = two[0],
            let scale = try two[1].hyperparameter(arguments.interpreter)
          else { throw arguments.mismatch(pair, 1, "a List of (count, factor)") }
          return (count, scale)
        }
        return .schedule(.piecewiseConstant(try arguments.hyperparameter(0), pairs))
      },
      Builtin(
        "join_schedules(schedules, boundaries)",
        """
        One schedule after the other; each counts from the boundary where it begins.

            let lr = join_schedules((constant_schedule(0.1), linear_schedule(1.0, 0.0, 4)), 10)
            print(lr(9), lr(10), lr(11))    # 0.1 1.0 0.75
        """
      ) { arguments in
        let schedules = try arguments.list(0).map { value in
          guard let schedule = value.schedule(arguments.interpreter) else {
            throw arguments.mismatch(value, 0, "a List of schedules")
          }
          return schedule
        }
        return .schedule(try .joined(schedules, at: arguments.ints(1)))
      },
    ])

  /// `warmup_cosine_schedule`, and under Optax's name.
  private static func warmupCosine(_ name: String) -> Builtin {
    Builtin(
      "\(name)(init_value, peak_value, warmup_steps, decay_steps, end_value=0.0, exponent=1.0)",
      """
      A straight line up to a peak, then a cosine down to the end; `decay_steps` counts both.

          let lr = \(name)(0.0, 1.0, 10, 110)
          print(lr(5), lr(10), lr(110))    # 0.5 1.0 0.0
      """
    ) { arguments in
      .schedule(
        try .warmupCosine(
          from: arguments.hyperparameter(0), peak: arguments.hyperparameter(1),
          warmup: arguments.int(2), steps: arguments.int(3),
          end: arguments.hyperparameter(4),
          exponent: arguments.hyperparameter(5)))
    }
  }
}

extension Value {
  fileprivate static func schedule(_ schedule: Schedule) -> Value {
    .host(ScheduleObject(schedule))
  }
}
