package io.swinlake.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names from the table in fixtures/README.md, "Tensor names". */
class LayoutTest {
    @ParameterizedTest
    @CsvSource({
        "layers.2.downsample.norm.weight, stages.3.merge.norm.weight, microsoft",
        "layers.3.downsample.norm.weight, stages.3.merge.norm.weight, timm",
        "head.fc.bias, head.bias, timm",
        "encoder.layers.1.blocks.0.attention.output.dense.bias, stages.1.blocks.0.attn.proj.bias, huggingface",
        "encoder.layers.1.blocks.0.output.dense.bias, stages.1.blocks.0.mlp.fc2.bias, huggingface",
        "encoder.layers.1.blocks.0.attention.self.logit_scale, stages.1.blocks.0.attn.logit_scale, huggingface",
        "features.5.3.mlp.3.weight, stages.2.blocks.3.mlp.fc2.weight, torchvision",
        "features.6.reduction.weight, stages.3.merge.reduction.weight, torchvision",
        "stages.0.blocks.1.ffn.layers.0.0.weight, stages.0.blocks.1.mlp.fc1.weight, mmdet",
        "norm2.weight, stages.2.norm.weight, mmdet",
        "norm3.weight, norm.weight, mmpretrain",
        "layers.1.blocks.0.attn.q_bias, stages.1.blocks.0.attn.q.bias, microsoft"
    })
    void everyNameIsReadAndWritten(String inFile, String canonical, String layoutName) {
        Layout layout = Layouts.ALL.stream()
                .filter(each -> each.name().equals(layoutName))
                .findFirst()
                .orElseThrow();
        assertThat(layout.toCanonical(inFile)).isEqualTo(canonical);
        assertThat(layout.toFile(canonical)).isEqualTo(inFile);
    }

    @Test
    void countersAreReadAsMultiplesAndOffsets() {
        NamePattern odd = new NamePattern("features.{2s+1}.{b}.");
        assertThat(odd.match("features.7.1.norm1.weight")).contains(new NamePattern.Match(3, 1, "norm1.weight"));
        assertThat(odd.match("features.6.1.norm1.weight")).isEmpty();
        assertThat(odd.match("features.07.1.norm1.weight")).isEmpty();
        assertThat(odd.name(new NamePattern.Match(2, 0, "x"))).isEqualTo("features.5.0.x");
    }

    @Test
    void whatStandsOutsideTheBackboneIsAnotherNetworks() {
        NamedTensors tensors = Layout.recognise(
                "det.pth",
                names(
                        "backbone.layers.0.downsample.norm.bias",
                        "backbone.layers.0.blocks.0.attn.proj.bias",
                        "backbone.norm0.bias",
                        "neck.conv.bias",
                        "norm.weight"));
        assertThat(tensors.layout().name()).isEqualTo("msdet");
        assertThat(tensors.prefix()).isEqualTo("backbone.");
        assertThat(tensors.find("stages.1.merge.norm.bias")).isPresent();
        assertThat(tensors.find("neck.conv.bias")).isEmpty();
        assertThat(tensors.find("norm.weight")).isEmpty();
    }

    @Test
    void refusesTwoTensorsForOnePlace() {
        assertThatThrownBy(() -> Layout.recognise(
                        "swin.pth",
                        names(
                                "swin.layers.0.downsample.norm.bias",
                                "swin.layers.0.blocks.0.attn.proj.bias",
                                "swin.head.bias",
                                "head.bias")))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        "swin.pth: 'head.bias' and 'swin.head.bias' are the same tensor of a Swin network: remove one");
    }

    @Test
    void unfoldOrderBecomesPatchByPatch() {
        // Two channels, channel-major: c0(0,0) c0(0,1) c0(1,0) c0(1,1) c1(0,0) ...
        Tensor unfolded = Tensor.of(Shape.of(1, 8), 0f, 1f, 2f, 3f, 10f, 11f, 12f, 13f);
        assertThat(Tensors.patchByPatch(unfolded).toFloats()).containsExactly(0, 10, 2, 12, 1, 11, 3, 13);
    }

    private static SortedMap<String, Tensor> names(String... names) {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        for (String name : names) {
            tensors.put(name, Tensor.of(Shape.of(1), 0f));
        }
        return tensors;
    }
}
