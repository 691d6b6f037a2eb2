// Other programs, as processes.

/// Starts a program of the search path with its standard input, output and errors on open files, and gives the
/// number of its process; nil where it cannot be started, which `errno` explains.
package func startProgram(
  _ words: [String], input: Int32, output: Int32, errors: Int32 = STDERR_FILENO
) -> pid_t? {
  #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
  #else
    var actions = posix_spawn_file_actions_t()
  #endif
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
  var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
  defer { for word in arguments { free(word) } }
  var process = pid_t()
  let status = posix_spawnp(&process, words[0], &actions, nil, &arguments, environ)
  errno = status
  return status == 0 ? process : nil
}
