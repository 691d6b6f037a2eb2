// The instructions of the register machine: eight bytes, an operation and up to three operands.
//
// `R` is a register of the frame, `K` a constant, `S` an entry of the prototype's sites. A jump's
// offset counts from the next instruction: 32 bits in `b` and `c`, or 16 in `c` where a
// comparison and a jump are one.

import Syntax

/// What an instruction does.
enum Operation: UInt8 {
  /// R[a] = R[b], copied; taken, leaving nil
  case move, take
  /// R[a] = K[b]
  case constant
  /// R[a] = nil, absent, an Int that fits 32 bits, a Bool
  case setNil, setAbsent, setInt, setBool
  /// R[a] = global b; global b = R[a]
  case getGlobal, setGlobal
  /// R[a] = capture b; the same through a box; box of capture b = R[a]
  case getCapture, getCaptureBox, setCaptureBox
  /// R[a] = a new box with R[b]; R[a] = what the box R[b] holds; box R[a] takes R[b]
  case newBox, getBox, setBox
  /// R[a] = the function that runs
  case currentFunction
  /// R[a] = R[b].name c
  case getField
  /// R[a] = slot c of self R[b]; slot c of self R[a] = R[b]; slot c becomes a declared field
  case getSlot, setSlot, initializeSlot
  /// R[a] = method S.names[c] of R[b]
  case bindMethod
  /// R[a] = R[b][R[c]]; R[a] = what S.places[b] says, one step from a register
  case getIndex, getIndexParts
  /// The place S.places[b] = R[a]; R[a] = the place; pushes R[a] to the place, R[a] = result
  case setPlace, getPlace, pushPlace
  /// Calls method S.calls[b] of what is at the place S.places[c], R[a + 1] being its register: in place where it
  /// changes a list or record
  case changePlace

  /// R[a] = R[b] op R[c]
  case add, subtract, multiply, divide, floorDivide, remainder, power, matmul, bitAnd, bitOr
  /// R[a] = R[b] op K[c], a number
  case addConstant, subtractConstant, multiplyConstant, divideConstant
  /// R[a] = R[b] + the small Int c
  case addSmall
  /// R[a] = R[b] op R[c], the comparison in the flags
  case compare
  case negate, plus, complement, not

  case jump
  /// Jumps where R[a] is false; true; present
  case jumpIfFalse, jumpIfTrue, jumpIfPresent
  /// Compares R[a] with R[b] and jumps by c where the result is `Flags.expected`
  case jumpLess, jumpLessEqual, jumpEqual
  /// The same with the small Int b
  case jumpLessSmall, jumpLessEqualSmall, jumpGreaterSmall, jumpGreaterEqualSmall, jumpEqualSmall
  /// The same with the number K[b]
  case jumpLessConstant, jumpLessEqualConstant, jumpGreaterConstant, jumpGreaterEqualConstant
  case jumpEqualConstant

  /// R[a] = range from R[b] to R[b + 1] by R[b + 2], flagged where it is closed
  case makeRange
  /// Checks R[a] ..< R[a + 1] by R[a + 2], made so where it is flagged as closed; jumps where it is empty
  case beginRange
  /// R[a] += R[a + 2]; R[a + 3] = R[a] and jumps back while below R[a + 1]
  case nextInRange
  /// Readies R[a] to be walked, R[a + 1] = 0; R[a + 2] = next element or jumps
  case beginWalk, nextInWalk

  /// R[a] = list of c registers from R[b]; appends R[b] to the list R[a]; all of R[b]
  case makeList, appendToList, extendList
  /// R[a] = an empty record; R[a].name c = R[b]; all of R[b]
  case makeRecord, setRecordKey, extendRecord
  /// R[a] = tensor of c registers from R[b]; of the list R[b]
  case makeTensor, tensorFromList
  /// R[a] = text of R[b] by the format S.formats[c]; R[a] = c texts from R[b] joined
  case format, joinTexts

  /// Calls R[a] with b arguments from R[a + 1]; result in R[a]
  case call
  /// The same, the function being global b, c arguments
  case callGlobal
  /// The same with the arguments that S.calls[b] describes
  case callWith
  /// R[a] = builtin S.builtins[b] of c arguments from R[a + 1]
  case callBuiltin
  /// Calls method or function S.calls[b] of R[a + 1]; R[a] may hold a fallback
  case callMethod
  /// Calls in place of returning
  case tailCall
  /// Gives R[a] back; gives nil back
  case giveBack, giveBackNil

