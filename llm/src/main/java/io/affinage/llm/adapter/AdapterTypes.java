package io.affinage.llm.adapter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.bottleneck.BottleneckType;
import io.affinage.llm.adapter.dora.DoraType;
import io.affinage.llm.adapter.ia3.Ia3Type;
import io.affinage.llm.adapter.prefix.PrefixType;
import io.affinage.llm.adapter.prompt.PromptType;
import io.affinage.llm.error.LlmException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The methods of adaptation that there are. A new one is added here. */
public final class AdapterTypes {
  private static final List<AdapterType> ALL =
      List.of(
          new LoraType(),
          new DoraType(),
          new Ia3Type(),
          new BottleneckType(),
          new PromptType(),
          new PrefixType());

  private AdapterTypes() {}

  public static List<AdapterType> all() {
    return ALL;
  }

  /**
   * The method that reads an adapter's files.
   *
   * @throws LlmException {@code adapter_config_unsupported}
   */
  static AdapterType of(PeftSource source) {
    return of(source.folder(), source.json());
  }

  /**
   * The method of an adapter.
   *
   * @param folder names it in errors
   * @param json {@code adapter_config.json}
   * @throws LlmException {@code adapter_config_unsupported}
   */
  public static AdapterType of(Path folder, ObjectNode json) {
    String peftType = json.path("peft_type").asText();
    return ALL.stream()
        .filter(type -> type.peftType().equals(peftType))
        .filter(type -> type.reads(PeftSource.fields(folder, json)))
        .findFirst()
        .orElseThrow(
            () ->
                new LlmException(
                    "adapter_config_unsupported",
                    "%s: peft_type %s is not supported; supported are %s"
                        .formatted(
                            folder,
                            peftType,
                            ALL.stream()
                                .map(AdapterType::peftType)
                                .distinct()
                                .collect(Collectors.joining(", ")))));
  }
}
