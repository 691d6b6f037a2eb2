// Programs that give a value of a kind, for tests that walk over tables.

public enum Samples {
  /// A program that gives an object, for each type of objects.
  public static let objects = [
    "Error": "try { throw {step: 3} } catch e { e }", "DType": "f64",
    "Structure": "tree_flatten((1.0,))[1]",
    "Key": "random_key(0)", "Seed": "seed(0)", "Distribution": "Rademacher()",
    "Normal": "Normal()", "Uniform": "Uniform()", "Solver": "cg()",
    "Optimizer": "SGD(param(1.0), 0.1)", "OptimizerGroup": "SGD(param(1.0), 0.1).groups[0]",
    "FuncOptimizer": "FuncOptimizer(sgd(0.1))",
    "LoopGradient": "truncate(2)", "OptimizerStep": "optimizer_step(sgd(0.1), w => w ** 2)",
    "LoopInfo": "inner_loop(w => w, steps=1, with_info=true)(0.0)[1]",
    "CrossCheck": "crosscheck(p => inner_loop((w, p) => w + p, steps=1)(0.0, p), 1.0)",
    "Transform": "sgd(0.1)", "zero_order": "zero_order(x => x)", "GradApproximator": "FDM()",
    "Schedule": "constant_schedule(0.1)", "Snapshot": "extract_state(param(1.0))",
    "Context": "dtype(f32)", "no_grad": "no_grad", "anomaly_detection": "anomaly_detection",
    "Timer": "timer()", "Graph": "graph(param(1.0) * 2.0)", "Plot": "plot([1.0, 2.0])",
    "Picture": "image([[0.0, 1.0]])", "Communicator": "communicator()",
    "LUFactors": "lu_factor([[2.0, 1.0], [1.0, 3.0]])",
    "CholeskyFactor": "cho_factor([[2.0, 1.0], [1.0, 3.0]])",
    "Explanation": "explain(x => x, [1.0])", "Profile": "profile(() => 1)",
    "Progress": "progress(0..3)", "Summary": "summary((1.0,))",
  ]
}