  /// R[a] = closure of S.prototypes[b]
  case makeClosure
  /// R[a] = model of S.models[b]; closures of its functions from R[a + 1]
  case makeModel
  /// Takes the list R[a] apart into b registers from R[a + 1], flagged rest; the record by S.names from b, c of them
  case unpackList, unpackRecord
  /// Errors go to R[a] after the jump, flagged where they go on from there; the end of that
  case pushHandler, popHandler
  /// Enters the context R[a]; leaves the innermost
  case enterContext, exitContext
  case throwValue
  /// Fails with the message R[a], S.assertions[b]
  case failAssertion
  /// R[a] = module S.names[b], a file where c is 1; R[a] = name S.names[c] of module R[b]
  case importModule, importName
  /// R[a] = snapshot of b targets from R[a + 1]; S.names[c] is the manner; recovers b targets from R[a + 1]
  case extract, recover
  /// Checks the arguments against S.annotations[b]; R[a] against the result's
  case checkArguments, checkResult
  /// Registers the test S.names[b] with body R[a]
  case addTest
}

/// What is known of an operation beside what it does.
extension Operation {
  /// Where an operation that may jump has its offset: in `b` and `c`, or in `c` alone.
  enum Offset { case wide, small }

  struct Row {
    var offset: Offset?
    /// What the inner loop takes it for at first.
    var frequent = FrequentOperation.other
  }

  var row: Row {
    switch self {
    case .move: Row(frequent: .move)
    case .add: Row(frequent: .add)
    case .subtract: Row(frequent: .subtract)
    case .multiply: Row(frequent: .multiply)
    case .divide: Row(frequent: .divide)
    case .multiplyConstant: Row(frequent: .multiplyConstant)
    case .addSmall: Row(frequent: .addSmall)
    case .jump: Row(offset: .wide, frequent: .jump)
    case .jumpIfFalse, .jumpIfTrue, .jumpIfPresent: Row(offset: .wide)
    case .jumpLess: Row(offset: .small, frequent: .jumpLess)
    case .jumpLessEqual, .jumpEqual: Row(offset: .small)
    case .jumpLessSmall: Row(offset: .small, frequent: .jumpLessSmall)
    case .jumpLessEqualSmall, .jumpGreaterSmall, .jumpGreaterEqualSmall, .jumpEqualSmall:
      Row(offset: .small)
    case .jumpLessEqualConstant: Row(offset: .small, frequent: .jumpLessEqualConstant)
    case .jumpLessConstant, .jumpGreaterConstant, .jumpGreaterEqualConstant, .jumpEqualConstant:
      Row(offset: .small)
    case .nextInRange: Row(offset: .wide, frequent: .nextInRange)
    case .beginRange, .nextInWalk, .pushHandler: Row(offset: .wide)
    case .call: Row(frequent: .call)
    case .callGlobal: Row(frequent: .callGlobal)
    case .giveBack: Row(frequent: .giveBack)
    default: Row()
    }
  }
}

/// The operations that the inner loop looks for first: the most frequent ones, and no more than
/// fit four bits.
enum FrequentOperation: UInt8 {
  case move, add, subtract, multiply, divide, multiplyConstant, addSmall
  case jump, jumpLess, jumpLessSmall, jumpLessEqualConstant, nextInRange
  case call, callGlobal, giveBack
  case other
}

/// One instruction: the operation in the lowest byte, four flags, the frequent operation, and the
/// operands a, b and c.
///
/// It is one number, because the loop then reads it with one load and takes it apart in registers.
struct Instruction {
  private var word: UInt64

  init(_ operation: Operation, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, flags: UInt8 = 0) {
    word =
      UInt64(operation.rawValue) | UInt64(flags & 15) << 8
      | UInt64(operation.row.frequent.rawValue) << 12
      | UInt64(UInt16(truncatingIfNeeded: a)) << 16
      | UInt64(UInt16(truncatingIfNeeded: b)) << 32
      | UInt64(UInt16(truncatingIfNeeded: c)) << 48
  }

  /// The lowest byte has come from an operation, so it is one; and so on.
  @inline(__always) var operation: Operation {
    unsafeBitCast(UInt8(truncatingIfNeeded: word), to: Operation.self)
  }
  @inline(__always) var frequentOperation: FrequentOperation {
    unsafeBitCast(UInt8(truncatingIfNeeded: word >> 12) & 15, to: FrequentOperation.self)
  }
  @inline(__always) var flags: UInt8 { UInt8(truncatingIfNeeded: word >> 8) & 15 }
  @inline(__always) var a: UInt16 { UInt16(truncatingIfNeeded: word >> 16) }
  @inline(__always) var b: UInt16 { UInt16(truncatingIfNeeded: word >> 32) }
  @inline(__always) var c: UInt16 { UInt16(truncatingIfNeeded: word >> 48) }
  /// The 32 bits of `b` and `c`.
  @inline(__always) var wide: Int {
    get { Int(Int64(bitPattern: word) >> 32) }
    set { word = word & 0xffff_ffff | UInt64(truncatingIfNeeded: newValue) << 32 }
  }
  /// `b` as a signed number.
  @inline(__always) var smallB: Int { Int(Int16(bitPattern: b)) }
  /// `c` as a signed number.
  @inline(__always) var smallC: Int {
    get { Int(Int64(bitPattern: word) >> 48) }
    set { word = word & 0xffff_ffff_ffff | UInt64(truncatingIfNeeded: newValue) << 48 }
  }
  /// The result with which a comparison jumps.
  @inline(__always) var isExpected: Bool { flags & Flags.expected != 0 }
  /// Whether a range is closed.
  @inline(__always) var isClosed: Bool { flags & Flags.closed != 0 }
  /// Whether a variable may have no value.
  @inline(__always) var mayBeAbsent: Bool { flags & Flags.mayBeAbsent != 0 }
}

