package io.swinlake.report;

import java.util.List;
import java.util.Optional;

/**
 * What a report shows: samples and sums, whose size does not depend on that of the table.
 *
 * @param table URI
 * @param counts of all rows
 * @param runs that wrote the table, the newest first
 * @param errors kinds of failure, the most frequent first
 * @param classes predicted ones, the most frequent first
 * @param confidence images by probability of their best class, in bins of equal width from 0 to 1
 * @param sheet some images with their best classes
 * @param neighborhoods some images with those most like them
 * @param map of a sample of the embeddings; empty where there are too few for one
 */
public record ReportData(
        String table,
        Counts counts,
        Optional<Model> model,
        List<Run> runs,
        List<ErrorKind> errors,
        List<ClassCount> classes,
        List<Long> confidence,
        List<Classified> sheet,
        List<Neighborhood> neighborhoods,
        Optional<EmbeddingMap> map) {
    public ReportData {
        runs = List.copyOf(runs);
        errors = List.copyOf(errors);
        classes = List.copyOf(classes);
        confidence = List.copyOf(confidence);
        sheet = List.copyOf(sheet);
        neighborhoods = List.copyOf(neighborhoods);
    }

    /**
     * Rows of the table.
     *
     * @param embedded images with an embedding
     * @param failed images with an error
     */
    public record Counts(long images, long embedded, long failed) {}

    /** What computed the rows. */
    public record Model(String name, String sha256, String recipe, String precision) {}

    /**
     * One run of infer, as its {@code _run.json} tells.
     *
     * @param started ISO 8601, UTC
     * @param seconds of computing and writing
     * @param devices such as {@code cpu}, with the tasks on it
     */
    public record Run(
            String id,
            String started,
            long written,
            long failed,
            double seconds,
            double imagesPerSecond,
            String devices,
            String version) {}

    /** Images that failed in one way. */
    public record ErrorKind(String stage, String code, long images, List<Example> examples) {
        public ErrorKind {
            examples = List.copyOf(examples);
        }
    }

    /** One of them. */
    public record Example(String path, String message) {}

    /**
     * A predicted class.
     *
     * @param confidence mean probability of its images
     */
    public record ClassCount(String label, long images, double confidence) {}

    /**
     * An image, small.
     *
     * @param thumbnail as a {@code data:} URI; empty where the image was not opened or cannot be
     */
    public record Picture(String path, Optional<String> thumbnail) {
        /** The last part of the path. */
        String name() {
            String trimmed = path.replaceAll("/+$", "");
            return trimmed.substring(trimmed.lastIndexOf('/') + 1);
        }
    }

    /** A class that a network saw in an image. */
    public record Score(String label, double probability) {}

    /** An image with its best classes, the best first; none for a network without a head. */
    public record Classified(Picture picture, List<Score> best) {
        public Classified {
            best = List.copyOf(best);
        }
    }

    /** An image and those most like it, the most similar first. */
    public record Neighborhood(Picture query, List<Neighbor> neighbors) {
        public Neighborhood {
            neighbors = List.copyOf(neighbors);
        }
    }

    /** An image found. */
    public record Neighbor(Picture picture, double cosine) {}

    /**
     * The plane in which the sampled embeddings spread most.
     *
     * @param firstShare part of the sample's variance along x, 0 to 1
     * @param secondShare the same along y
     */
    public record EmbeddingMap(List<Point> points, double firstShare, double secondShare) {
        public EmbeddingMap {
            points = List.copyOf(points);
        }
    }

    /**
     * An embedding on the map.
     *
     * @param label its predicted class; empty without one
     */
    public record Point(String path, String label, double x, double y) {}
}
