// Functions of the language: the compiled code, shared by all its closures, and the closure.
//
// Frames refer to their code without counting references, so that a call touches no reference count;
// how long code lives, see `CodeKeeper`.

import Syntax
import Tensors

/// Where a closure finds a variable of an enclosing function when it is made.
enum CaptureSource {
  /// A register of the function that makes the closure: a value that no one assigns any more, or
  /// the box of a variable that is.
  case register(Int)
  /// A capture of the function that makes the closure.
  case capture(Int)
}

/// What a call needs to know of a function: plain memory, read without counting references.
struct CodeHeader {
  var code: UnsafeMutablePointer<Instruction>
  var constants: UnsafeMutablePointer<Value>
  var registerCount: Int
  /// Registers that arguments take, `self` included.
  var argumentCount: Int
  /// The positional arguments with which a call needs no binding: the number of parameters where
  /// all are plain; -1 for methods and for functions with other parameters.
  var plainCount: Int
  /// The same for methods, `self` not counted; -1 for functions.
  var plainMethodCount: Int
  /// True where the code reads its closure, which must then lie before its registers.
  var needsClosure: Bool
  let prototype: Unmanaged<FunctionPrototype>
}

/// The code of one function.
public final class FunctionPrototype {
  /// The number of this code; no other has it, before or after.
  package let number = SerialNumber.next()
  /// The name, or `fn` for a function without one.
  public let name: String
  /// The text it was compiled from.
  public let source: Source
  /// The place of the declaration's name or of the function.
  public let span: Span
  /// The parameters as callers see them; a method's `self` is not among them.
  public let signature: Signature
  /// What `##` lines say about it.
  public let documentation: String?

  /// True for a method, whose register 0 is `self`.
  let isMethod: Bool
  let captureSources: [CaptureSource]
  /// The names of the captured variables.
  package let captureNames: [String]
  /// Who knows it; nil for what stands for code.
  let keeper: CodeKeeper?
  /// What built-ins keep of the function, by type; see `attachment`.
  private var attachments: [ObjectIdentifier: AnyObject] = [:]
  /// The code; its address stays the same while the prototype lives.
  let header: UnsafeMutablePointer<CodeHeader>
  private var codeCount = 0
  private var constantCount = 0
  /// The place of each instruction, looked up when one fails.
  private(set) var spans: [Span] = []
  /// What instructions refer to by index.
  private(set) var sites = Sites()

  /// Things too large for an instruction.
  struct Sites {
    var prototypes: [FunctionPrototype] = []
    var calls: [CallSite] = []
    var builtins: [BuiltinFunction] = []
    var names: [String] = []
    var models: [ModelPrototype] = []
    var places: [PlaceSite] = []
    var annotations: [AnnotationSite] = []
    var formats: [String] = []
    var assertions: [AssertionSite] = []
  }

  init(
    name: String, source: Source, span: Span, signature: Signature, documentation: String?,
    isMethod: Bool, captureSources: [CaptureSource], captureNames: [String] = [],
    keeper: CodeKeeper? = nil
  ) {
    self.name = name
    self.source = source
    self.span = span
    self.signature = signature
    self.documentation = documentation
    self.isMethod = isMethod
    self.captureSources = captureSources
    self.captureNames = captureNames
    self.keeper = keeper
    let isPlain = signature.parameters.allSatisfy { $0.kind == .plain && $0.defaultText == nil }
    header = .allocate(capacity: 1)
    header.initialize(
      to: CodeHeader(
        code: .allocate(capacity: 0), constants: .allocate(capacity: 0), registerCount: 0,
        argumentCount: signature.parameters.count + (isMethod ? 1 : 0),
        plainCount: !isMethod && isPlain ? signature.parameters.count : -1,
        plainMethodCount: isMethod && isPlain ? signature.parameters.count : -1,
        needsClosure: !captureSources.isEmpty, prototype: Unmanaged.passUnretained(self)))
    keeper?.add(self)
  }

