// What objects of a class can do, in one table: dispatch, arity, completion, suggestions, help and
// the reference read it. A class has its table as `class var hostType`, made when first asked for.

/// The members of objects of a class.
public final class HostType: Sendable {
  /// The name in the reference, `Optimizer` in `mos doc Optimizer.step`, and what `type(v)` gives
  /// unless the object says more.
  public let name: String
  /// Built-ins that give such objects, under whose names it is found too.
  public let makers: [String]
  /// What the objects are, in Markdown.
  public let documentation: String
  /// What they can do besides, as objects of a wider type.
  public let base: HostType?
  /// What calling an object does; nil where objects cannot be called.
  public let call: HostMethod?
  /// Its own methods and fields, in order; those of the base are not among them.
  public let methods: [HostMethod]
  public let fields: [HostField]
  /// All names, those of the base first.
  public let memberNames: [String]

  private let methodsByName: [String: HostMethod]
  private let fieldsByName: [String: HostField]

  /// Declares the members of objects of a class.
  public init<Object: HostObject>(
    _: Object.Type, _ name: String, makers: [String] = [], _ documentation: String,
    extending base: HostType? = nil, call: Method<Object>? = nil, methods: [Method<Object>] = [],
    fields: [Field<Object>] = []
  ) {
    self.name = name
    self.makers = makers
    self.documentation = documentation
    self.base = base
    self.call = call?.row ?? base?.call
    self.methods = methods.map(\.row)
    self.fields = fields.map(\.row)
    memberNames =
      (base?.memberNames ?? []) + methods.map(\.row.signature.name) + fields.map(\.row.name)
    methodsByName = (base?.methodsByName ?? [:]).merging(
      methods.map { ($0.row.signature.name, $0.row) }
    ) { $1 }
    fieldsByName = (base?.fieldsByName ?? [:]).merging(
      fields.map { ($0.row.name, $0.row) }
    ) { $1 }
  }

  /// The method of a name; nil where there is none.
  package func method(_ name: String) -> HostMethod? { methodsByName[name] }

  /// The field of a name; nil where there is none.
  package func field(_ name: String) -> HostField? { fieldsByName[name] }
}
