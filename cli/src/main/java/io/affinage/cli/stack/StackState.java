package io.affinage.cli.stack;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A running stack, as other commands in the same folder find it.
 *
 * @param pid the process that holds the broker and the services
 * @param services service name to the addresses of its instances
 * @param processes name of each instance to the id of its process
 */
public record StackState(
    long pid,
    String bootstrapServers,
    String artifacts,
    Map<String, List<String>> services,
    Map<String, Long> processes) {
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /** The stack of a home that is up now; empty when none is. */
  public static Optional<StackState> find(Home home) {
    try {
      StackState state = JSON.readValue(home.stateFile().toFile(), StackState.class);
      // Another process may have the id of one that died; the lock is the stack's alone.
      return ProcessHandle.of(state.pid())
          .filter(ProcessHandle::isAlive)
          .filter(alive -> StackLock.isTaken(home.lockFile()))
          .map(alive -> state);
    } catch (IOException e) {
      // Absent, or half a file of a process that died: either way no stack is known.
      return Optional.empty();
    }
  }

  void write(Home home) throws IOException {
    Path temporary = Files.createTempFile(home.folder(), "stack", ".json");
    JSON.writerWithDefaultPrettyPrinter().writeValue(temporary.toFile(), this);
    Files.move(
        temporary,
        home.stateFile(),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
