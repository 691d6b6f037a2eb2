// A program run to its end, with what it printed and how it ended.
//
// Nothing blocks for good: input and both outputs are served by one `poll` loop, and a program
// that outlives its time is killed with its process group.

import Platform
import SpawnSupport

/// What a finished program left.
public struct ProcessResult: Sendable {
  /// Everything it wrote to standard output.
  public var output = ""
  /// Everything it wrote to standard error.
  public var errors = ""
  /// Its exit status; 128 and the signal's number where a signal ended it.
  public var status: Int32 = 0
  /// Whether it was killed because its time was up.
  public var timedOut = false
  /// How long it ran, in seconds.
  public var seconds = 0.0
}

/// A program that could not be started.
public struct SpawnError: Error {
  /// The program.
  public let path: String
  /// The C library's error number.
  public let code: Int32
}

/// Runs a program and waits for its end.
public func runProcess(
  _ path: String, _ arguments: [String] = [], input: String = "",
  environment: [String: String] = [:], directory: String? = nil, timeLimit: Double = 10
) throws -> ProcessResult {
  var descriptors: [Int32] = []
  func makePipe() -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    _ = make_pipe(&ends)
    descriptors += ends
    return (ends[0], ends[1])
  }
  let (stdin, stdout, stderr) = (makePipe(), makePipe(), makePipe())
  defer { for descriptor in descriptors { close(descriptor) } }
  func closeEnd(_ descriptor: Int32) {
    close(descriptor)
    descriptors.removeAll { $0 == descriptor }
  }

  let process = try spawn(
    path, arguments, environment: environment, directory: directory,
    on: .pipes([stdin.read, stdout.write, stderr.write]))
  for end in [stdin.read, stdout.write, stderr.write] { closeEnd(end) }

  var result = ProcessResult()
  let start = now()
  var toWrite = Array(input.utf8)[...]
  var collected: [Int32: [UInt8]] = [stdout.read: [], stderr.read: []]
  var open: Set<Int32> = [stdout.read, stderr.read]
  if toWrite.isEmpty { closeEnd(stdin.write) } else { open.insert(stdin.write) }
  _ = fcntl(stdin.write, F_SETFL, O_NONBLOCK)

  while open.contains(stdout.read) || open.contains(stderr.read) {
    let left = timeLimit - (now() - start)
    if left <= 0 {
      result.timedOut = true
      kill(-process, SIGKILL)
      break
    }
    var polls = open.map {
      pollfd(fd: $0, events: Int16($0 == stdin.write ? POLLOUT : POLLIN), revents: 0)
    }
    _ = poll(&polls, nfds_t(polls.count), Int32(min(left * 1000 + 1, 60_000)))
    for ready in polls where ready.revents != 0 {
      if ready.fd == stdin.write {
        let written = toWrite.withUnsafeBytes { send(ready.fd, $0) }
        if written > 0 { toWrite = toWrite.dropFirst(written) }
        if toWrite.isEmpty || written <= 0 {
          open.remove(ready.fd)
          closeEnd(ready.fd)
        }
      } else {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = Platform.read(ready.fd, &buffer, buffer.count)
        if count > 0 { collected[ready.fd]? += buffer[..<count] } else { open.remove(ready.fd) }
      }
    }
  }
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0 && errno == EINTR {}
  let signal = status & 0x7f
  result.status = signal == 0 ? (status >> 8) & 0xff : 128 + signal
  result.seconds = now() - start
  result.output = String(decoding: collected[stdout.read] ?? [], as: UTF8.self)
  result.errors = String(decoding: collected[stderr.read] ?? [], as: UTF8.self)
  return result
}

/// Writes to a pipe whose reader may be gone, without the signal that would end this process.
private func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  let handler = signal(SIGPIPE, SIG_IGN)
  defer { signal(SIGPIPE, handler) }
  return Platform.write(descriptor, bytes.baseAddress, bytes.count)
}

/// Seconds on the monotonic clock.
public func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Starts a program whose output is read through a pipe, with no input and no errors.
public func startProcess(
  _ path: String, _ arguments: [String], directory: String
) throws -> (process: pid_t, output: Int32) {
  var ends: [Int32] = [-1, -1]
  _ = make_pipe(&ends)
  let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
  defer {
    close(ends[1])
    close(nothing)
  }
  let process = try spawn(
    path, arguments, environment: [:], directory: directory,
    on: .pipes([nothing, ends[1], nothing]))
  return (process, ends[0])
}

/// What a started program's standard streams are.
enum Streams {
  /// Input, output and errors.
  case pipes([Int32])
  /// All three on the terminal of that name.
  case terminal(String)
}

/// Starts a program as the leader of a session of its own, with this process's environment and
/// the given changes to it.
func spawn(
  _ path: String, _ arguments: [String], environment: [String: String], directory: String?,
  on streams: Streams
) throws -> pid_t {
  var variables = environment.map { "\($0.key)=\($0.value)" }
  var inherited = environ
  while let entry = inherited.pointee {
    let text = String(cString: entry)
    if environment[String(text.prefix { $0 != "=" })] == nil { variables.append(text) }
    inherited += 1
  }
  let argumentPointers = ([path] + arguments).map { strdup($0) } + [nil]
  let variablePointers = variables.map { strdup($0) } + [nil]
  defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
  let process =
    switch streams {
    case .pipes(let descriptors):
      spawn_program(path, argumentPointers, variablePointers, directory, descriptors, nil)
    case .terminal(let name):
      spawn_program(path, argumentPointers, variablePointers, directory, nil, name)
    }
  guard process > 0 else { throw SpawnError(path: path, code: errno) }
  return process
}
