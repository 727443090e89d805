package io.affinage.llm.training;

import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * A reference whose log-probabilities were computed once, before the first step. Checkpoints keep
 * them, so that a run which is resumed, here or elsewhere, goes on with the same bits: 4 bytes a
 * target token.
 */
final class KeptReference implements Reference {
  private static final String TENSOR = "reference_logp";

  private final Map<Group, List<float[]>> values = new IdentityHashMap<>();
  private final List<float[]> inOrder = new ArrayList<>();

  private KeptReference() {}

  /** Takes the log-probabilities of each member of each group, in order. */
  static KeptReference of(List<Group> groups, List<float[]> byMember) {
    KeptReference reference = new KeptReference();
    int at = 0;
    for (Group group : groups) {
      List<float[]> own = byMember.subList(at, at + group.members().size());
      reference.values.put(group, List.copyOf(own));
      at += own.size();
    }
    reference.inOrder.addAll(byMember);
    return reference;
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param groups those of the run that wrote it
   * @throws LlmException {@code checkpoint_mismatch}
   */
  static KeptReference read(Path file, List<Group> groups) {
    Checkpoint checkpoint = Checkpoint.open(file);
    TensorEntry entry = checkpoint.entry(TENSOR);
    long targets = groups.stream().mapToLong(Group::targets).sum();
    if (entry.elements() != targets) {
      throw new LlmException(
          "checkpoint_mismatch",
          "%s holds log-probabilities of %d target tokens, but the examples have %d"
              .formatted(file, entry.elements(), targets));
    }
    FloatBuffer numbers =
        checkpoint
            .bytes(entry, 0, Math.toIntExact(entry.byteLength()))
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    List<float[]> byMember = new ArrayList<>();
    for (Group group : groups) {
      for (TokenizedExample member : group.members()) {
        float[] own = new float[member.targetCount()];
        numbers.get(own);
        byMember.add(own);
      }
    }
    return of(groups, byMember);
  }

  /** Writes the log-probabilities of all groups, one after the other. */
  void write(Path file) throws IOException {
    int count = inOrder.stream().mapToInt(each -> each.length).sum();
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (float[] values : inOrder) {
      for (float value : values) {
        bytes.putFloat(value);
      }
    }
    SafetensorsWriter writer = new SafetensorsWriter();
    writer.add(
        TENSOR,
        StorageType.F32,
        new long[] {count},
        channel -> {
          ByteBuffer rest = bytes.duplicate().flip();
          while (rest.hasRemaining()) {
            channel.write(rest);
          }
        });
    writer.write(file);
  }

  @Override
  public List<float[]> of(GroupRow part, int thread) {
    return part.groups().stream().flatMap(group -> values.get(group).stream()).toList();
  }
}
