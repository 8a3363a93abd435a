package io.swinlake.spark;

import io.swinlake.PublicApi;
import io.swinlake.runtime.device.PrecisionChoice;
import io.swinlake.spark.inference.DeviceChoice;
import java.io.Serializable;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;
import scala.Function1;

/** The Params of {@link SwinTransformer}, here those of the computation and its columns: documentation, default, validator, accessors. */
@PublicApi(since = "0.1.0")
public abstract sealed class SwinParams extends ModelParams permits SwinTransformer {
    private static final long serialVersionUID = 1;

    private final Param<String> precision;
    private final Param<String> device;
    private final IntParam batchSize;
    private final IntParam topK;
    private final BooleanParam normalize;
    private final IntArrayParam embeddingStages;
    private final Param<String> outputPrefix;
    private final BooleanParam reuse;

    SwinParams(String uid) {
        super(uid);
        precision = oneOf(
                "precision",
                "number format of the network on the device; auto is bf16 where all executors are fast at it, else fp32",
                "fp32",
                words(PrecisionChoice.values()));
        device = oneOf(
                "device",
                "cpu; cuda (never silently the CPU); auto is the GPU that Spark assigned to the task, in local mode one that is there, else the CPU",
                "auto",
                words(DeviceChoice.values()));
        batchSize = new IntParam(
                this, "batchSize", "images per forward; 0 lets the device decide", ParamValidators.inRange(0, 1024));
        setDefault(batchSize, 0);
        topK = new IntParam(this, "topK", "how many classes top_k lists, at least 1", ParamValidators.gtEq(1));
        setDefault(topK, 5);
        normalize = new BooleanParam(
                this,
                "normalize",
                "whether embeddings are divided by their Euclidean length; one of zeros stays as it is");
        setDefault(normalize, false);
        embeddingStages = new IntArrayParam(
                this,
                "embeddingStages",
                "stages, from 1, whose mean over tokens becomes a column embedding_stage1 and so on; none by default");
        setDefault(embeddingStages, new int[0]);
        outputPrefix = new Param<>(
                this,
                "outputPrefix",
                "what the names of the appended columns begin with, such as b_ for b_embedding: letters, digits and _;"
                        + " so that one table has columns of two networks",
                (Function1<String, Object> & Serializable) prefix -> prefix.matches("[A-Za-z0-9_]*"));
        setDefault(outputPrefix, "");
        reuse = new BooleanParam(
                this,
                "reuse",
                "whether an image whose file has the bytes of another one before it in its task takes that one's result");
        setDefault(reuse, false);
    }

    // One accessor, getter and setter per Param: Spark finds Params by public methods that return one.

    public Param<String> precision() {
        return precision;
    }

    public String getPrecision() {
        return $(precision);
    }

    public SwinTransformer setPrecision(String value) {
        set(precision, value);
        return self();
    }

    public Param<String> device() {
        return device;
    }

    public String getDevice() {
        return $(device);
    }

    public SwinTransformer setDevice(String value) {
        set(device, value);
        return self();
    }

    public IntParam batchSize() {
        return batchSize;
    }

    public int getBatchSize() {
        return (int) getOrDefault(batchSize);
    }

    public SwinTransformer setBatchSize(int value) {
        set(batchSize, value);
        return self();
    }

    public IntParam topK() {
        return topK;
    }

    public int getTopK() {
        return (int) getOrDefault(topK);
    }

    public SwinTransformer setTopK(int value) {
        set(topK, value);
        return self();
    }

    public BooleanParam normalize() {
        return normalize;
    }

    public boolean getNormalize() {
        return (boolean) getOrDefault(normalize);
    }

    public SwinTransformer setNormalize(boolean value) {
        set(normalize, value);
        return self();
    }

    public IntArrayParam embeddingStages() {
        return embeddingStages;
    }

    public int[] getEmbeddingStages() {
        return $(embeddingStages);
    }

    public SwinTransformer setEmbeddingStages(int... values) {
        set(embeddingStages, values);
        return self();
    }

    public Param<String> outputPrefix() {
        return outputPrefix;
    }

    public String getOutputPrefix() {
        return $(outputPrefix);
    }

    public SwinTransformer setOutputPrefix(String value) {
        set(outputPrefix, value);
        return self();
    }

    public BooleanParam reuse() {
        return reuse;
    }

    public boolean getReuse() {
        return (boolean) getOrDefault(reuse);
    }

    public SwinTransformer setReuse(boolean value) {
        set(reuse, value);
        return self();
    }
}
