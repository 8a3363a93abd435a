package io.swinlake.torchscript;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.graph.Graph;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import org.junit.jupiter.api.Test;

class LinearKernelTest {
    private final Graph graph = new Graph();

    /** Over 6 tokens of 4 channels each. */
    private Value layerOfTokens(int channels) {
        return layer(graph.input("tokens", DType.F32, 6, 4), channels);
    }

    /** Over 4 channels of an image, as a head is. */
    private Value layerOfImages(int channels) {
        return layer(graph.input("image", DType.F32, 4), channels);
    }

    private Value layer(Value x, int channels) {
        return x.linear(graph.constant("weight", Tensor.of(Shape.of(channels, 4), new float[4 * channels])));
    }

    @Test
    void onAGpuEveryLayerIsPyTorchsOwn() {
        assertThat(LinearKernel.of(layerOfTokens(8), Lowering.CUDA_BF16)).isEqualTo(LinearKernel.ATEN);
        assertThat(LinearKernel.of(layerOfImages(8), Lowering.CUDA_FP16)).isEqualTo(LinearKernel.ATEN);
    }

    @Test
    void onACpuEveryLayerIsOneDnns() {
        assertThat(LinearKernel.of(layerOfTokens(8), Lowering.CPU_FP32)).isEqualTo(LinearKernel.ONEDNN);
        assertThat(LinearKernel.of(layerOfImages(8), Lowering.CPU_BF16)).isEqualTo(LinearKernel.ONEDNN);
    }

    @Test
    void inInt8LayersThatWidenAreOneDnnsAndTheOthersFbgemms() {
        assertThat(LinearKernel.of(layerOfTokens(5), Lowering.CPU_INT8)).isEqualTo(LinearKernel.ONEDNN_INT8);
        assertThat(LinearKernel.of(layerOfTokens(4), Lowering.CPU_INT8)).isEqualTo(LinearKernel.FBGEMM_INT8);
    }

    @Test
    void onlyLayersOverAnImagesTokensAreInInt8() {
        assertThat(LinearKernel.of(layerOfImages(8), Lowering.CPU_INT8)).isEqualTo(LinearKernel.ONEDNN);
        Value windows = graph.input("windows", DType.F32, 3, 2, 4).flatten(0, 1); // [3 * batch, 2, 4]
        assertThat(LinearKernel.of(layer(windows, 8), Lowering.CPU_INT8)).isEqualTo(LinearKernel.ONEDNN);
        Value sameForAll = graph.constant("same", Tensor.of(Shape.of(1, 2, 4), new float[8]));
        assertThat(LinearKernel.of(layer(sameForAll, 8), Lowering.CPU_INT8)).isEqualTo(LinearKernel.ONEDNN);
    }
}
