package io.swinlake.spark.sql;

import org.apache.spark.sql.types.DataType;

/** A function of an image, which the network computes. All of them come from the same forward. */
public enum ImageFunction {
    EMBED("swin_embed", "embedding", "Embedding of an image, an array of float; NULL if the image cannot be used."),
    CLASSIFY(
            "swin_classify",
            "top_k",
            "Classes of an image, an array of (index, label, probability), best first; NULL if the image cannot be used."),
    ERROR(
            "swin_error",
            "error",
            "Why an image has neither embedding nor classes, a struct (stage, code, message); NULL if it has.");

    private final String functionName;
    private final String column;
    private final String description;

    ImageFunction(String functionName, String column, String description) {
        this.functionName = functionName;
        this.column = column;
        this.description = description;
    }

    /** As SQL calls it. */
    public String functionName() {
        return functionName;
    }

    /** Which column of {@code SwinTransformer} it is. */
    public String column() {
        return column;
    }

    public String usage() {
        return functionName + "(model, content[, options]) - " + description;
    }

    DataType type(ImageInference inference) {
        return inference.columns().apply(column).dataType();
    }
}
