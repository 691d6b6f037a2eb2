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
        .schedule(.piecewiseConstant(try arguments.hyperparameter(0), try arguments.boundaries(1)))
      },
      Builtin(
        "piecewise_interpolate_schedule(interpolate_type, init_value, boundaries_and_scales=nil)",
        """
        From `init_value` to that times the first scale at the first boundary, from there to that times the
        second, and so on; in straight lines for `"linear"`, in half waves for `"cosine"`. Boundaries and
        scales are given as to `piecewise_constant`.

            let lr = piecewise_interpolate_schedule("linear", 1.0, ((10, 2.0), (20, 0.5)))
            print(lr(5), lr(10), lr(15), lr(99))    # 1.5 2.0 1.5 1.0
        """
      ) { arguments in
        let word = try arguments.choice(0, Interpolation.allCases.map(\.rawValue))
        return .schedule(
          try .piecewiseInterpolate(
            Interpolation(rawValue: word) ?? .linear, from: arguments.hyperparameter(1),
            arguments.has(2) ? arguments.boundaries(2) : []))
      },
      Builtin(
        "linear_onecycle_schedule(transition_steps, peak_value, pct_start=0.3, pct_final=0.85, "
          + "div_factor=25.0, final_div_factor=10000.0)",
        """
        One cycle: from `peak_value` / `div_factor` up to `peak_value` at the share `pct_start` of the
        steps, down again to `pct_final`, and on to the first value over `final_div_factor`.

            let lr = linear_onecycle_schedule(100, 1.0)
            print(lr(0), lr(30), lr(85))        # 0.04 1.0 0.04
            print(near(lr(100), 4e-6))          # true
        """
      ) { arguments in
        .schedule(
          try .linearOneCycle(
            steps: arguments.int(0), peak: arguments.hyperparameter(1),
            start: arguments.double(2), final: arguments.double(3),
            initialDivisor: arguments.hyperparameter(4),
            finalDivisor: arguments.hyperparameter(5)))
      },
      Builtin(
        "cosine_onecycle_schedule(transition_steps, peak_value, pct_start=0.3, div_factor=25.0, "
          + "final_div_factor=10000.0)",
        """
        One cycle in cosine waves: from `peak_value` / `div_factor` up to `peak_value` at the share
        `pct_start` of the steps, and down to the first value over `final_div_factor`.

            let lr = cosine_onecycle_schedule(100, 1.0)
            print(lr(0), lr(30))                # 0.04 1.0
            print(near(lr(100), 4e-6))          # true
        """
      ) { arguments in
        .schedule(
          try .cosineOneCycle(
            steps: arguments.int(0), peak: arguments.hyperparameter(1),
            start: arguments.double(2), initialDivisor: arguments.hyperparameter(3),
            finalDivisor: arguments.hyperparameter(4)))
      },
      Builtin(
        "sgdr_schedule(cosine_kwargs)",
        """
        Warm restarts: one `warmup_cosine_schedule` after the other, a list of records of its arguments.

            let cycle = {init_value: 0.0, peak_value: 1.0, warmup_steps: 2, decay_steps: 10}
            let lr = sgdr_schedule((cycle, cycle))
            print(lr(2), lr(10), lr(12))    # 1.0 0.0 1.0
        """
      ) { arguments in
        .schedule(try .restarts(arguments.list(0).map { try arguments.cosineCycle($0) }))
      },
      Builtin(
        "warmup_schedule(schedule, warmup_steps, init_value=0.0)",
        """
        A straight line from `init_value` to what another schedule begins with, and then that schedule,
        which counts from there.

            let lr = warmup_schedule(cosine_decay_schedule(1.0, 10), 4)
            print(lr(0), lr(2), lr(4), lr(14))    # 0.0 0.5 1.0 0.0
        """
      ) { arguments in
        guard let schedule = arguments[0].schedule(arguments.interpreter) else {
          throw arguments.mismatch(0, "a schedule")
        }
        return .schedule(
          try .warmup(schedule, steps: arguments.int(1), from: arguments.hyperparameter(2)))
      },
      Builtin(
        "warmup_constant_schedule(init_value, peak_value, warmup_steps)",
        """
        A straight line up to a peak, which stays.

            let lr = warmup_constant_schedule(0.0, 1.0, 4)
            print(lr(0), lr(2), lr(9))    # 0.0 0.5 1.0
        """
      ) { arguments in
        .schedule(
          try .linear(
            from: arguments.hyperparameter(0), to: arguments.hyperparameter(1),
            steps: arguments.int(2)))
      },
      Builtin(
        "warmup_exponential_decay_schedule(init_value, peak_value, warmup_steps, transition_steps, "
          + "decay_rate, transition_begin=0, staircase=false, end_value=nil)",
        """
        A straight line up to a peak, and then `exponential_decay` from there.

            let lr = warmup_exponential_decay_schedule(0.0, 1.0, 2, 1, 0.5)
            print(lr(1), lr(2), lr(4))    # 0.5 1.0 0.25
        """
      ) { arguments in
        let decay = Schedule.exponential(
          from: try arguments.hyperparameter(1), rate: try arguments.hyperparameter(4),
          begin: try arguments.int(5), steps: try arguments.int(3),
          staircase: try arguments.bool(6),
          end: arguments.has(7) ? try arguments.hyperparameter(7) : nil)
        return .schedule(
          try .warmup(decay, steps: arguments.int(2), from: arguments.hyperparameter(0)))
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

extension Arguments {
  /// Counts with factors: a list of pairs, or a record by counts.
  fileprivate func boundaries(_ index: Int) throws -> [(count: Int, scale: Hyperparameter)] {
    let given: [Value]
    if case .record(let record) = self[index] {
      given = record.pairs.map { .list([Int($0).map(Value.int) ?? .string($0), $1]) }
    } else {
      given = try list(index)
    }
    return try given.map { pair in
      guard case .list(let two) = pair, two.count == 2, case .int(let count) = two[0],
        let scale = try two[1].hyperparameter(interpreter)
      else { throw mismatch(pair, index, "a List of (count, factor)") }
      return (count, scale)
    }
  }

  /// One cycle of `sgdr_schedule`, a record of the arguments of `warmup_cosine_schedule`.
  fileprivate func cosineCycle(_ value: Value) throws -> (schedule: Schedule, steps: Int) {
    guard case .record(let record) = value else {
      throw mismatch(value, 0, "a List of Records")
    }
    let signature = Signature(
      parsing: "warmup_cosine_schedule(init_value, peak_value, warmup_steps, decay_steps, "
        + "end_value=0.0, exponent=1.0)")
    _ = try Binding(signature, positional: 0, names: record.keys)
    let values = signature.parameters.indices.map {
      record[signature.parameters[$0].name] ?? signature.literal($0)
    }
    func number(_ index: Int) throws -> Hyperparameter {
      guard let number = try values[index].hyperparameter(interpreter) else {
        throw mismatch(
          values[index], 0, "Records whose \(signature.parameters[index].name) is a number")
      }
      return number
    }
    func count(_ index: Int) throws -> Int {
      guard case .int(let count) = values[index] else {
        throw mismatch(
          values[index], 0, "Records whose \(signature.parameters[index].name) is an Int")
      }
      return count
    }
    let steps = try count(3)
    return (
      try .warmupCosine(
        from: number(0), peak: number(1), warmup: count(2), steps: steps, end: number(4),
        exponent: number(5)), steps
    )
  }
}
