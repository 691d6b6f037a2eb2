// What variables were computed from.

/// Whether any of the variables was computed from something that a derivative follows and that was made before
/// a moment. Constants that a function's tape has lifted are made later, and depend on nothing.
///
/// - Parameter start: what `Context.markMoment` gave.
package func dependsOnWhatWasMade(before start: Int, _ variables: [Variable]) -> Bool {
  var seen: Set<ObjectIdentifier> = []
  var stack = variables
  while let variable = stack.popLast() {
    guard case .traced(let node) = variable.alive, seen.insert(ObjectIdentifier(node)).inserted
    else { continue }
    switch node.kind {
    // Its tangent comes from outside: inside, no tangent outlives the function that it was for.
    case .dual: return true
    case .tape:
      if node.sequence <= start { return true }
      stack += node.inputs
    case .batch, .record: break
    }
    stack.append(node.value)
  }
  return false
}
