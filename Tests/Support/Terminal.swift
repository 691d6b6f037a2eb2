// A program on a pseudo-terminal, as a person meets it: what it shows is read as it comes, and
// keys are typed.

import Platform
import SpawnSupport

/// A program running on a pseudo-terminal of its own.
public final class Terminal {
  /// Everything shown so far, control sequences and all.
  public private(set) var screen = ""
  /// What stands on the screen now.
  public private(set) var display: Screen
  private let descriptor: Int32
  private let process: pid_t
  private var bytes: [UInt8] = []
  private var seen = 0
  private var ended = false

  /// Starts a program on a fresh terminal.
  public init(
    _ path: String, _ arguments: [String] = [], environment: [String: String] = [:],
    directory: String? = nil, rows: Int = 30, columns: Int = 100
  ) throws {
    display = Screen(rows: rows, columns: columns)
    var (main, other): (Int32, Int32) = (-1, -1)
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    var name = [CChar](repeating: 0, count: 128)
    guard openpty(&main, &other, &name, nil, &size) == 0 else {
      throw SpawnError(path: path, code: errno)
    }
    let otherName = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    _ = fcntl(main, F_SETFD, FD_CLOEXEC)
    _ = fcntl(other, F_SETFD, FD_CLOEXEC)
    defer { close(other) }
    descriptor = main
    let variables = environment.merging(["TERM": "xterm"]) { given, _ in given }
    // Opened by a session leader that has no terminal, it becomes the controlling one, so that
    // a typed Ctrl-C is a signal.
    process = try spawn(
      path, arguments, environment: variables, directory: directory, on: .terminal(otherName))
  }

  deinit {
    if !ended {
      kill(-process, SIGKILL)
      var status: Int32 = 0
      waitpid(process, &status, 0)
    }
    close(descriptor)
  }

  /// Types keys.
  public func type(_ keys: String) {
    let bytes = Array(keys.utf8)
    _ = write(descriptor, bytes, bytes.count)
  }

  /// Gives the terminal another width.
  public func resize(columns: Int) {
    var size = winsize(
      ws_row: UInt16(display.rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    display.resize(columns: columns)
    _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
  }

  /// Waits until the screen is as wanted; false where the time is up.
  public func displays(
    within seconds: Double = 5, _ isWanted: (Screen) -> Bool
  ) -> Bool {
    let deadline = now() + seconds
    while !isWanted(display) {
      guard now() < deadline else { return false }
      _ = readMore(until: min(deadline, now() + 0.05))
    }
    return true
  }

  /// Sends what Ctrl-C sends to another thread than the program's first; false where it has none.
  public func interruptOtherThread() -> Bool {
    guard let folder = opendir("/proc/\(process)/task") else { return false }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let thread = pid_t(name), thread != process else { continue }
      return signal_thread(process, thread, SIGINT) == 0
    }
    return false
  }

  /// Waits until the text shows, after what an earlier call waited for; false where the time is
  /// up or the program has ended without it.
  public func shows(_ text: String, within seconds: Double = 5) -> Bool {
    let wanted = Array(text.utf8)
    let deadline = now() + seconds
    while true {
      if let end = position(of: wanted) {
        seen = end
        return true
      }
      guard now() < deadline, readMore(until: deadline) else { return false }
    }
  }

  /// Waits for the program's end and gives its exit status, or nil where it goes on.
  public func exitStatus(within seconds: Double = 5) -> Int32? {
    let deadline = now() + seconds
    while now() < deadline {
      var status: Int32 = 0
      if waitpid(process, &status, WNOHANG) == process {
        ended = true
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
      }
      _ = readMore(until: min(deadline, now() + 0.02))
    }
    return nil
  }

  /// Where the wanted bytes end, looking from where the last match ended.
  private func position(of wanted: [UInt8]) -> Int? {
    guard bytes.count >= seen + wanted.count else { return nil }
    for start in seen...(bytes.count - wanted.count)
    where bytes[start..<(start + wanted.count)].elementsEqual(wanted) {
      return start + wanted.count
    }
    return nil
  }

  private func readMore(until deadline: Double) -> Bool {
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, Int32(max(0, deadline - now()) * 1000 + 1)) > 0 else { return true }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else {
      usleep(2000)
      return false
    }
    bytes += buffer[..<count]
    display.feed(buffer[..<count])
    screen = String(decoding: bytes, as: UTF8.self)
    return true
  }
}
