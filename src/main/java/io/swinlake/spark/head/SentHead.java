package io.swinlake.spark.head;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.spark.sql.VectorException;
import io.swinlake.spark.sql.VectorView;
import io.swinlake.storage.Entry;
import io.swinlake.storage.Messages;
import io.swinlake.storage.Storage;
import io.swinlake.storage.StoredFile;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.unsafe.Platform;

/**
 * A head whose numbers have gone to the executors, once to each; an expression of a query holds it. Spark frees them when no
 * query has it any more.
 */
public final class SentHead implements Serializable {
    private static final long serialVersionUID = 1;

    /** A query is analysed several times, and dashboards ask the same again and again. */
    private static final int REMEMBERED = 8;

    private static final Map<Known, SentHead> HEADS = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Known, SentHead> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** Tells one head from another, and from what it was before its files changed. */
    private record Known(String application, String uri, List<StoredFile> files) {}

    private final String uri;
    private final boolean isBinomial;
    private final int outputs;
    private final int dimension;
    private final Broadcast<double[]> numbers;

    private SentHead(SparkSession spark, String uri, LinearHead head) {
        this.uri = uri;
        this.isBinomial = head.isBinomial();
        this.outputs = head.outputs();
        this.dimension = head.dimension();
        this.numbers = JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(head.numbers());
    }

    /**
     * The head at a URI: a file of tensors, or a folder that Spark ML saved.
     *
     * @throws CheckpointException if it cannot be used
     */
    static SentHead of(SparkSession spark, String uri) {
        Configuration configuration = spark.sessionState().newHadoopConf();
        try {
            Storage storage = new Storage(configuration);
            Entry found =
                    storage.find(uri).orElseThrow(() -> new CheckpointException("%s: no such file or directory", uri));
            List<StoredFile> files = files(storage, uri, found);
            Known known = new Known(spark.sparkContext().applicationId(), uri, files);
            synchronized (HEADS) {
                HEADS.keySet().removeIf(other -> !other.application().equals(known.application()));
                SentHead head = HEADS.get(known);
                if (head == null) {
                    LinearHead read = found.isFolder() ? SparkHead.read(uri) : CheckpointHead.read(uri, configuration);
                    head = new SentHead(spark, uri, read);
                    HEADS.put(known, head);
                }
                return head;
            }
        } catch (CheckpointException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw new CheckpointException(uri + ": cannot be reached: " + Messages.reason(e), e);
        }
    }

    private static List<StoredFile> files(Storage storage, String uri, Entry found) throws IOException {
        if (!found.isFolder()) {
            return List.of(found.file());
        }
        List<String> folders = storage.foldersIn(uri);
        if (!folders.contains("metadata")) {
            throw new CheckpointException(
                    "%s: is a folder that Spark ML did not save, since it has no 'metadata'; name the file of a head, or the folder of a"
                            + " LogisticRegressionModel",
                    uri);
        }
        List<StoredFile> files = new ArrayList<>();
        for (String folder : folders) {
            files.addAll(storage.filesIn(uri + "/" + folder));
        }
        return List.copyOf(files);
    }

    /** What is computed where the query does not say: probabilities, as whoever trained such a head has them. */
    ScoreKind usualKind() {
        return outputs == 1 && !isBinomial ? ScoreKind.SIGMOID : ScoreKind.SOFTMAX;
    }

    /**
     * The scores of an embedding; null if one of its elements is null.
     */
    public static ArrayData score(ArrayData embedding, SentHead head, ScoreKind kind) {
        VectorView vector = VectorView.of(embedding);
        if (vector == null) {
            return null;
        }
        if (vector.size() != head.dimension) {
            throw VectorException.headDimension(HeadFunction.NAME, vector.size(), head.uri, head.dimension);
        }
        return UnsafeArrayData.fromPrimitiveArray(head.scores(head.outputs(vector), kind));
    }

    private double[] scores(double[] margins, ScoreKind kind) {
        if (!isBinomial) {
            return kind.of(margins);
        }
        // Spark ML's two classes share one row of weights: its raw predictions are the margin's negative and the
        // margin, its
        // probabilities their sigmoids, which are not their softmax.
        double[] both = {-margins[0], margins[0]};
        return kind == ScoreKind.SOFTMAX ? ScoreKind.SIGMOID.of(both) : kind.of(both);
    }

    private double[] outputs(VectorView vector) {
        double[] x = new double[dimension];
        for (int i = 0; i < dimension; i++) {
            x[i] = Platform.getFloat(vector.base(), vector.offset() + (long) Float.BYTES * i);
        }
        double[] w = numbers.value();
        double[] y = new double[outputs];
        for (int output = 0; output < outputs; output++) {
            y[output] = dot(w, output * dimension, x) + w[outputs * dimension + output];
        }
        return y;
    }

    /** Four sums, since each waits for its own last step only. */
    private static double dot(double[] w, int at, double[] x) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < x.length - 3; i += 4) {
            s0 += w[at + i] * x[i];
            s1 += w[at + i + 1] * x[i + 1];
            s2 += w[at + i + 2] * x[i + 2];
            s3 += w[at + i + 3] * x[i + 3];
        }
        for (; i < x.length; i++) {
            s0 += w[at + i] * x[i];
        }
        return (s0 + s1) + (s2 + s3);
    }
}
