package io.affinage.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class FitReportTest {
  private static final String ANSWER =
      """
      {"architecture": "LlamaForCausalLM", "parameters": 70553706496, "context_length": 131072, "stored_bytes": 141107412992,
       "stored_as": "BF16",
       "machine": {"memory_bytes": 68719476736, "available_bytes": 42949672960, "gpu_bytes": null, "flops": 4.18e11,
         "dequantized_weights_per_second": 1.7e9, "disk_bytes_per_second": null},
       "workload": {"batch": 1, "length": 512, "rank": 16, "dtype": "bfloat16", "optimizer": "adamw"},
       "regimes": [
         {"regime": "lora", "peak_bytes": 150000000000, "fits": false, "fits_now": false,
          "parts": {"weights": 141107412992, "adapter": 1, "float32_copies": 2, "gradients": 3, "optimizer_state": 1048570,
            "activations": 1048576, "process": 300000000}, "disk_bytes": 0, "read_bytes_per_micro_batch": 0.0,
          "seconds_per_1000_tokens": 5400.0},
         {"regime": "qlora", "peak_bytes": 48318382080, "fits": true, "fits_now": false,
          "parts": {"weights": 0, "activations": 0}, "disk_bytes": 0, "read_bytes_per_micro_batch": 0.0,
          "seconds_per_1000_tokens": 9.04},
         {"regime": "qlora-streamed", "peak_bytes": 15032385536, "fits": true, "fits_now": true,
          "parts": {"weights": 0, "activations": 0}, "disk_bytes": 35311782080, "read_bytes_per_micro_batch": 70623564160.0,
          "seconds_per_1000_tokens": null}]}
      """;

  private static List<String> lines(String answer) throws Exception {
    JsonNode json = new ObjectMapper().readTree(answer);
    return new FitReport("owner/llama", json)
        .lines().stream().map(line -> line.replaceAll("\\s+", " ").strip()).toList();
  }

  @Test
  void shouldShowTheModelTheMachineAndEveryRegime() throws Exception {
    assertThat(lines(ANSWER))
        .containsExactly(
            "model owner/llama: LlamaForCausalLM, 70.55 G parameters, 131.4 GiB as stored (BF16)",
            "machine 64.0 GiB of memory, 40.0 GiB free now, no GPU, 0.42 TFLOP/s, 1.7 G weights/s from NF4",
            "for micro-batches of 1 x 512 tokens, adapters of rank 16 on all linear layers, bfloat16, adamw",
            "",
            "regime memory fits GPU 1,000 tokens weights trained activations",
            lines(ANSWER).get(5),
            "lora 139.7 GiB no none 1:30:00 131.4 GiB 1 MiB 1 MiB",
            "qlora 45.0 GiB once memory is freed none 9.0 s 0 MiB - 0 MiB",
            "qlora-streamed 14.0 GiB yes none unknown 0 MiB - 0 MiB",
            "",
            "qlora-streamed keeps 32.9 GiB on disk and reads 65.8 GiB for each micro-batch: larger ones take less time a token; --disk tells how fast it reads.");
    assertThat(lines(ANSWER).get(5)).matches("-+");
  }

  @Test
  void shouldSayWhyTimesAreUnknownOfAnotherMachine() throws Exception {
    String other =
        ANSWER
            .replace("\"gpu_bytes\": null", "\"gpu_bytes\": 25769803776")
            .replace("\"available_bytes\": 42949672960", "\"available_bytes\": null")
            .replace("4.18e11", "null")
            .replace("1.7e9", "null")
            .replace("\"fits_now\": true", "\"fits_now\": true, \"fits_gpu\": true");

    assertThat(lines(other))
        .contains("machine 64.0 GiB of memory, a GPU of 24.0 GiB")
        .anyMatch(line -> line.startsWith("qlora-streamed 14.0 GiB yes yes"))
        .last()
        .asString()
        .contains("--tflops");
  }

  @Test
  void shouldAskForNothingThatWasGiven() throws Exception {
    String other =
        ANSWER
            .replace("\"disk_bytes_per_second\": null", "\"disk_bytes_per_second\": 2e9")
            .replace("1.7e9", "null");

    assertThat(lines(other)).noneMatch(line -> line.contains("--disk"));
    assertThat(lines(other)).last().asString().contains("how fast it dequantizes");
  }
}
