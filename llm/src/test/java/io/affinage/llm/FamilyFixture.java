package io.affinage.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.data.TokenizedExample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A tiny random checkpoint of a family as transformers writes it, an adapter as PEFT writes it, and
 * what they compute from them in float32: see src/test/python/family_fixtures.py.
 */
public record FamilyFixture(String name, Path folder, JsonNode golden) {

  /** Every one but those that stand for another's form in GGUF: see {@link GgufFamilyTest}. */
  public static List<FamilyFixture> all() {
    try (Stream<Path> folders = Files.list(root())) {
      return folders
          .filter(folder -> Files.isDirectory(folder) && !folder.toString().endsWith("-gguf"))
          .sorted()
          .map(FamilyFixture::of)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static FamilyFixture named(String name) {
    return of(root().resolve(name));
  }

  private static FamilyFixture of(Path folder) {
    try {
      JsonNode golden = new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
      return new FamilyFixture(folder.getFileName().toString(), folder, golden);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path root() {
    try {
      return Path.of(FamilyFixture.class.getResource("/families").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public Checkpoint checkpoint() {
    return Checkpoint.open(folder);
  }

  /** A PEFT folder. */
  public Path adapter() {
    return folder.resolve("adapter");
  }

  /** The text that everything is computed on. */
  public int[] ids() {
    return ints("ids");
  }

  /** Its beginning, shorter than what a batch is padded to. */
  public int[] shortIds() {
    return Arrays.copyOf(ids(), golden.get("short_length").asInt());
  }

  /** The text as an example whose prompt is no target. */
  public TokenizedExample example() {
    return TokenizedExample.targetsFrom(name, ids(), golden.get("prompt_length").asInt());
  }

  public int[] ints(String field) {
    return StreamSupport.stream(golden.get(field).spliterator(), false)
        .mapToInt(JsonNode::asInt)
        .toArray();
  }

  @Override
  public String toString() {
    return name;
  }

  /** Examples that leave a common text at different places, within a window and beyond it. */
  public List<TokenizedExample> branching() {
    List<TokenizedExample> examples = new ArrayList<>();
    for (int shared : new int[] {2, 9, 17, 24}) {
      int[] ids = ids();
      for (int i = shared; i < ids.length; i++) {
        ids[i] = 3 + (ids[i] + shared) % 37;
      }
      examples.add(TokenizedExample.targetsFrom("shares " + shared, ids, 4));
    }
    return examples;
  }
}
