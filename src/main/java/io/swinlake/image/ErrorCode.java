package io.swinlake.image;

import io.swinlake.PublicApi;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Why an image has no result. {@code stage/code} of these words stand in tables that are years old: a code may be added, and
 * none is renamed or given another meaning. A word that is not here, from a release that knew more, is final.
 */
@PublicApi(since = "0.1.0")
public enum ErrorCode {
    /** The row names no image. */
    NULL(Stage.READ, Next.FINAL, "fill the input column, or filter out the rows in which it is null"),
    /** Nothing is there any more. */
    NOT_FOUND(
            Stage.READ,
            Next.TRY_AGAIN,
            "the file went after it was listed, or a link points nowhere: list the lake again"),
    /** The storage does not let this user read it. */
    DENIED(Stage.READ, Next.TRY_AGAIN, "let the user or role that runs the job read this file"),
    /** The storage failed, again and again. */
    IO(
            Stage.READ,
            Next.TRY_AGAIN,
            "look at the storage: network, endpoint and load; S3A has tried several times already"),
    /** Read with another length or version than the listing said. */
    CHANGED(Stage.READ, Next.TRY_AGAIN, "the file was written while the job ran: run again when it is complete"),
    /** A folder, a pipe or a device, which a listing never tells as a file. */
    NOT_A_FILE(Stage.READ, Next.FINAL, "leave it out: it has the name of a file and is none"),
    /** Told by the listing, before a byte is read. */
    TOO_LARGE(Stage.READ, Next.FINAL, "leave videos and archives out with --glob; store a real image smaller"),

    /** A tar archive that ends too early, is none, or holds no image. */
    BROKEN_SHARD(
            Stage.READ,
            Next.FINAL,
            "write the shard again: the images before the broken place have rows, those behind it have none"),

    /** A file of no bytes. */
    EMPTY(Stage.DECODE, Next.FINAL, "the file has no bytes: upload it again"),
    /** It begins as no image does. */
    UNKNOWN_FORMAT(
            Stage.DECODE, Next.FINAL, "the file is no image, or encrypted or compressed as a whole: leave it out"),
    /** An image, of a format or a variant that is not read. */
    UNSUPPORTED_FORMAT(Stage.DECODE, Next.FINAL, "convert the file to JPEG or PNG; the message says what it is"),
    /** It ends before the image does. */
    TRUNCATED(Stage.DECODE, Next.FINAL, "the file lacks its end, as after an upload that broke: upload it again"),
    /** It contradicts its format. */
    CORRUPT(Stage.DECODE, Next.FINAL, "bytes inside the file are wrong: fetch it again from where it came"),
    /** A width or height of 0. */
    NO_PIXELS(Stage.DECODE, Next.FINAL, "the header promises an image without pixels: write the file again"),
    /** More than {@code maxPixels}, by its header. */
    TOO_MANY_PIXELS(Stage.DECODE, Next.FINAL, "store it smaller, or raise --max-pixels and the memory of each task"),
    /** A JPEG of far more scans than an image has, each of which is a pass over all its pixels. */
    TOO_MANY_SCANS(Stage.DECODE, Next.FINAL, "treat the file as hostile; a real image is cured by saving it again"),
    /** The time budget of one image; see {@link DecodeOptions#timeout}. */
    TOO_SLOW(
            Stage.DECODE,
            Next.FINAL,
            "treat the file as hostile; a real image is cured by saving it again, or allow more time"),
    /** A native library, as that of WebP. */
    NO_LIBRARY(
            Stage.DECODE,
            Next.TRY_AGAIN,
            "the machine cannot load the library that reads this format: the message says why"),
    /** Also when no other task was decoding. */
    OUT_OF_MEMORY(Stage.DECODE, Next.TRY_AGAIN, "give the executors more memory or fewer cores, or lower --max-pixels"),
    /** A struct that is not what Spark's image reader makes. */
    INVALID_STRUCT(Stage.DECODE, Next.FINAL, "make the column with Spark's image reader: sizes and bytes do not agree"),

    /** So long and narrow that it cannot be resized as the recipe says. */
    TOO_ELONGATED(Stage.PREPROCESS, Next.FINAL, "crop the image: one side is thousands of times the other"),

    /** This image alone: a device that fails for every image fails the task. */
    FORWARD_FAILED(
            Stage.INFER, Next.TRY_AGAIN, "run again; if it stays, send the image and the message with a bug report"),
    /** The network gave NaN or infinity. */
    NOT_FINITE(
            Stage.INFER, Next.FINAL, "use --precision fp32 or bf16: fp16 overflows; if it stays, look at the weights");

    /** Where on its way an image failed. */
    private enum Stage {
        READ,
        DECODE,
        PREPROCESS,
        INFER
    }

    /** What a later run does with an image that has this error and has not changed. */
    private enum Next {
        /** The cause may be gone: storage, memory or a device. */
        TRY_AGAIN,
        /** The same bytes would fail again. */
        FINAL
    }

    private final Stage stage;
    private final Next next;
    private final String advice;

    ErrorCode(Stage stage, Next next, String advice) {
        this.stage = stage;
        this.next = next;
        this.advice = advice;
    }

    /** {@return {@code error.stage} of a row, such as {@code decode}} */
    public String stage() {
        return lowerCase(stage);
    }

    /** {@return {@code error.code} of a row, such as {@code truncated}} */
    public String code() {
        return lowerCase(this);
    }

    /** {@return {@code decode/truncated}, as counts and messages have it} */
    public String word() {
        return stage() + "/" + code();
    }

    /** {@return whether the next incremental run computes such an image again although it has not changed} */
    public boolean isTriedAgain() {
        return next == Next.TRY_AGAIN;
    }

    /** {@return what a person can do about it, in one line} */
    public String advice() {
        return advice;
    }

    /** {@return the words of all codes that are tried again} */
    public static List<String> triedAgain() {
        return Arrays.stream(values())
                .filter(ErrorCode::isTriedAgain)
                .map(ErrorCode::word)
                .toList();
    }

    private static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
