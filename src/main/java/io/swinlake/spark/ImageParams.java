package io.swinlake.spark;

import io.swinlake.PublicApi;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.DecodeOptions.Orientation;
import io.swinlake.spark.inference.InvalidRows;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;
import scala.Function1;

/** The Params that say where images are and what becomes of them: the base of {@link SwinTransformer}'s. */
@PublicApi(since = "0.1.0")
public abstract sealed class ImageParams extends Transformer permits ModelParams {
    private static final long serialVersionUID = 1;

    private final String uid;
    private final Param<String> inputCol;
    private final Param<String> lengthCol;
    private final Param<String> modificationTimeCol;
    private final Param<String> etagCol;
    private final Param<String> handleInvalid;
    private final Param<String> orientation;
    private final LongParam maxPixels;
    private final DoubleParam decodeTimeout;

    ImageParams(String uid) {
        this.uid = uid; // first: a Param remembers its parent's uid when it is made
        inputCol =
                text("inputCol", "column with the images: a file's bytes, a URI, or Spark's image struct", "content");
        lengthCol = text(
                "lengthCol",
                "column with the listed length of the file at the URI, bytes: spares a request per file; empty if there is none",
                "");
        modificationTimeCol = text(
                "modificationTimeCol",
                "column with the listed time when the file at the URI was written: another time is a row with the error"
                        + " read/changed; empty if there is none",
                "");
        etagCol = text(
                "etagCol",
                "column with the listed etag of the object at the URI: another etag is a row with the error read/changed; empty"
                        + " if there is none",
                "");
        handleInvalid = oneOf(
                "handleInvalid",
                "what an unusable image becomes: keep, a row with its error; skip, no row; error, the job fails",
                "keep",
                words(InvalidRows.values()));
        orientation = oneOf(
                "orientation",
                "whether EXIF orientation is applied before resizing",
                "ignore",
                words(Orientation.values()));
        maxPixels = new LongParam(
                this,
                "maxPixels",
                "images whose header announces more pixels are refused before they are decoded",
                ParamValidators.inRange(1, DecodeOptions.MOST_PIXELS));
        setDefault(maxPixels, DecodeOptions.defaults().maxPixels());
        decodeTimeout = new DoubleParam(
                this,
                "decodeTimeout",
                "seconds of processor time that decoding an image of up to 10 megapixels may take, a larger one more in"
                        + " proportion; then it is an unusable image",
                ParamValidators.gtEq(0.001));
        setDefault(decodeTimeout, (double) DecodeOptions.DEFAULT_TIMEOUT.toSeconds());
    }

    Param<String> text(String name, String doc, String defaultValue) {
        Param<String> param = new Param<>(this, name, doc);
        setDefault(param, defaultValue);
        return param;
    }

    Param<String> oneOf(String name, String doc, String defaultValue, Stream<String> words) {
        List<String> allowed = words.toList();
        Param<String> param = new Param<>(this, name, doc + ": " + allowed, (Function1<String, Object> & Serializable)
                word -> isOneOf(allowed, name, word));
        setDefault(param, defaultValue);
        return param;
    }

    /** Never false: Spark's own refusal would not say which words are allowed. */
    private static boolean isOneOf(List<String> allowed, String name, String word) {
        if (!allowed.contains(word)) {
            throw new IllegalArgumentException("%s is one of %s, found '%s'".formatted(name, allowed, word));
        }
        return true;
    }

    static Stream<String> words(Enum<?>[] values) {
        return Arrays.stream(values).map(Enum::toString);
    }

    /** The constant of a Param's word, which its validator has let pass. */
    static <E extends Enum<E>> E choice(E[] values, String word) {
        return Arrays.stream(values)
                .filter(value -> value.toString().equals(word))
                .findFirst()
                .orElseThrow();
    }

    /** A text Param's value; empty where its empty default leaves the choice to the checkpoint. */
    Optional<String> given(Param<String> param) {
        return Optional.of($(param)).filter(value -> !value.isEmpty());
    }

    SwinTransformer self() {
        return (SwinTransformer) this;
    }

    @Override
    public String uid() {
        return uid;
    }

    // One accessor, getter and setter per Param: Spark finds Params by public methods that return one.

    public Param<String> inputCol() {
        return inputCol;
    }

    public String getInputCol() {
        return $(inputCol);
    }

    public SwinTransformer setInputCol(String value) {
        set(inputCol, value);
        return self();
    }

    public Param<String> lengthCol() {
        return lengthCol;
    }

    public String getLengthCol() {
        return $(lengthCol);
    }

    public SwinTransformer setLengthCol(String value) {
        set(lengthCol, value);
        return self();
    }

    public Param<String> modificationTimeCol() {
        return modificationTimeCol;
    }

    public String getModificationTimeCol() {
        return $(modificationTimeCol);
    }

    public SwinTransformer setModificationTimeCol(String value) {
        set(modificationTimeCol, value);
        return self();
    }

    public Param<String> etagCol() {
        return etagCol;
    }

    public String getEtagCol() {
        return $(etagCol);
    }

    public SwinTransformer setEtagCol(String value) {
        set(etagCol, value);
        return self();
    }

    public Param<String> handleInvalid() {
        return handleInvalid;
    }

    public String getHandleInvalid() {
        return $(handleInvalid);
    }

    public SwinTransformer setHandleInvalid(String value) {
        set(handleInvalid, value);
        return self();
    }

    public Param<String> orientation() {
        return orientation;
    }

    public String getOrientation() {
        return $(orientation);
    }

    public SwinTransformer setOrientation(String value) {
        set(orientation, value);
        return self();
    }

    public LongParam maxPixels() {
        return maxPixels;
    }

    public long getMaxPixels() {
        return (long) getOrDefault(maxPixels);
    }

    public SwinTransformer setMaxPixels(long value) {
        set(maxPixels, value);
        return self();
    }

    public DoubleParam decodeTimeout() {
        return decodeTimeout;
    }

    public double getDecodeTimeout() {
        return (double) getOrDefault(decodeTimeout);
    }

    public SwinTransformer setDecodeTimeout(double value) {
        set(decodeTimeout, value);
        return self();
    }
}
