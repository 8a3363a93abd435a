package io.swinlake.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ValueTest {
    private final Graph graph = new Graph();
    private final Value image = graph.input("image", DType.F32, 8, 6, 4);

    @Test
    void shapesFollowEveryStepOfAWindowPartition() {
        Value split = image.unflatten(2, 3, 2).unflatten(1, 4, 2);
        assertThat(split.dims()).hasToString("[batch, 4, 2, 3, 2, 4]");
        Value windows = split.permute(0, 1, 3, 2, 4, 5).flatten(3, 4).flatten(1, 2);
        assertThat(windows.dims()).hasToString("[batch, 12, 4, 4]");
        assertThat(windows.flatten(0, 1).dims()).hasToString("[12*batch, 4, 4]");
    }

    @Test
    void theBatchAxisIsKnownWhereverItMoves() {
        Value moved = image.permute(3, 0, 1, 2);
        assertThat(moved.dims()).hasToString("[4, batch, 8, 6]");
        assertThat(moved.unbind(0)).hasSize(4).allSatisfy(v -> assertThat(v.dims())
                .hasToString("[batch, 8, 6]"));
        assertThat(moved.dims().runtimeSizes()).containsExactly(4, -1, 8, 6);
    }

    @Test
    void attentionTakesOneBiasOrOnePerWindow() {
        assertThat(image.attention(image, image, zeros(1, 8, 6, 6), 0.5).dims()).hasToString("[batch, 8, 6, 4]");
        Value windows = image.unflatten(1, 2, 4).flatten(0, 1); // [2 * batch, 4, 6, 4]
        assertThat(windows.attention(windows, windows, zeros(2, 4, 6, 6), 0.5).dims())
                .hasToString("[2*batch, 4, 6, 4]");
        assertThatThrownBy(() -> windows.attention(windows, windows, zeros(3, 4, 6, 6), 0.5))
                .isInstanceOf(GraphException.class)
                .hasMessage("the bias of attention must be [2, 4, 6, 6], found [3, 4, 6, 6]");
        assertThatThrownBy(() -> windows.attention(image, windows, zeros(1, 4, 6, 6), 0.5))
                .hasMessage("attention of [2*batch, 4, 6, 4] to keys [batch, 8, 6, 4] and values [2*batch, 4, 6, 4]:"
                        + " all must be equal");
    }

    @Test
    void selectsPlacesThatExist() {
        assertThat(image.indexSelect(1, 7, 0, 7).dims()).hasToString("[batch, 3, 6, 4]");
        assertThatThrownBy(() -> image.indexSelect(1, 0, 8)).hasMessage("place 8 of axis 1 is not in [batch, 8, 6, 4]");
        assertThatThrownBy(() -> image.indexSelect(0, 0))
                .hasMessage("axis 0 of [batch, 8, 6, 4] is the batch: its size is not known here");
    }

    @Test
    void refusesToSplitAnAxisUnevenly() {
        assertThatThrownBy(() -> image.unflatten(2, 4, 2))
                .hasMessage("axis 2 of [batch, 8, 6, 4] does not split into [4, 2]: that takes 8");
    }

    @Test
    void refusesToCutTheBatch() {
        assertThatThrownBy(() -> image.slice(0, 0, 1))
                .hasMessage("axis 0 of [batch, 8, 6, 4] is the batch: its size is not known here");
        assertThatThrownBy(() -> image.permute(1, 0, 2, 3).flatten(0, 1))
                .hasMessage("axes 0 to 1 of [8, batch, 6, 4] cannot become one: the batch must come first");
    }

    @Test
    void refusesShapesThatDoNotBroadcast() {
        assertThatThrownBy(() -> image.plus(zeros(5, 4))).hasMessage("[batch, 8, 6, 4] and [5, 4] do not broadcast");
        assertThatThrownBy(() -> image.plus(zeros(2, 8, 6, 4)))
                .hasMessage("[batch, 8, 6, 4] and [2, 8, 6, 4] do not broadcast");
    }

    @Test
    void refusesALinearLayerOfOtherChannels() {
        assertThatThrownBy(() -> image.linear(zeros(7, 5)))
                .hasMessage("a linear layer of [batch, 8, 6, 4] needs a weight [out, 4], found [7, 5]");
    }

    @Test
    void aScopeNamesTheTensorThatIsMissingOrMisshapen() {
        Scope block = Scope.root(graph, Map.of("stages.0.norm1.weight", Tensor.of(Shape.of(3), 1, 2, 3)))
                .child("stages")
                .child("0")
                .child("norm1");
        assertThatThrownBy(() -> block.weight("bias", 4))
                .hasMessage("tensor 'stages.0.norm1.bias' is missing; the config needs [4]");
        assertThatThrownBy(() -> block.weight("weight", 4))
                .hasMessage("tensor 'stages.0.norm1.weight' is [3], the config needs [4]");
        assertThat(block.weight("weight", 3).dims()).hasToString("[3]");
    }

    @Test
    void theGraphListsValuesAfterWhatTheyAreComputedFrom() {
        Value sum = image.plus(image.gelu());
        assertThat(graph.values()).last().isEqualTo(sum);
        assertThat(sum.inputs()).isEqualTo(List.of(image, graph.values().get(1)));
    }

    private Value zeros(long... sizes) {
        Shape shape = Shape.of(sizes);
        return graph.constant("zeros" + shape, Tensor.of(shape, new float[(int) shape.elements()]));
    }
}