  /// Gives the prototype its code, once.
  func finish(
    code newCode: [Instruction], constants newConstants: [Value], spans: [Span], sites: Sites,
    registerCount: Int
  ) {
    release()
    header.pointee.code = .allocate(capacity: newCode.count)
    header.pointee.code.initialize(from: newCode, count: newCode.count)
    codeCount = newCode.count
    header.pointee.constants = .allocate(capacity: max(newConstants.count, 1))
    header.pointee.constants.initialize(from: newConstants, count: newConstants.count)
    constantCount = newConstants.count
    header.pointee.registerCount = registerCount
    header.pointee.needsClosure =
      !captureSources.isEmpty || newCode.contains { $0.operation == .currentFunction }
    self.spans = spans
    self.sites = sites
  }

  private func release() {
    header.pointee.code.deinitialize(count: codeCount)
    header.pointee.code.deallocate()
    header.pointee.constants.deinitialize(count: constantCount)
    header.pointee.constants.deallocate()
  }

  deinit {
    keeper?.remove(self)
    release()
    header.deinitialize(count: 1)
    header.deallocate()
  }

  /// Calls a built-in of the sites on a window of registers.
  @inline(__always)
  func callBuiltin(
    _ index: Int, _ base: UnsafeMutablePointer<Value>, _ count: Int, _ interpreter: Interpreter
  ) throws -> Value {
    let builtin = sites.builtins[index]
    return try builtin.function(
      Arguments(base: base, count: count, interpreter: interpreter, callee: builtin.signature))
  }

  /// The place of the instruction at an address inside the code.
  func span(at pc: UnsafePointer<Instruction>) -> Span {
    let index = UnsafePointer(header.pointee.code).distance(to: pc)
    return spans.indices.contains(index) ? spans[index] : span
  }

  /// True where a place, an address, lies inside the code.
  func contains(_ place: UInt64) -> Bool {
    let start = UInt64(UInt(bitPattern: header.pointee.code))
    return place >= start && place < start + UInt64(codeCount * MemoryLayout<Instruction>.stride)
  }

  /// What a built-in keeps of the function, for as long as its code: one object of a type, made when first
  /// asked for.
  package func attachment<Object: AnyObject>(_ make: () -> Object) -> Object {
    let type = ObjectIdentifier(Object.self)
    if let kept = attachments[type] as? Object { return kept }
    let made = make()
    attachments[type] = made
    return made
  }
}

/// A function with the variables it captured.
public final class Closure {
  /// The code.
  @exclusivity(unchecked) public private(set) var prototype: FunctionPrototype
  let header: UnsafeMutablePointer<CodeHeader>
  /// Captured values and boxes, as many as the prototype says.
  package let captures: UnsafeMutablePointer<Value>
  /// `self` of a method taken as a value.
  package let receiver: ModelInstance?

  init(_ prototype: FunctionPrototype) {
    self.prototype = prototype
    header = prototype.header
    receiver = nil
    captures = .allocate(capacity: prototype.captureSources.count)
    captures.initialize(repeating: .nil, count: prototype.captureSources.count)
    SmallObjects.charge(ownBytes)
  }

  /// A closure's captures are its own; those of a method taken as a value are the type's.
  private var ownBytes: Int {
    64 + (receiver == nil ? prototype.captureSources.count * MemoryLayout<Value>.stride : 0)
  }

  /// A method of an instance as a function; the instance's type keeps the captures.
  init(binding method: Closure, to instance: ModelInstance) {
    prototype = method.prototype
    header = method.header
    captures = method.captures
    receiver = instance
    SmallObjects.charge(ownBytes)
  }

  deinit {
    SmallObjects.refund(ownBytes)
    // Nothing but this closure holds code that a text has ended with; a function in another is held by that.
    if isKnownUniquelyReferenced(&prototype) { prototype.keeper?.retire(prototype) }
    guard receiver == nil else { return }
    Release.end(captures, prototype.captureSources.count)
    captures.deallocate()
  }
}