/// Bits of `Instruction.flags`, four of which there are.
enum Flags {
  /// Operand b, operand c is a temporary that nothing reads again.
  static let temporaryB: UInt8 = 1
  static let temporaryC: UInt8 = 2
  /// The operands stand in the other order in the program.
  static let swapped: UInt8 = 4
  /// The result of a comparison that jumps; a pattern with a rest.
  static let expected: UInt8 = 8
  /// A range that has its stop as an element.
  static let closed = expected
  /// A handler that catches nothing: the error goes on when its block has run.
  static let cleansUp = expected
  /// A variable without a value is read as `absent`, for what then looks elsewhere.
  static let mayBeAbsent = expected
  /// The operation of `x += v`: of arithmetic, which expects nothing, and of `addSmall`, which has no
  /// temporary c.
  static let updates = expected
  static let updatesSmall = temporaryC
}

// MARK: - Sites

/// The arguments of a call that is more than positional, or of a method call.
final class CallSite {
  enum Kind {
    case positional
    case named(String)
    case spreadList
    case spreadRecord
  }
  /// The method's name; empty for a call of a value.
  let name: String
  /// How each argument stands in the program; for a method the receiver is not among them.
  let kinds: [Kind]
  /// True where every argument is positional.
  let isPlain: Bool
  /// The function of that name that is called where the receiver has no such method.
  let builtin: BuiltinFunction?
  /// True where R[a] holds a variable's value of that name, which goes before the built-in.
  let hasVariable: Bool
  /// The methods of lists and of records of that name.
  let listMethod: ValueMethod?
  let recordMethod: ValueMethod?
  /// True where tensors have a field of that name.
  let isField: Bool
  /// True where no argument is spread: how many there are, and their names, is known.
  let isUnspread: Bool
  /// The method that the last receiver had, and the receiver's type: most sites see one type.
  var found: (type: ModelType, method: Closure)?
  /// The method that the last receiver had, and the receiver's class, where that was a host object.
  private var foundOnHost: (type: HostObject.Type, own: HostType?, method: HostMethod)?
  /// The parameters that the arguments went to, for the last callee.
  var plan: CallPlan?

  init(name: String = "", kinds: [Kind], builtin: BuiltinFunction? = nil, hasVariable: Bool = false)
  {
    self.name = name
    self.kinds = kinds
    self.builtin = builtin
    self.hasVariable = hasVariable
    isField = ValueMembers.tensor[name] != nil
    listMethod = ValueMembers.list.method(name)
    recordMethod = ValueMembers.record.method(name)
    isPlain = kinds.allSatisfy { if case .positional = $0 { true } else { false } }
    isUnspread = kinds.allSatisfy {
      switch $0 {
      case .positional, .named: true
      case .spreadList, .spreadRecord: false
      }
    }
  }

  /// The method of the site's name that an object has; the name is looked up where the class is not
  /// that of the last receiver.
  func method(of host: HostObject) -> HostMethod? {
    let type = Swift.type(of: host)
    if let found = foundOnHost, found.type == type, found.own === host.ownMembers {
      return found.method
    }
    guard let method = host.members.method(name) else { return nil }
    foundOnHost = (type, host.ownMembers, method)
    return method
  }
}

/// Where a value is put: a root and a way from it.
final class PlaceSite {
  enum Root {
    case register(Int)
    case global(Int)
    case captureBox(Int)
    case box(Int)
    /// A slot of the instance in a register.
    case slot(register: Int, slot: Int)
  }
  enum Step {
    case field(String)
    /// `[parts]`, each with how many registers it takes.
    case index([IndexKind])
  }
  enum IndexKind {
    case item
    /// `start:stop:step`: three registers, `nil` where a part is missing.
    case slice
    case ellipsis
  }
  let root: Root
  let steps: [Step]
  /// The first of the registers that hold the keys, in the order of the steps.
  let keys: Int

  init(root: Root, steps: [Step], keys: Int) {
    self.root = root
    self.steps = steps
    self.keys = keys
  }
}

/// The annotations of a function, in the order of its parameters, and of its result.
struct AnnotationSite {
  var parameters: [(name: String, register: Int, annotation: Annotation)]
  var result: Annotation?
}

/// What `assert` says when it fails.
struct AssertionSite {
  /// The condition as it is written.
  var text: String
  /// Operands whose values are shown, in registers from R[a + 1].
  var operands: [String]
}
