// What lists and records can do, one row each: the text of a signature, documentation, a function of the
// list or record and its arguments.
//
// A method that changes its list or record works on the place where that is, as an assignment does: a
// variable, a field, an element. So it needs one, and other holders of the old value see no change.

import Syntax
import Tensors

/// A method of lists or of records.
package final class ValueMethod: Sendable {
  /// The parameters, read from the row once.
  package let signature: Signature
  /// In Markdown.
  package let documentation: String
  /// Whether it changes what it is called on.
  let changes: Bool
  let body: @Sendable (inout Value, Arguments) throws -> Value

  fileprivate init(
    _ signature: String, _ documentation: String, changes: Bool = false,
    _ body: @escaping @Sendable (inout Value, Arguments) throws -> Value
  ) {
    self.signature = Signature(parsing: signature)
    self.documentation = documentation
    self.changes = changes
    self.body = body
  }

  /// The method of one value, as a function; one that changes its value has none.
  func bound(to value: Value) throws -> Value {
    guard !changes else {
      throw RuntimeError(
        .type, "`\(signature.name)` changes \(value.shortDescription) where it is, and is no value",
        hint: "call it there: xs.\(signature)")
    }
    return .builtin(
      BuiltinFunction(signature, documentation) { [self] arguments in
        var value = value
        return try body(&value, arguments)
      })
  }

  /// The error for a change of what stands in no variable.
  func needsPlace(_ value: Value) -> RuntimeError {
    RuntimeError(
      .type,
      "`\(signature.name)` needs a variable to change, and \(value.shortDescription) is in none",
      hint: "give it a name with `let` first, and call name.\(signature)")
  }

  /// A row of lists.
  fileprivate static func list(
    _ signature: String, _ documentation: String,
    _ body: @escaping @Sendable (inout List, Arguments) throws -> Value
  ) -> ValueMethod {
    ValueMethod(signature, documentation, changes: true) { value, arguments in
      try value.changeElements {
        try $0.requireRoom(for: 1)
        return try body(&$0, arguments)
      } ?? .nil
    }
  }
}

extension ValueMembers {
  static let list = ValueMembers(
    type: "List",
    documentation: """
      Values of any kinds in order, `(1, "a")`. Lists are values: assigning one never aliases it. The methods
      that change one work on the variable, field or element that holds it.

          let xs = (3, 1)
          let ys = xs
          xs.push(2)
          print(xs, ys)    # (3, 1, 2) (3, 1)
      """,
    rows: [],
    methods: [
      .list("push(value)", "Puts a value behind the last. Gives `nil`.") { list, arguments in
        list.append(arguments[0])
        return .nil
      },
      .list(
        "pop(index=-1)",
        """
        Takes an element out, the last one where no index is given, and gives it.

            let xs = (1, 2, 3)
            print(xs.pop(), xs.pop(0), xs)    # 3 1 (2,)
        """
      ) { list, arguments in
        guard !list.isEmpty else {
          throw RuntimeError(
            .index, "pop of an empty List", hint: "look first: if len(xs) > 0 { … }")
        }
        return list.remove(at: try Value.position(arguments.int(0), list.count))
      },
      .list(
        "insert(index, value)",
        """
        Puts a value before the element of an index; the length stands for the end. Gives `nil`.

            let xs = ("a", "c")
            xs.insert(1, "b")
            print(xs)    # ("a", "b", "c")
        """
      ) { list, arguments in
        let index = try arguments.int(0)
        let place = index == list.count ? index : try Value.position(index, list.count)
        list.insert(arguments[1], at: place)
        return .nil
      },
      .list(
        "remove(value)",
        """
        Takes the first element out that equals a value. Gives `nil`; a value that is not there is an error.

            let xs = ("a", "b", "a")
            xs.remove("a")
            print(xs)    # ("b", "a")
        """
      ) { list, arguments in
        list.remove(at: try place(of: arguments[0], in: list))
        return .nil
      },
      ValueMethod(
        "index(value)",
        """
        The index of the first element that equals a value; one that is not there is an error, where `find`
        gives `nil`.

            print(("a", "b").index("b"))    # 1
        """
      ) { value, arguments in
        guard case .list(let list) = value else { return .nil }
        return .int(try place(of: arguments[0], in: list))
      },
      ValueMethod(
        "count(value)",
        """
        How many elements equal a value.

            print((1, 2, 1).count(1))    # 2
        """
      ) { value, arguments in
        guard case .list(let list) = value else { return .nil }
        var count = 0
        try Safepoint.pieces(of: 0..<list.count, each: 1 << 14) { piece in
          for place in piece where try Value.equal(list[place], arguments[0]) { count += 1 }
        }
        return .int(count)
      },
    ])

  static let record = ValueMembers(
    type: "Record",
    documentation: """
      Values by name, `{w: 1.0, b: 0.0}`, in the order in which they were given. Records are values, as lists
      are. A field of a record that can be called goes before a method of its name.

          let r = {w: 1.0, b: 0.0}
          r.b = 2.0
          print(r.w, r["b"], "c" in r)    # 1.0 2.0 false
      """,
    rows: [],
    methods: [
      ValueMethod(
        "get(key, default=nil)",
        """
        The value of a key, or the default where the record does not have it.

            let r = {lr: 0.1}
            print(r.get("lr"), r.get("beta", 0.9))    # 0.1 0.9
        """
      ) { value, arguments in
        guard case .record(let record) = value else { return .nil }
        if let found = record[try arguments.string(0)] { return found }
        return arguments.isGiven(1) ? arguments[1] : .nil
      },
      ValueMethod(
        "delete(key)",
        """
        Takes a key out of the record, and gives the value that it had; one that is not there is an error.

            let r = {a: 1, b: 2}
            print(r.delete("a"), r)    # 1 {b: 2}
        """, changes: true
      ) { value, arguments in
        let key = try arguments.string(0)
        return try value.changeFields { fields in
          guard let found = fields[key] else { throw fields.missing(key) }
          fields[key] = nil
          return found
        } ?? .nil
      },
    ])

  /// The names of the methods that change what they are called on.
  package static let changing = Set(
    (list.methods + record.methods).filter(\.changes).map(\.signature.name))

  /// The method of a name.
  func method(_ name: String) -> ValueMethod? { methods.first { $0.signature.name == name } }

  /// - Throws: a value error where no element equals the value.
  private static func place(of value: Value, in list: List) throws -> Int {
    var found: Int?
    try Safepoint.pieces(of: 0..<list.count, each: 1 << 14) { piece in
      if found == nil { found = try piece.first { try Value.equal(list[$0], value) } }
    }
    if let found { return found }
    throw RuntimeError(
      .value, "\(Value.list(list).shortDescription) does not hold \(value.shortDescription)",
      hint: "xs.find(v) gives nil for what is not there, and `v in xs` says whether it is")
  }
}
