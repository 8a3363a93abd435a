package io.swinlake.spark;

import io.swinlake.model.SwinModel;
import io.swinlake.preprocess.Recipe;
import io.swinlake.spark.inference.ModelRequest;
import io.swinlake.storage.Entry;
import io.swinlake.storage.Storage;
import io.swinlake.storage.StoredFile;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;

/** A model whose weights have gone to the executors: what the driver still knows of it. */
record SentModel(
        String name,
        String sha256,
        String digest,
        Recipe recipe,
        List<String> classNames,
        SwinConfig config,
        ImageSize inputSize,
        List<String> assumptions,
        Broadcast<byte[]> weights) {
    /** SQL opens a model when a query is analysed and when it is run, and dashboards ask the same again and again. */
    private static final int REMEMBERED = 4;

    private static final Map<Known, SentModel> MODELS = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Known, SentModel> eldest) {
            return size() > REMEMBERED;
        }
    };

    /**
     * Tells one model from another, and from what it was before its files changed.
     *
     * @param files those beside the checkpoint and that of the class names, with length and time
     */
    private record Known(String application, ModelRequest request, List<StoredFile> files) {}

    /**
     * Reads the checkpoint and gives it to the executors.
     *
     * @throws io.swinlake.checkpoint.CheckpointException if it cannot be used
     */
    static SentModel open(SparkSession spark, ModelRequest request, Configuration configuration) {
        SwinModel opened = request.open(configuration);
        return new SentModel(
                opened.name(),
                opened.sha256(),
                opened.digest(),
                opened.recipe(),
                opened.classNames(),
                opened.config(),
                opened.inputSize(),
                opened.assumptions(),
                JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(opened.toSafetensors()));
    }

    /** The same, of the models that were opened before one of the last, if its files are as they were. */
    static SentModel remembered(SparkSession spark, ModelRequest request, Configuration configuration) {
        Optional<List<StoredFile>> files = files(request, configuration);
        if (files.isEmpty()) {
            return open(spark, request, configuration); // which says what is wrong
        }
        Known known = new Known(spark.sparkContext().applicationId(), request, files.get());
        synchronized (MODELS) {
            MODELS.keySet().removeIf(other -> !other.application().equals(known.application()));
            SentModel model = MODELS.get(known);
            if (model == null) {
                model = open(spark, request, configuration);
                MODELS.put(known, model);
            }
            return model;
        }
    }

    private static Optional<List<StoredFile>> files(ModelRequest request, Configuration configuration) {
        try {
            Storage storage = new Storage(configuration);
            Optional<Entry> found = storage.find(request.uri());
            if (found.isEmpty()) {
                return Optional.empty();
            }
            String place = found.get().file().uri();
            String folder = found.get().isFolder() ? place : place.substring(0, place.lastIndexOf('/') + 1);
            List<StoredFile> files = new ArrayList<>(storage.filesIn(folder));
            if (request.labels().isPresent()) {
                storage.find(request.labels().get()).ifPresent(labels -> files.add(labels.file()));
            }
            return Optional.of(List.copyOf(files));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
