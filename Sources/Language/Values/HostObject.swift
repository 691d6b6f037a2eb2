// Values that built-ins add to the language without the machine knowing them: optimizers,
// transforms, schedules, solvers, distributions, snapshots, keys, contexts of `with`.
//
// What programs call and read stands in the table of the class, `hostType`. What the language does
// with objects is overridden; every default says, as a Mos error, that the value cannot do it.

import Autodiff
import Tensors

/// An opaque value with fields, methods and perhaps a call.
open class HostObject {
  /// The number of the last traced value from before the object was made.
  package let birth = Context.current.sequence
  /// The interpreter that made it; nil where none was running.
  let home = runningInterpreter

  /// The members of this object, where they are not those of its class: an object of a program that Mos is
  /// embedded in.
  package final var ownMembers: HostType?
  /// What programs can ask of it.
  package final var members: HostType { ownMembers ?? Self.hostType }

  /// What an object with a few fields takes; the values and tensors in it are counted apart.
  private static let ownBytes = 256

  /// Nothing is needed to make one.
  public init() { SmallObjects.charge(HostObject.ownBytes) }

  deinit { SmallObjects.refund(HostObject.ownBytes) }

  /// The methods and fields of objects of the class, and what calling one does.
  ///
  ///     override class var hostType: HostType { members }
  ///     private static let members = HostType(Counter.self, "Counter", "…", methods: […])
  open class var hostType: HostType { plain }
  private static let plain = HostType(HostObject.self, "Object", "A value of the host program.")

  /// Whether it may hold functions or models of the interpreter that made it, and so belongs to that.
  open var mayHoldCode: Bool { true }

  /// What `type(v)` gives: `Optimizer`, `Transform`.
  open var typeName: String { members.name }

  /// The one-line text that `print` shows.
  open var summary: String { "<\(typeName)>" }

  /// The text in colours that a terminal with colours shows instead, as it is; nil where there is none.
  open var drawing: String? { nil }

  /// The picture that a notebook shows instead, as SVG; nil where there is none.
  ///
  /// - Throws: where the run is to end.
  open func svg() throws -> String? { nil }

  /// The longer text of `repr`; the summary unless there is more to say.
  open var detail: String { summary }

  /// Fields that this object has and its class does not know.
  open var ownFields: Record { Record() }

  /// The value of one of those fields.
  open func ownField(_ name: String) throws -> Value? { ownFields[name] }

  /// Sets a field of the object, `object.name = value`; false where that cannot be set.
  open func setField(_ name: String, _ value: Value, _ interpreter: Interpreter) throws -> Bool {
    false
  }

  /// The element of `for v in object` at an index from 0 on; nil after the last.
  ///
  /// - Throws: a type error where the object cannot be walked.
  open func element(at index: Int, _ interpreter: Interpreter) throws -> Value? {
    throw RuntimeError(
      .type, "a value of type \(typeName) cannot be walked over",
      hint: "`for` takes ranges, lists, records and tensors")
  }

  /// `object[key]`; nil where objects of the type have no index.
  open func item(_ keys: [Value], _ interpreter: Interpreter) throws -> Value? { nil }

  /// `len(object)`; nil where it has none.
  open var count: Int? { nil }

  /// What its methods do where they may change something, to stand behind "since it".
  open var deed: String { "changes \(typeName.withArticle) from outside it" }

  /// Whether a method may change something that was there when a rehearsal began; see `Rehearsal`.
  open func changes(since start: Int) -> Bool { true }

  /// `a == b`; identity unless there is a better notion.
  open func isEqual(_ other: HostObject) -> Bool { self === other }

  /// True where `with object { … }` works.
  open var isContext: Bool { false }

  /// The beginning of `with object { … }`.
  open func enter(_ interpreter: Interpreter) throws {}

  /// Its end, on every way out.
  open func exit(_ interpreter: Interpreter) {}

  /// The state that `extract` keeps, as a tree of values; nil where the object has none.
  open var stateTree: Value? { nil }

  /// The object whose state this one shows a part of; itself for all others.
  open var stateOwner: HostObject { self }

  /// The state, which whoever watches is told of.
  final var watchedState: Value? {
    Context.current.freeVariableWatcher?.willUse(stateOwner)
    return stateTree
  }

  /// The state as it is at the beginning, for one that is to be put back: a state that differs in structure
  /// from the one of now may yet fit this one.
  open func freshStateTree(for state: Value) -> Value? { stateTree.map(structure) }

  /// The part of a state that must have the structure of the one that is there.
  open func structure(of state: Value) -> Value { state }

  /// Why a state cannot be put back, as `has …`; nil where it can.
  open func misfit(of state: Value) -> String? { nil }

  /// Puts a state back that `stateTree` gave and that has no `misfit`.
  open func restore(_ state: Value) throws {}

  /// The values with identity that it leads to.
  open var reached: [Value] { [] }

  /// What makes the object what it is now, for whoever goes back to this moment; nil for one that never
  /// changes. Other than `stateTree` it is of everything, by reference.
  open func restorer() -> (() -> Void)? { nil }
}

/// `f32`, `f64`, `i64` as values, and the dtype that `x.dtype` gives.
public final class DTypeObject: HostObject {
  public override class var hostType: HostType { members }
  private static let members = HostType(
    DTypeObject.self, "DType",
    """
    The type of a tensor's elements: `f64`, `f32`, `i64` or `bool`, as `x.dtype` gives it.

        print(zeros(2).dtype, zeros(2).dtype == f64)    # f64 true
    """)

  /// The dtype itself.
  public let dtype: DType
  /// The value of a dtype.
  public init(_ dtype: DType) { self.dtype = dtype }
  public override var mayHoldCode: Bool { false }
  public override var summary: String { dtype.name }
  public override func isEqual(_ other: HostObject) -> Bool {
    (other as? DTypeObject)?.dtype == dtype
  }
}

extension HostObject {
  /// The names that `object.` can be followed by.
  final var memberNames: [String] { members.memberNames + ownFields.keys }

  /// The value of a field; nil where there is no such field.
  package final func field(_ name: String) throws -> Value? {
    if let field = members.field(name) { return try field.read(self) }
    return try ownField(name)
  }
}
