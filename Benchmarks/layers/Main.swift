// What each layer costs, bottom up: kernels, tensor operations, tracked operations, steps backward,
// instructions, calls. A layer's figure includes those below it, so a difference is what it adds.
//
//     Layers [kernels] [tensors] [autodiff] [language] [threads]     all but threads without a name
//
// Times are the least of several batches, because all that disturbs a short loop makes it longer.
// `threads` needs more than one core; the others measure one thread, best pinned to a core.

import Tensors

@main
struct Main {
  static func main() throws {
    let names = Array(CommandLine.arguments.dropFirst())
    func isAsked(_ name: String) -> Bool { names.isEmpty || names.contains(name) }
    Threads.count = 1
    if isAsked("kernels") { KernelLayer.measure() }
    if isAsked("tensors") { try TensorLayer.measure() }
    if isAsked("autodiff") { try AutodiffLayer.measure() }
    if isAsked("language") { try LanguageLayer.measure() }
    if names.contains("threads") { try ThreadSpeedup.measure() }
  }
}
