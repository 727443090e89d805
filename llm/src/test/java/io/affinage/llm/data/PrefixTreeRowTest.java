package io.affinage.llm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixTreeRowTest {

  @Test
  void shouldShareWhatBeginsAlike() {
    TokenizedExample first = TokenizedExample.targetsFrom("a", new int[] {7, 8, 9, 5}, 2);
    TokenizedExample second = TokenizedExample.targetsFrom("b", new int[] {7, 8, 9, 6, 5}, 2);
    PrefixTreeRow row = PrefixTreeRow.of(List.of(first, second), true);
    assertThat(row.tree().tokens()).containsExactly(7, 8, 9, 5, 6, 5);
    assertThat(row.tree().depths()).containsExactly(0, 1, 2, 3, 3, 4);
    assertThat(row.tree().paths()).containsExactly(0, 1, 2, 3, 0, 0, 1, 2, 4, 5);
    assertThat(row.tree().lengths()).containsExactly(4, 5);
    assertThat(row.tree().owners()).containsExactly(0, 1, 2, 3, 8, 9);
    assertThat(row.targetNodes()).containsExactly(1, 2, 2, 4);
    assertThat(row.targetTokens()).containsExactly(9, 5, 6, 5);
    assertThat(row.targetWeights()).containsExactly(2, 1, 1, 1);
    assertThat(row.documentStarts()).containsExactly(0, 2, 5);
    assertThat(row.documentPairs()).containsExactly(0, 1, 0, 2, 3);
    assertThat(row.targetCount()).isEqualTo(5);
    assertThat(row.tree().tokenCount()).isEqualTo(9);
  }

  @Test
  void shouldKeepDocumentsApartWithoutSharing() {
    TokenizedExample example = TokenizedExample.targetsFrom("a", new int[] {7, 8, 9}, 1);
    PrefixTreeRow row = PrefixTreeRow.of(List.of(example, example), false);
    assertThat(row.tree().tokens()).containsExactly(7, 8, 9, 7, 8, 9);
    assertThat(row.tree().paths()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(row.targetWeights()).containsOnly(1);
    assertThat(PrefixTreeRow.of(List.of(example, example), true).targetWeights()).containsOnly(2);
  }

  @Test
  void shouldShareAmongDocumentsOfAKindAlone() {
    TokenizedExample one = TokenizedExample.targetsFrom("a", new int[] {7, 8, 9}, 1);
    TokenizedExample other = TokenizedExample.targetsFrom("b", new int[] {7, 8, 9, 5}, 1);
    PrefixTreeRow row = PrefixTreeRow.of(List.of(one, other, one), true, length -> length / 4);
    assertThat(row.tree().tokens()).containsExactly(7, 8, 9, 7, 8, 9, 5);
    assertThat(row.tree().paths()).containsExactly(0, 1, 2, 0, 3, 4, 5, 6, 0, 1, 2, 0);
  }

  /** Against prefixes as lists in ordinary maps, on random documents over a tiny alphabet. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldAgreeWithANaiveTree(boolean share) {
    Random random = new Random(7);
    for (int round = 0; round < 400; round++) {
      List<TokenizedExample> examples = new ArrayList<>();
      for (int d = 0, n = 1 + random.nextInt(9); d < n; d++) {
        examples.add(randomExample(random, "d" + d));
      }
      assertAgrees(PrefixTreeRow.of(examples, share), examples, share);
    }
  }

  @Test
  void shouldCountDistinctPrefixesOfALargeRow() {
    Random random = new Random(3);
    List<TokenizedExample> examples = new ArrayList<>();
    Set<List<Integer>> prefixes = new HashSet<>();
    for (int d = 0; d < 200; d++) {
      int[] ids = random.ints(60, 0, 3).toArray();
      examples.add(TokenizedExample.targetsFrom("d" + d, ids, 0));
      for (int i = 1; i <= ids.length; i++) {
        prefixes.add(Arrays.stream(ids, 0, i).boxed().toList());
      }
    }
    assertThat(PrefixTreeRow.of(examples, true).tree().nodes()).isEqualTo(prefixes.size());
  }

  @Test
  void shouldRefuseTargetsThatNothingPredicts() {
    assertThatThrownBy(() -> new TokenizedExample("a", new int[] {1, 2}, new int[] {0, 1}))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TokenizedExample("a", new int[] {1, 2}, new int[] {1, 3}))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> PrefixTreeRow.of(List.of(), true))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static TokenizedExample randomExample(Random random, String id) {
    int[] ids = random.ints(1 + random.nextInt(12), 0, 3).toArray();
    List<Integer> spans = new ArrayList<>();
    int at = 1;
    while (at < ids.length) {
      int start = at + random.nextInt(3);
      int end = start + 1 + random.nextInt(4);
      if (end > ids.length) {
        break;
      }
      spans.add(start);
      spans.add(end);
      at = end + 1;
    }
    return new TokenizedExample(id, ids, spans.stream().mapToInt(Integer::intValue).toArray());
  }

  private static void assertAgrees(
      PrefixTreeRow row, List<TokenizedExample> examples, boolean share) {
    Map<List<Integer>, Integer> nodes = new HashMap<>();
    Map<List<Integer>, Integer> weights = new TreeMap<>((a, b) -> Arrays.compare(ints(a), ints(b)));
    for (int d = 0; d < examples.size(); d++) {
      int[] ids = examples.get(d).ids();
      int[] labels = examples.get(d).labels();
      List<Integer> prefix = new ArrayList<>(List.of(share ? -1 : d));
      List<int[]> pairs = new ArrayList<>();
      int previous = -1;
      for (int i = 0; i < ids.length; i++) {
        prefix.add(ids[i]);
        Integer known = nodes.putIfAbsent(List.copyOf(prefix), nodes.size());
        int node = nodes.get(prefix);
        assertThat(row.tree().paths()[d * row.tree().longest() + i]).isEqualTo(node);
        assertThat(row.tree().tokens()[node]).isEqualTo(ids[i]);
        assertThat(row.tree().depths()[node]).isEqualTo(i);
        if (known == null) {
          assertThat(row.tree().owners()[node]).isEqualTo(d * row.tree().longest() + i);
        }
        if (labels[i] != -100) {
          weights.merge(List.of(previous, ids[i]), 1, Integer::sum);
          pairs.add(new int[] {previous, ids[i]});
        }
        previous = node;
      }
      assertThat(row.tree().lengths()[d]).isEqualTo(ids.length);
      assertThat(row.documentStarts()[d + 1] - row.documentStarts()[d]).isEqualTo(pairs.size());
      for (int p = 0; p < pairs.size(); p++) {
        int pair = row.documentPairs()[row.documentStarts()[d] + p];
        assertThat(new int[] {row.targetNodes()[pair], row.targetTokens()[pair]})
            .isEqualTo(pairs.get(p));
      }
      for (int i = ids.length; i < row.tree().longest(); i++) {
        assertThat(row.tree().paths()[d * row.tree().longest() + i]).isZero();
      }
    }
    assertThat(row.tree().nodes()).isEqualTo(nodes.size());
    List<List<Integer>> found = new ArrayList<>();
    for (int p = 0; p < row.targetNodes().length; p++) {
      found.add(List.of(row.targetNodes()[p], row.targetTokens()[p]));
      assertThat(row.targetWeights()[p]).isEqualTo(weights.get(found.get(p)));
    }
    assertThat(found).containsExactlyElementsOf(weights.keySet());
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }
}
