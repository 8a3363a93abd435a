package io.swinlake.report;

import io.swinlake.report.ReportData.EmbeddingMap;
import io.swinlake.report.ReportData.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The charts of a report as SVG, each with a title and a description. Colours come from the style sheet. */
final class Charts {
    /** Classes that have a colour and a shape of their own on the map. */
    private static final int MARKED_CLASSES = 7;

    /** Shapes around the origin, so that classes are told apart without colours too; the last is for all other classes. */
    private static final List<String> SHAPES = List.of(
            "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z", // disc
            "M-3.5-3.5H3.5V3.5H-3.5Z", // square
            "M0-4.6L4.4 3.4H-4.4Z", // triangle
            "M0-5L4 0L0 5L-4 0Z", // diamond
            "M-1.3-4.5H1.3V-1.3H4.5V1.3H1.3V4.5H-1.3V1.3H-4.5V-1.3H-1.3Z", // plus
            "M0 4.6L4.4-3.4H-4.4Z", // triangle on its tip
            "M-4.4-2.6L-2.6-4.4L0-1.8L2.6-4.4L4.4-2.6L1.8 0L4.4 2.6L2.6 4.4L0 1.8L-2.6 4.4L-4.4 2.6L-1.8 0Z", // cross
            "M-2.2 0A2.2 2.2 0 1 0 2.2 0A2.2 2.2 0 1 0-2.2 0Z"); // dot

    private Charts() {}

    /** Images by probability: bars from 0 to 1. */
    static void histogram(Markup page, List<Long> bins) {
        int width = 640;
        int height = 220;
        int left = 8;
        int bottom = 190;
        int top = 24;
        long most = Math.max(1, bins.stream().mapToLong(Long::longValue).max().orElse(1));
        long all = bins.stream().mapToLong(Long::longValue).sum();
        double step = (width - 2.0 * left) / bins.size();
        page.block(
                "svg",
                "class",
                "chart",
                "viewBox",
                "0 0 %s %s".formatted(width, height),
                "role",
                "img",
                "aria-labelledby",
                "confidence-chart confidence-description");
        page.leaf("title", "Histogram of the probability of the best class", "id", "confidence-chart");
        int last = bins.size() - 1;
        page.leaf(
                "desc",
                String.format(
                        Locale.ROOT,
                        "%,d images in %d bins; %,d of them are above %s, and the fullest bin has %,d.",
                        all,
                        bins.size(),
                        bins.get(last),
                        binName(last, bins.size()).replaceFirst(" .*", ""),
                        most),
                "id",
                "confidence-description");
        for (int bin = 0; bin < bins.size(); bin++) {
            double tall = (double) (bottom - top) * bins.get(bin) / most;
            page.open(
                    "rect",
                    "class",
                    "mark",
                    "x",
                    coordinate(left + bin * step + 1),
                    "y",
                    coordinate(bottom - tall),
                    "width",
                    coordinate(step - 2),
                    "height",
                    coordinate(tall));
            page.leaf("title", String.format(Locale.ROOT, "%s: %,d images", binName(bin, bins.size()), bins.get(bin)));
            page.close();
        }
        page.empty(
                "line",
                "class",
                "axis",
                "x1",
                coordinate(left),
                "x2",
                coordinate(width - left),
                "y1",
                coordinate(bottom),
                "y2",
                coordinate(bottom));
        for (int tick = 0; tick <= 4; tick++) {
            page.leaf(
                    "text",
                    tick * 25 + " %",
                    "x",
                    coordinate(left + (width - 2.0 * left) * tick / 4),
                    "y",
                    coordinate(bottom + 20),
                    "text-anchor",
                    tick == 0 ? "start" : tick == 4 ? "end" : "middle");
        }
        page.leaf("text", String.format(Locale.ROOT, "%,d images", most), "x", coordinate(left), "y", "14");
        page.close();
    }

    /** Such as {@code 5 to 10 %}. */
    static String binName(int bin, int bins) {
        return String.format(Locale.ROOT, "%d to %d %%", 100 * bin / bins, 100 * (bin + 1) / bins);
    }

