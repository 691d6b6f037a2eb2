// Every place that names one thing, in all programs.
//
// `from "tasks.mos" import f` names in one word two variables, `f` of the module and `f` here: what such imports tie
// together is one thing under one name, in however many programs. `import f as g` makes `g` a thing of its own.

import Language
import Library
import Syntax

/// The variables that are one thing, and the places that name it.
struct Occurrences {
  let name: String
  private(set) var variables: Set<Meaning.Variable> = []
  /// The places in each program, in the order of the text.
  private(set) var places: [Program.Identity: [Span]] = [:]
  /// Those of them that declare it.
  private(set) var declared: [Program.Identity: Set<Span>] = [:]

  /// The programs, and what of them is looked at, where the thing may be named.
  init(of variable: Meaning.Variable, in programs: Programs, _ workspace: () -> [Program.Identity])
  {
    guard let program = programs[variable.program] else {
      name = ""
      return
    }
    let own = program.names.variables[variable.number]
    name = own.name
    variables = [variable]
    var others = [program]
    if own.isGlobal || program.imports[variable.number] != nil {
      others += programs.programs(of: workspace(), holding: name)
    }
    tie(&others, programs)
    for program in others where places[program.identity] == nil { note(in: program, programs) }
  }

  /// Finds all variables that imports tie to the first one, and the programs that these are of.
  private mutating func tie(_ others: inout [Program], _ programs: Programs) {
    var ties: [Meaning.Variable: [Meaning.Variable]] = [:]
    var known = Set(others.map(\.identity))
    var next = 0
    while next < others.count {
      let program = others[next]
      next += 1
      for (number, imports) in program.imports {
        let here = Meaning.Variable(program: program.identity, number: number)
        for one in imports where one.keepsName && one.alias.name == name {
          guard case .variable(let there) = programs.meaning(of: one, in: program) else { continue }
          ties[here, default: []].append(there)
          ties[there, default: []].append(here)
          if known.insert(there.program).inserted, let source = programs[there.program] {
            others.append(source)
          }
        }
      }
    }
    var waiting = Array(variables)
    while let variable = waiting.popLast() {
      waiting += (ties[variable] ?? []).filter { variables.insert($0).inserted }
    }
  }

  private mutating func note(in program: Program, _ programs: Programs) {
    var found: Set<Span> = []
    var declared: Set<Span> = []
    for variable in variables where variable.program == program.identity {
      let own = program.names.variables[variable.number]
      found.formUnion(own.places)
      let imported = Set((program.imports[variable.number] ?? []).map(\.alias.span))
      declared.formUnion(own.declared.filter { !imported.contains($0) })
    }
    for one in program.names.imports {
      guard let there = one.name, there.name == name,
        case .variable(let variable) = programs.meaning(of: one, in: program),
        variables.contains(variable)
      else { continue }
      found.insert(there.span)
    }
    for path in program.names.paths where path.members.contains(where: { $0.name == name }) {
      for (member, variable) in programs.follow(path, in: program).members
      where variables.contains(variable) {
        found.insert(member.span)
      }
    }
    places[program.identity] = found.sorted { $0.start < $1.start }
    self.declared[program.identity] = declared
  }
}

extension Occurrences {
  /// The programs that name the thing.
  var touched: [Program.Identity] { places.filter { !$0.value.isEmpty }.keys.sorted() }
}

extension Programs {
  /// Where a program uses a module as a value: other than for the names behind it. It may be asked for any name then,
  /// anywhere.
  func escapes(in program: Program) -> [(place: Span, module: Program.Identity)] {
    var escapes: [(place: Span, module: Program.Identity)] = []
    let bases = Set(program.names.paths.map(\.base))
    for (number, imports) in program.imports {
      let modules = modules(
        heldBy: Meaning.Variable(program: program.identity, number: number))
      guard !modules.isEmpty else { continue }
      let own = program.names.variables[number]
      let isOne = modules.count == 1 && own.declared.count == imports.count
      let uses = own.places.filter { !own.declared.contains($0) && !bases.contains($0.start) }
      for place in isOne ? uses : own.declared { escapes += modules.map { (place, $0) } }
    }
    for path in program.names.paths {
      let (members, module) = follow(path, in: program)
      guard let module, let last = members.last, members.count == path.members.count else {
        continue
      }
      escapes.append((last.name.span, module))
    }
    return escapes
  }

  /// A module and all that it hands on.
  func reachable(from module: Program.Identity) -> Set<Program.Identity> {
    var reached: Set = [module]
    var waiting = [module]
    while let program = waiting.popLast().flatMap({ self[$0] }) {
      for number in program.imports.keys where program.names.variables[number].isGlobal {
        let variable = Meaning.Variable(program: program.identity, number: number)
        waiting += modules(heldBy: variable).filter { reached.insert($0).inserted }
      }
    }
    return reached
  }

  /// The programs that hold a word and may meet what a program makes: those that import it, through however many, and all
  /// that these import.
  func connected(
    with identity: Program.Identity, _ all: [Program.Identity], holding word: String
  ) -> [Program] {
    var imported: [Program.Identity: Set<Program.Identity>] = [:]
    var importers: [Program.Identity: Set<Program.Identity>] = [:]
    for program in programs(of: all, holding: "import") {
      for one in program.names.imports {
        guard let module = module(one, in: program)?.identity else { continue }
        imported[program.identity, default: []].insert(module)
        importers[module, default: []].insert(program.identity)
      }
    }
    func reached(
      _ start: Set<Program.Identity>, by edges: [Program.Identity: Set<Program.Identity>]
    )
      -> Set<Program.Identity>
    {
      var reached = start
      var waiting = Array(start)
      while let next = waiting.popLast() {
        waiting += (edges[next] ?? []).filter { reached.insert($0).inserted }
      }
      return reached
    }
    let meeting = reached(reached([identity], by: importers), by: imported)
    return meeting.sorted().compactMap { self[$0] }.filter { $0.document.text.holds(word) }
  }
}
