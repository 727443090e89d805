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
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An adapter as PEFT writes it, of a family's checkpoint, and what PEFT computes from it in
 * float32: see src/test/python/adapter_fixtures.py.
 */
public record AdapterFixture(String method, FamilyFixture family, Path folder, JsonNode golden) {

  /** Every method with every family. */
  public static List<AdapterFixture> all() {
    try (Stream<Path> goldens = Files.walk(root())) {
      return goldens
          .filter(path -> path.endsWith("golden.json"))
          .map(Path::getParent)
          .sorted()
          .map(AdapterFixture::of)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static AdapterFixture of(Path folder) {
    try {
      return new AdapterFixture(
          folder.getParent().getFileName().toString(),
          FamilyFixture.named(folder.getFileName().toString()),
          folder,
          new ObjectMapper().readTree(folder.resolve("golden.json").toFile()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path root() {
    try {
      return Path.of(AdapterFixture.class.getResource("/adapters").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What the adapter's values are, by PEFT's keys. */
  public Checkpoint weights() {
    return Checkpoint.open(folder.resolve("adapter_model.safetensors"));
  }

  /** Texts of different lengths. */
  public List<int[]> texts() {
    List<int[]> texts = new ArrayList<>();
    for (JsonNode text : golden.get("texts")) {
      texts.add(
          StreamSupport.stream(text.spliterator(), false).mapToInt(JsonNode::asInt).toArray());
    }
    return texts;
  }

  /** These texts, whose beginnings are no targets. */
  public List<TokenizedExample> examples() {
    int prompt = golden.get("prompt_length").asInt();
    List<int[]> texts = texts();
    return IntStream.range(0, texts.size())
        .mapToObj(i -> TokenizedExample.targetsFrom("text " + i, texts.get(i), prompt))
        .toList();
  }

  @Override
  public String toString() {
    return method + " of " + family;
  }
}
