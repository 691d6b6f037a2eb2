// Functions of the language: the compiled code, shared by all its closures, and the closure.
//
// Prototypes live as long as their interpreter: frames refer to their code without counting
// references, so that a call touches no reference count.

import Syntax

/// Where a closure finds a variable of an enclosing function when it is made.
enum CaptureSource {
  /// A register of the function that makes the closure: a value that no one assigns any more, or
  /// the box of a variable that is.
  case register(Int)
  /// A capture of the function that makes the closure.
  case capture(Int)
}

/// The code of one function.
public final class FunctionPrototype {
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
  /// True where every parameter is plain, so that a call with just as many positional arguments
  /// needs no binding.
  let isPlain: Bool
  /// Registers that arguments take, `self` included.
  let argumentCount: Int
  let captureSources: [CaptureSource]
  private(set) var registerCount = 0
  private(set) var code: UnsafeMutablePointer<Instruction>
  private(set) var constants: UnsafeMutablePointer<Value>
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
    isMethod: Bool, captureSources: [CaptureSource]
  ) {
    self.name = name
    self.source = source
    self.span = span
    self.signature = signature
    self.documentation = documentation
    self.isMethod = isMethod
    self.captureSources = captureSources
    isPlain = signature.parameters.allSatisfy { $0.kind == .plain && $0.defaultText == nil }
    argumentCount = signature.parameters.count + (isMethod ? 1 : 0)
    code = .allocate(capacity: 0)
    constants = .allocate(capacity: 0)
  }

  /// Gives the prototype its code, once.
  func finish(
    code newCode: [Instruction], constants newConstants: [Value], spans: [Span], sites: Sites,
    registerCount: Int
  ) {
    release()
    code = .allocate(capacity: newCode.count)
    code.initialize(from: newCode, count: newCode.count)
    codeCount = newCode.count
    constants = .allocate(capacity: max(newConstants.count, 1))
    constants.initialize(from: newConstants, count: newConstants.count)
    constantCount = newConstants.count
    self.spans = spans
    self.sites = sites
    self.registerCount = registerCount
  }

  private func release() {
    code.deinitialize(count: codeCount)
    code.deallocate()
    constants.deinitialize(count: constantCount)
    constants.deallocate()
  }

  deinit { release() }

  /// The place of the instruction at an address inside the code.
  func span(at pc: UnsafePointer<Instruction>) -> Span {
    let index = UnsafePointer(code).distance(to: pc)
    return spans.indices.contains(index) ? spans[index] : span
  }

  /// The code as text, one instruction a line.
  var listing: String {
    (0..<codeCount).map { "\($0)\t\(code[$0].operation) \(code[$0].a) \(code[$0].b) \(code[$0].c)" }
      .joined(separator: "\n")
  }
}

/// A function with the variables it captured.
public final class Closure {
  /// The code.
  public let prototype: FunctionPrototype
  /// Captured values and boxes, as many as the prototype says.
  let captures: UnsafeMutablePointer<Value>
  /// `self` of a method taken as a value.
  let receiver: ModelInstance?

  init(_ prototype: FunctionPrototype, receiver: ModelInstance? = nil) {
    self.prototype = prototype
    self.receiver = receiver
    captures = .allocate(capacity: prototype.captureSources.count)
    captures.initialize(repeating: .nil, count: prototype.captureSources.count)
  }

  /// A method of an instance as a function.
  convenience init(binding method: Closure, to receiver: ModelInstance) {
    self.init(method.prototype, receiver: receiver)
    captures.update(from: method.captures, count: prototype.captureSources.count)
  }

  deinit {
    captures.deinitialize(count: prototype.captureSources.count)
    captures.deallocate()
  }
}
