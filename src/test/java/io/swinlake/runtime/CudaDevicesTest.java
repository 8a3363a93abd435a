package io.swinlake.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.runtime.batch.BatchSize;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import org.junit.jupiter.api.Test;

class CudaDevicesTest {
    @Test
    void anAddressIsTheDevicesNumberUnlessCudaSeesOnlySome() {
        assertThat(CudaDevices.at("3", "")).isEqualTo("cuda:3");
        assertThat(CudaDevices.at("3", "2,3")).isEqualTo("cuda:1");
        assertThat(CudaDevices.at("GPU-9f1c", "GPU-77aa, GPU-9f1c")).isEqualTo("cuda:1");
        // A container whose driver numbers what it sees, whatever the host calls it.
        assertThat(CudaDevices.at("0", "GPU-77aa")).isEqualTo("cuda:0");
    }

    @Test
    void anAddressThatIsNoneIsTold() {
        assertThatThrownBy(() -> CudaDevices.at("GPU-1", "0,1"))
                .hasMessage(
                        "GPU address 'GPU-1' is no number and not in CUDA_VISIBLE_DEVICES ('0,1'): scripts/gpu-discovery"
                                + " prints numbers");
    }

    /** The class path of the tests has libtorch for CPUs: also on a machine with a GPU. */
    @Test
    void aLibtorchForCpusHasNoDevices() {
        assertThat(CudaDevices.count()).isZero();
        assertThat(CudaDevices.whyNone())
                .contains("the libtorch on the class path is for CPUs only; conf/gpu.conf says how to add the other");
        assertThatThrownBy(() -> CudaDevices.require(new Target("cuda:1", Precision.BF16)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("cuda:1: the libtorch on the class path is for CPUs only; conf/gpu.conf says how to add the"
                        + " other");
    }

    @Test
    void largerImagesGoInSmallerBatches() {
        BatchSize small = BatchSize.auto(SwinConfig.tiny(), ImageSize.square(224));
        BatchSize large = BatchSize.auto(SwinConfig.tiny(), ImageSize.square(896));

        assertThat(small).isEqualTo(new BatchSize(4, 128));
        assertThat(large.cpu()).isLessThan(small.cpu());
        assertThat(large.cuda()).isLessThan(small.cuda());
        assertThat(small.on(new Target("cuda:0", Precision.BF16))).isEqualTo(128);
        assertThat(BatchSize.fixed(3).on(new Target("cpu", Precision.FP32))).isEqualTo(3);
    }
}
