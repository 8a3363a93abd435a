package io.swinlake.spark;

import io.swinlake.PublicApi;
import io.swinlake.preprocess.RecipeName;
import java.util.stream.Stream;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;

/** The Params that say which network to run. */
@PublicApi(since = "0.1.0")
public abstract sealed class ModelParams extends ImageParams permits SwinParams {
    private static final long serialVersionUID = 1;

    private final Param<String> model;
    private final Param<String> imageSize;
    private final Param<String> recipe;
    private final Param<String> labels;
    private final IntParam window;
    private final IntArrayParam pretrainedWindows;
    private final Param<String> weights;

    ModelParams(String uid) {
        super(uid);
        model = new Param<>(this, "model", "checkpoint to run: a file or directory, as any URI that Hadoop reads");
        imageSize = text(
                "imageSize", "size of the network's input, pixels: N or HxW; empty leaves it to the checkpoint", "");
        recipe = oneOf(
                "recipe",
                "whose published preprocessing to follow; empty leaves it to the checkpoint",
                "",
                Stream.concat(Stream.of(""), words(RecipeName.values())));
        labels = text("labels", "URI of a text file with one class name a line; empty leaves it to the checkpoint", "");
        window = new IntParam(
                this,
                "window",
                "side of an attention window, tokens, for V2 checkpoints that do not tell it; 0 leaves it to them",
                ParamValidators.gtEq(0));
        setDefault(window, 0);
        pretrainedWindows = new IntArrayParam(
                this,
                "pretrainedWindows",
                "V2's windows of the pre-training, tokens: one for each stage, or one for all; none leaves it to the checkpoint");
        setDefault(pretrainedWindows, new int[0]);
        weights = text(
                "weights",
                "which of several networks in the file, such as state_dict_ema; empty takes the one that there is, or that the"
                        + " library would take which wrote the file",
                "");
    }

    // One accessor, getter and setter per Param: Spark finds Params by public methods that return one.

    public Param<String> model() {
        return model;
    }

    public String getModel() {
        return $(model);
    }

    public SwinTransformer setModel(String value) {
        set(model, value);
        return self();
    }

    public Param<String> imageSize() {
        return imageSize;
    }

    public String getImageSize() {
        return $(imageSize);
    }

    public SwinTransformer setImageSize(String value) {
        set(imageSize, value);
        return self();
    }

    public Param<String> recipe() {
        return recipe;
    }

    public String getRecipe() {
        return $(recipe);
    }

    public SwinTransformer setRecipe(String value) {
        set(recipe, value);
        return self();
    }

    public Param<String> labels() {
        return labels;
    }

    public String getLabels() {
        return $(labels);
    }

    public SwinTransformer setLabels(String value) {
        set(labels, value);
        return self();
    }

    public IntParam window() {
        return window;
    }

    public int getWindow() {
        return (int) getOrDefault(window);
    }

    public SwinTransformer setWindow(int value) {
        set(window, value);
        return self();
    }

    public IntArrayParam pretrainedWindows() {
        return pretrainedWindows;
    }

    public int[] getPretrainedWindows() {
        return $(pretrainedWindows);
    }

    public SwinTransformer setPretrainedWindows(int... values) {
        set(pretrainedWindows, values);
        return self();
    }

    public Param<String> weights() {
        return weights;
    }

    public String getWeights() {
        return $(weights);
    }

    public SwinTransformer setWeights(String value) {
        set(weights, value);
        return self();
    }
}
