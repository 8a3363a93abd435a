package io.swinlake.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.checkpoint.Checkpoint;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.checkpoint.TorchFiles;
import io.swinlake.pickle.PyGlobal;
import io.swinlake.swin.ImageSize;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One network in the many places where training code puts it: wherever it stands, body and head are the same. */
class TrainingFilesTest {
    private static final String TIMM = "v1-base-timm-f32";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "v1-base-timm-f32, ''",
        "v1-base-timm-f32, model.",
        "v2-base-ms, module.model.",
        "v1-base-ms, net.encoder.",
        "v1-base-hf, model.",
        "v1-base-hf, _orig_mod.module.",
        "v2-base-tv, network.",
        "v1-base-tv, classifier.",
        "v1-base-mmpretrain, model.",
        "v1-base-mmpretrain, ''"
    })
    void aPrefixStandsBeforeBodyAndHeadAlike(String fixture, String prefix) throws IOException {
        Map<String, Tensor> prefixed = new LinkedHashMap<>();
        tensors(fixture).forEach((name, tensor) -> prefixed.put(prefix + name, tensor));

        assertSame(fixture, open(fixture, Map.of("state_dict", prefixed, "epoch", 3)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
    void wrappersAroundLayersAreNoPartOfTheirNames(String wrapper) throws IOException {
        Map<String, Tensor> wrapped = new LinkedHashMap<>();
        tensors(TIMM)
                .forEach((name, tensor) ->
                        wrapped.put(name.replace(".blocks.0.", ".blocks.0." + wrapper + "."), tensor));

        assertSame(TIMM, open(TIMM, wrapped));
    }

    @Test
    void theNetworkIsFoundAtAnyDepthAmongAnything() throws IOException {
        Object file = List.of(
                Map.of("metric", 1, "confusion", new PyGlobal("numpy", "ndarray")),
                Map.of("a", Map.of("b", Map.of("c", Map.of("net", tensors(TIMM))))));

        SwinModel model = open(TIMM, file);

        assertSame(TIMM, model);
        assertThat(model.settings())
                .contains(new Setting("weights", "1.a.b.c.net", "the only one with a Swin network"));
    }

    @Test
    void anAveragedModelOfTorchIsRead() throws IOException {
        Map<String, Tensor> averaged = new LinkedHashMap<>(Map.of("n_averaged", Tensor.of(Shape.of(1), 3f)));
        tensors(TIMM).forEach((name, tensor) -> averaged.put("module." + name, tensor));

        assertSame(TIMM, open(TIMM, averaged));
    }

    @ParameterizedTest
    @CsvSource({
        "state_dict, state_dict_ema, state_dict_ema, by rule: timm's; also there: state_dict",
        "model, model_ema, model_ema, by rule: timm's; also there: model",
        "state_dict, ema_state_dict, state_dict, by rule: mmengine's; also there: ema_state_dict",
        "current_model_state, state_dict, state_dict, by rule: Lightning's; also there: current_model_state"
    })
    void ofANetworkAndItsAverageTheOneIsReadThatTheLibraryReads(
            String first, String second, String chosen, String reason) throws IOException {
        Map<String, Object> file = new LinkedHashMap<>();
        file.put(first, first.equals(chosen) ? tensors(TIMM) : halved(TIMM));
        file.put(second, second.equals(chosen) ? tensors(TIMM) : halved(TIMM));

        SwinModel model = open(TIMM, file);

        assertSame(TIMM, model);
        assertThat(model.assumptions()).containsExactly("weights " + chosen + ", " + reason);
    }

    @Test
    void twoNetworksWithoutARuleAreAQuestion() throws IOException {
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("student", halved(TIMM));
        file.put("teacher", tensors(TIMM));

        assertThatThrownBy(() -> open(TIMM, file))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(weights() + ": holds 2 Swin networks: student, teacher. Say which: --weights student");
        assertSame(TIMM, SwinModel.open(LocalSource.of(folder), choosing("teacher")));
        assertThatThrownBy(() -> SwinModel.open(LocalSource.of(folder), choosing("ema")))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(weights() + ": --weights ema is none of its Swin networks; there are student, teacher");
    }

    @Test
    void aHeadOfDropoutAndOneLinearLayerIsThatLayer() throws IOException {
        for (Map.Entry<String, String> heads : Map.of(
                        TIMM, "head.fc.", "v1-base-tv", "head.", "v1-base-hf", "classifier.")
                .entrySet()) {
            Map<String, Tensor> inSequence = new LinkedHashMap<>();
            tensors(heads.getKey())
                    .forEach((name, tensor) -> inSequence.put(
                            name.startsWith(heads.getValue())
                                    ? name.replace(heads.getValue(), heads.getValue() + "1.")
                                    : name,
                            tensor));

            SwinModel model = open(heads.getKey(), inSequence);

            assertSame(heads.getKey(), model);
            assertThat(model.assumptions())
                    .containsExactly(
                            "head " + heads.getValue() + "1.bias, assumed: what stands around it has no parameters"
                                    + " and is dropout; if it is an activation, scores differ");
        }
    }

    @Test
    void aHeadOfTwoLinearLayersIsRefused() throws IOException {
        Map<String, Tensor> deep = new LinkedHashMap<>(tensors("v1-base-tv"));
        deep.put("head.2.weight", deep.remove("head.weight"));
        deep.put("head.2.bias", deep.remove("head.bias"));
        deep.put("head.0.weight", Tensor.of(Shape.of(1, 1), 1f));

        assertThatThrownBy(() -> open("v1-base-tv", deep))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(
                        weights() + ": tensor 'head.0.weight' [1, 1] does not belong to a Swin V1 of the"
                                + " torchvision layout");
    }

    @Test
    void whatStandsBesideTheNetworkIsNamed() throws IOException {
        Map<String, Tensor> wrapped = new LinkedHashMap<>();
        tensors(TIMM).forEach((name, tensor) -> wrapped.put("backbone." + name, tensor));
        wrapped.put("projector.weight", Tensor.of(Shape.of(1, 1), 1f));

        assertThat(open(TIMM, wrapped).settings())
                .contains(new Setting("left_out", "1 tensors: projector.weight", "names: no part of the network"));
    }

    @Test
    void aTrainingFileWithoutANetworkSaysWhatItHolds() throws IOException {
        assertThatThrownBy(() -> open(TIMM, Map.of("epoch", 3)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(weights()
                        + ": no tensors in it. Expected a dict of tensors, at any depth; its keys are epoch.");
        assertThatThrownBy(() -> open(TIMM, new PyGlobal("timm.models.swin_transformer", "SwinTransformer")))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(weights()
                        + ": a whole object of class timm.models.swin_transformer.SwinTransformer, pickled with"
                        + " its code's names. Load it where that class is, and save its weights:"
                        + " torch.save(model.state_dict(), 'weights.pth').");
    }

    private Path weights() {
        return folder.resolve("last.ckpt");
    }

    private static ModelOptions choosing(String key) {
        return new ModelOptions(
                Optional.of(ImageSize.square(128)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(key));
    }

    private static Map<String, Tensor> tensors(String fixture) throws IOException {
        return Checkpoint.open(LocalSource.of(SwinModelTest.file(fixture))).tensors();
    }

    private static Map<String, Tensor> halved(String fixture) throws IOException {
        Map<String, Tensor> half = new LinkedHashMap<>();
        tensors(fixture).forEach((name, tensor) -> {
            float[] values = tensor.toFloats();
            for (int i = 0; i < values.length; i++) {
                values[i] /= 2;
            }
            half.put(name, Tensor.of(tensor.shape(), values));
        });
        return half;
    }

    private SwinModel open(String fixture, Object file) throws IOException {
        Files.write(weights(), TorchFiles.save(file));
        return SwinModel.open(LocalSource.of(folder), SwinModelTest.optionsOf(fixture));
    }

    private static void assertSame(String fixture, SwinModel model) throws IOException {
        SwinModel plain = SwinModelTest.open(fixture, SwinModelTest.optionsOf(fixture));
        assertThat(model.sha256()).isEqualTo(plain.sha256());
        assertThat(model.config().classes()).isEqualTo(plain.config().classes()).isPositive();
    }
}
