package io.swinlake.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.Fixtures;
import io.swinlake.RuleWeights;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.preprocess.Recipe;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Resized and cropped sizes are those that the code bases publish: fixtures/README.md, differences, 15. */
class RecipeChoiceTest {
    private static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);
    private static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);

    @ParameterizedTest
    @CsvSource({"microsoft, 256", "timm, 248", "hf, 224", "torchvision, 232"})
    void theOptionNamesARule(String name, int resized) {
        Recipe recipe = RecipeChoice.named("model", name, SwinConfig.tiny()).value();
        assertThat(recipe.name()).isEqualTo(name);
        assertThat(recipe.resizeHeight()).isEqualTo(resized);
        assertThat(recipe.cropHeight()).isEqualTo(224);
        assertThat(recipe.mean()).isEqualTo(IMAGENET_MEAN);
        assertThat(recipe.std()).isEqualTo(IMAGENET_STD);
    }

    @Test
    void microsoftResizesThe256ModelsTo292AndSquashesThe384Models() {
        assertThat(Recipe.microsoft(256, 256))
                .extracting(Recipe::resize, Recipe::resizeHeight, Recipe::cropHeight)
                .containsExactly(Recipe.Resize.SHORT_SIDE, 292, 256);
        assertThat(Recipe.microsoft(384, 384))
                .extracting(Recipe::resize, Recipe::resizeHeight, Recipe::cropHeight)
                .containsExactly(Recipe.Resize.SQUASH, 384, 384);
    }

    @Test
    void eachLayoutHasItsRule() throws IOException {
        assertThat(recipeOf("v1-base-ms").name()).isEqualTo("microsoft");
        assertThat(recipeOf("v1-base-timm-f32").name()).isEqualTo("timm");
        assertThat(recipeOf("v1-base-hf").name()).isEqualTo("hf");
        assertThat(recipeOf("v1-base-tv").name()).isEqualTo("torchvision");
        assertThat(recipeOf("v1-base-mmdet").name()).isEqualTo("microsoft");
        assertThat(recipeOf("v1-base-mmpretrain").name()).isEqualTo("microsoft");
    }

    @Test
    void timmsConfigFileSaysHowMuchIsKept(@TempDir Path directory) throws IOException {
        copy("tiny/v1-base-timm-f32/model.safetensors", directory);
        Files.writeString(directory.resolve("config.json"), """
                {"architecture": "swin_tiny_patch4_window7_224", "label_names": ["a","b","c","d","e","f","g","h","i","j"],
                 "pretrained_cfg": {"input_size": [3, 128, 128], "crop_pct": 0.8, "interpolation": "bilinear",
                                    "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "crop_mode": "center"}}
                """);
        SwinModel model = SwinModel.open(LocalSource.of(directory), ModelOptions.none());
        assertThat(model.recipe())
                .isEqualTo(new Recipe(
                        "timm",
                        Recipe.Resize.SHORT_SIDE,
                        160,
                        160,
                        128,
                        128,
                        Recipe.Filter.BILINEAR,
                        List.of(0.5, 0.5, 0.5),
                        List.of(0.25, 0.25, 0.25)));
        assertThat(model.classNames()).containsExactly("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
        assertThat(model.settings())
                .contains(new Setting("window", "4", "layers.0.blocks.0.attn.relative_position_bias_table [49, 1]"));
    }

    @Test
    void transformersPreprocessorSaysSizeFilterAndStatistics(@TempDir Path directory) throws IOException {
        copy("tiny/v1-base-hf/model.safetensors", directory);
        copy("tiny/v1-base-hf/config.json", directory);
        Files.writeString(
                directory.resolve("preprocessor_config.json"),
                "{\"size\": {\"height\": 160, \"width\": 128}, \"resample\": 2, \"do_normalize\": false}");
        SwinModel model = SwinModel.open(LocalSource.of(directory), ModelOptions.none());
        assertThat(model.recipe())
                .isEqualTo(new Recipe(
                        "hf",
                        Recipe.Resize.SQUASH,
                        160,
                        128,
                        160,
                        128,
                        Recipe.Filter.BILINEAR,
                        List.of(0.0, 0.0, 0.0),
                        List.of(1.0, 1.0, 1.0)));
        assertThat(model.inputSize()).isEqualTo(new ImageSize(160, 128));
        assertThat(model.config().image()).isEqualTo(ImageSize.square(128));
    }

    @Test
    void refusesAFilterThatIsNotWritten(@TempDir Path directory) throws IOException {
        copy("tiny/v1-base-hf/model.safetensors", directory);
        copy("tiny/v1-base-hf/config.json", directory);
        Files.writeString(directory.resolve("preprocessor_config.json"), "{\"size\": 128, \"resample\": 7}");
        assertThatThrownBy(() -> SwinModel.open(LocalSource.of(directory), ModelOptions.none()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(directory + ": preprocessor_config.json: resample is 7; Pillow's filters are 0 to" + " 5");
    }

    @Test
    void theDemoModelIsOpenedFromItsDirectory() throws IOException {
        SwinModel model = SwinModel.open(LocalSource.of(Path.of("examples/demo/model")), ModelOptions.none());
        assertThat(model.config().patchSize()).isEqualTo(2);
        assertThat(model.config().windows()).containsOnly(Window.square(4));
        assertThat(model.inputSize()).isEqualTo(ImageSize.square(64));
        assertThat(model.recipe().mean()).containsExactly(0.5, 0.5, 0.5);
        assertThat(model.classNames()).startsWith("zero", "one", "two").hasSize(10);
        assertThat(SwinStatistics.of(model.config()).parameters()).isEqualTo(577_110);
    }

    @Test
    void publishedNamesTellImageAndPretrainedWindows() {
        SwinModel tiny = RuleWeights.model("full/swinv2_tiny_patch4_window8_256");
        assertThat(tiny.config()).isEqualTo(SwinConfig.tinyV2(8));
        assertThat(PublishedName.find("swinv2_base_window12to16_192to256")
                        .orElseThrow()
                        .pretrainedWindows(4))
                .containsExactly(12, 12, 12, 6);
    }

    private static Recipe recipeOf(String id) throws IOException {
        ModelOptions at128 = new ModelOptions(Optional.of(ImageSize.square(128)), Optional.empty(), Optional.empty());
        return SwinModelTest.open(id, at128).recipe();
    }

    private static void copy(String fixture, Path directory) throws IOException {
        Path file = Fixtures.path(fixture);
        Files.copy(file, directory.resolve(file.getFileName()));
    }
}