    /** The embeddings as marks on a plane, with a legend and a table of where each class lies. */
    static void map(Markup page, EmbeddingMap map) {
        Map<String, List<Point>> groups = groups(map.points());
        page.leaf(
                "p",
                String.format(
                        Locale.ROOT,
                        "A sample of %,d embeddings, seen along the two directions in which they spread most (principal"
                                + " components): %.0f %% and %.0f %% of their variance. Near here is not always near in all"
                                + " dimensions.",
                        map.points().size(),
                        100 * map.firstShare(),
                        100 * map.secondShare()));
        int size = 640;
        int border = 14;
        Extent x = Extent.of(map.points().stream().map(Point::x).toList());
        Extent y = Extent.of(map.points().stream().map(Point::y).toList());
        double scale = (size - 2 * border) / Math.max(x.length(), 1e-12);
        int height = (int) Math.max(160, Math.min(size, Math.ceil(y.length() * scale) + 2 * border));
        double scaleY = Math.min(scale, (height - 2 * border) / Math.max(y.length(), 1e-12));
        page.block("div", "class", "beside");
        page.block(
                "svg",
                "class",
                "chart map",
                "viewBox",
                "0 0 %s %s".formatted(size, height),
                "role",
                "img",
                "aria-labelledby",
                "map-chart map-description");
        page.leaf("title", "Map of the embeddings", "id", "map-chart");
        page.leaf(
                "desc",
                "Each mark is an image; its colour and shape tell the predicted class. The table below says where each class"
                        + " lies.",
                "id",
                "map-description");
        page.open("defs");
        for (int shape = 0; shape < SHAPES.size(); shape++) {
            page.empty("path", "id", "shape" + shape, "d", SHAPES.get(shape));
        }
        page.close();
        List<Map.Entry<String, List<Point>>> drawn = new ArrayList<>(groups.entrySet());
        for (int i = drawn.size() - 1; i >= 0; i--) { // the most frequent class on top
            page.block("g", "class", "series" + series(i, drawn.get(i).getKey()));
            for (Point point : drawn.get(i).getValue()) {
                page.open(
                        "use",
                        "href",
                        "#shape" + series(i, drawn.get(i).getKey()),
                        "x",
                        coordinate(border + (point.x() - x.least()) * scale),
                        "y",
                        coordinate(height - border - (point.y() - y.least()) * scaleY));
                page.leaf("title", name(point.path()) + (point.label().isEmpty() ? "" : ": " + point.label()))
                        .close();
            }
            page.close();
        }
        page.close();
        legend(page, drawn);
        page.close();
    }

    private static final String OTHERS = "";

    private static int series(int place, String label) {
        return label.equals(OTHERS) ? MARKED_CLASSES : place;
    }

    /** The points of the most frequent classes, by class, and of all others under {@link #OTHERS}. */
    private static Map<String, List<Point>> groups(List<Point> points) {
        Map<String, List<Point>> byLabel =
                points.stream().collect(Collectors.groupingBy(Point::label, TreeMap::new, Collectors.toList()));
        List<String> labels = byLabel.keySet().stream()
                .filter(label -> !label.equals(OTHERS))
                .sorted(Comparator.comparingInt(
                                (String label) -> -byLabel.get(label).size())
                        .thenComparing(Comparator.naturalOrder()))
                .toList();
        Map<String, List<Point>> groups = new LinkedHashMap<>();
        List<Point> others = new ArrayList<>(byLabel.getOrDefault(OTHERS, List.of()));
        for (int i = 0; i < labels.size(); i++) {
            if (i < MARKED_CLASSES) {
                groups.put(labels.get(i), byLabel.get(labels.get(i)));
            } else {
                others.addAll(byLabel.get(labels.get(i)));
            }
        }
        if (!others.isEmpty()) {
            groups.put(OTHERS, others);
        }
        return groups;
    }

    private static void legend(Markup page, List<Map.Entry<String, List<Point>>> groups) {
        page.block("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label", "Legend of the map");
        page.open("table")
                .leaf("caption", "Marks of the map, and where they lie on average")
                .open("thead")
                .open("tr");
        for (String column : List.of("Mark", "Class", "Images", "Mean, across", "Mean, up")) {
            page.leaf("th", column, "scope", "col");
        }
        page.close().close().open("tbody");
        for (int i = 0; i < groups.size(); i++) {
            String label = groups.get(i).getKey();
            List<Point> points = groups.get(i).getValue();
            int series = series(i, label);
            page.block("tr")
                    .open("td")
                    .open("svg", "class", "key series" + series, "viewBox", "-6 -6 12 12", "aria-hidden", "true");
            page.empty("path", "d", SHAPES.get(series)).close().close();
            page.open("th", "scope", "row");
            if (label.equals(OTHERS)) {
                page.text(groups.size() == 1 ? "all images" : "all other classes");
            } else {
                page.foreign(label);
            }
            page.close();
            page.leaf("td", String.format(Locale.ROOT, "%,d", points.size()), "class", "number");
            page.leaf("td", mean(points.stream().mapToDouble(Point::x).toArray()), "class", "number");
            page.leaf("td", mean(points.stream().mapToDouble(Point::y).toArray()), "class", "number");
            page.close();
        }
        page.close().close().close();
    }

    private static String mean(double[] values) {
        double mean = Arrays.stream(values).average().orElse(0);
        return String.format(Locale.ROOT, "%.2f", mean).replaceFirst("^-(0\\.00)$", "$1");
    }

    private record Extent(double least, double most) {
        static Extent of(List<Double> values) {
            return new Extent(Collections.min(values), Collections.max(values));
        }

        double length() {
            return most - least;
        }
    }

    private static String name(String path) {
        return new ReportData.Picture(path, Optional.empty()).name();
    }

    private static String coordinate(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
