package io.affinage.llm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatcherTest {

  @Test
  void shouldShuffleTheSameForTheSameSeedAndEpoch() {
    int[] order = EpochOrder.shuffled(1000, 42, 3);
    assertThat(order).isEqualTo(EpochOrder.shuffled(1000, 42, 3));
    assertThat(order).isNotEqualTo(EpochOrder.shuffled(1000, 42, 4));
    assertThat(order).isNotEqualTo(EpochOrder.shuffled(1000, 43, 3));
    // Epoch e of seed s must not be epoch e-1 of seed s+1.
    assertThat(EpochOrder.shuffled(1000, 43, 2)).isNotEqualTo(order);
    assertThat(Arrays.stream(order).sorted())
        .containsExactlyElementsOf(IntStream.range(0, 1000).boxed().toList());
  }

  @Test
  void shouldKeepItsOrderAcrossReleases() {
    assertThat(EpochOrder.shuffled(8, 1, 0)).containsExactly(4, 0, 6, 3, 5, 1, 7, 2);
    assertThat(EpochOrder.shuffled(8, 1, 1)).containsExactly(6, 0, 2, 7, 4, 3, 1, 5);
    assertThat(EpochOrder.shuffled(0, 1, 0)).isEmpty();
    assertThat(EpochOrder.shuffled(1, 1, 0)).containsExactly(0);
  }

  @Test
  void shouldCutByCountAndByTokens() {
    int[] order = {4, 2, 0, 1, 3};
    assertThat(Batcher.byCount(order, 2))
        .containsExactly(new int[] {4, 2}, new int[] {0, 1}, new int[] {3});
    int[] lengths = {5, 5, 3, 9, 2};
    assertThat(Batcher.byTokens(order, lengths, 10))
        .containsExactly(new int[] {4, 2, 0}, new int[] {1}, new int[] {3});
    assertThatThrownBy(() -> Batcher.byTokens(order, lengths, 8))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("token_budget_too_small"));
  }

  @Test
  void shouldPackLikeAPlainBestFitDecreasing() {
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      int capacity = 4 + random.nextInt(40);
      int[] lengths = random.ints(1 + random.nextInt(60), 1, capacity + 1).toArray();
      int[] order = EpochOrder.shuffled(lengths.length, round, 0);
      List<List<Integer>> expected = naive(order, lengths, capacity);
      List<int[]> rows = Batcher.pack(order, lengths, capacity);
      assertThat(rows.stream().mapToInt(r -> r.length).sum()).isEqualTo(lengths.length);
      assertThat(rows.stream().flatMapToInt(Arrays::stream).distinct().count())
          .isEqualTo(lengths.length);
      assertThat(rows).allMatch(r -> Arrays.stream(r).map(i -> lengths[i]).sum() <= capacity);
      assertThat(rows).hasSize(expected.size());
      assertThat(fills(rows.stream().map(r -> Arrays.stream(r).boxed().toList()).toList(), lengths))
          .isEqualTo(fills(expected, lengths));
    }
  }

  @Test
  void shouldCutDocumentsIntoFullRows() {
    DocumentRows cut =
        DocumentRows.of(
            List.of(new int[] {1, 2, 3}, new int[] {4, 0}, new int[] {5, 6, 7, 8}), 0, 5);
    // 1 2 3 0 4 | 0 5 6 7 8 | 0
    assertThat(cut.rows()).hasSize(2);
    assertThat(cut.rows().get(0))
        .extracting(TokenizedExample::ids)
        .containsExactly(new int[] {1, 2, 3, 0}, new int[] {4});
    assertThat(cut.rows().get(1))
        .extracting(TokenizedExample::ids)
        .containsExactly(new int[] {0}, new int[] {5, 6, 7, 8});
    assertThat(cut.tokens()).isEqualTo(10);
    assertThat(cut.targets()).isEqualTo(6);
    assertThat(cut.remainder()).isEqualTo(1);
  }

  private static List<List<Integer>> naive(int[] order, int[] lengths, int capacity) {
    List<Integer> sorted =
        Arrays.stream(order).boxed().sorted((a, b) -> lengths[b] - lengths[a]).toList();
    List<List<Integer>> rows = new ArrayList<>();
    for (int example : sorted) {
      List<Integer> best = null;
      for (List<Integer> row : rows) {
        int room = capacity - fill(row, lengths);
        if (room >= lengths[example] && (best == null || room < capacity - fill(best, lengths))) {
          best = row;
        }
      }
      if (best == null) {
        best = new ArrayList<>();
        rows.add(best);
      }
      best.add(example);
    }
    return rows;
  }

  private static List<Integer> fills(List<List<Integer>> rows, int[] lengths) {
    return rows.stream().map(row -> fill(row, lengths)).sorted().toList();
  }

  private static int fill(List<Integer> row, int[] lengths) {
    return row.stream().mapToInt(i -> lengths[i]).sum();
  }

  @Test
  void shouldMakeNoRowOfEmptyDocuments() {
    int[] none = new int[0];
    DocumentRows cut =
        DocumentRows.of(List.of(none, none, none, new int[] {5, 6, 7}, none, none), 2, 3);
    assertThat(cut.rows()).hasSize(1);
    assertThat(cut.rows().get(0))
        .singleElement()
        .extracting(TokenizedExample::ids)
        .isEqualTo(new int[] {5, 6, 7});
    assertThat(cut.targets()).isEqualTo(2);
    assertThat(cut.tokens() + cut.remainder()).isEqualTo(3 + 4 + 2);
  }
}
