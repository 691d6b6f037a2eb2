// Loops shared by threads, of every number of tasks and threads at which they are shared differently.

import Kernels
import TensorSupport
import Tensors
import Testing

/// How often each task ran; no two tasks touch one number.
private func runs(_ tasks: Int, of body: @convention(c) (UnsafeMutableRawPointer, Int) -> Void)
  -> [Int]
{
  var counts = [Int](repeating: 0, count: tasks)
  counts.withUnsafeMutableBytes {
    if let counts = $0.baseAddress { mos_parallel(tasks, body, counts) }
  }
  return counts
}

private func count(_ counts: UnsafeMutableRawPointer, _ task: Int) {
  counts.assumingMemoryBound(to: Int.self)[task] += 1
}

@Suite(.serialized) struct ParallelTests {
  @Test(
    arguments: [1, 2, 3] + Threshold.threads.around(1, 2),
    [1, 2, 3] + Threshold.threads.around())
  func `every task runs once`(_ tasks: Int, _ threads: Int) {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = threads
    for _ in 0..<20 {
      let counts = runs(tasks) { count($0, $1) }
      #expect(counts.allSatisfy { $0 == 1 })
    }
  }

  @Test func `a loop inside a task runs on the task's thread`() {
    onOneAndSeveralThreads {
      let counts = runs(8) { counts, task in
        let place = counts + task * MemoryLayout<Int>.stride
        mos_parallel(1 + task, { place, _ in count(place, 0) }, place)
      }
      #expect(counts == Array(1...8))
    }
  }

  @Test func `loops of several threads at a time do not mix`() async {
    await withTaskGroup(of: Bool.self) { group in
      for tasks in 2..<10 {
        group.addTask {
          (0..<50).allSatisfy { _ in runs(tasks) { count($0, $1) }.allSatisfy { $0 == 1 } }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
