package io.swinlake.bench;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Milliseconds per image against millions of pixels, as SVG that reads on light and dark ground.
 *
 * @param series at most two, as the style sheet has two colours
 * @param machine what they were measured on
 */
record SizePlot(List<Series> series, String machine) {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 440;
    private static final int LEFT = 70;
    private static final int RIGHT = 24;
    private static final int TOP = 56;
    private static final int BOTTOM = 74;

    private static final String STYLE = """
            <style>
              text { font: 13px system-ui, sans-serif; fill: #24292f }
              .title { font-weight: 600; font-size: 15px }
              .small { font-size: 11px; fill: #57606a }
              .grid { stroke: #d0d7de; stroke-width: 1 }
              .ground { fill: #ffffff }
              .fit { fill: none; stroke-width: 1.5; stroke-dasharray: 5 4 }
              .spread { stroke-width: 1.5 }
              .s0 { stroke: #0b61c4; fill: #0b61c4 } .s1 { stroke: #b3470b; fill: #b3470b }
              text.s0, text.s1 { stroke: none }
              @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3 } .small { fill: #9da7b1 }
                .grid { stroke: #3d444d } .ground { fill: #0d1117 }
                .s0 { stroke: #6cb6ff; fill: #6cb6ff } .s1 { stroke: #f0a35e; fill: #f0a35e }
                text.s0 { fill: #6cb6ff } text.s1 { fill: #f0a35e }
              }
            </style>
            """;

    SizePlot {
        series = List.copyOf(series);
    }

    /** One size of image. */
    record Point(int side, Turns.Spread milliseconds) {
        double megapixels() {
            return side * side / 1e6;
        }
    }

    /** What one precision costs. */
    record Series(String name, List<Point> points) {
        Series {
            points = List.copyOf(points);
        }

        /** Of the line of least squares through the medians: ms per million pixels. */
        double slope() {
            return covariance(Point::megapixels, Series::median) / covariance(Point::megapixels, Point::megapixels);
        }

        /** Of the same line, at no pixels: ms. */
        double constant() {
            return mean(Series::median) - slope() * mean(Point::megapixels);
        }

        /** Share of the variance that the line explains: R². */
        double determination() {
            double both = covariance(Point::megapixels, Series::median);
            return both
                    * both
                    / covariance(Point::megapixels, Point::megapixels)
                    / covariance(Series::median, Series::median);
        }

        private static double median(Point point) {
            return point.milliseconds().median();
        }

        private interface Coordinate {
            double of(Point point);
        }

        private double mean(Coordinate coordinate) {
            return points.stream().mapToDouble(coordinate::of).average().orElseThrow();
        }

        private double covariance(Coordinate one, Coordinate other) {
            return mean(point -> (one.of(point) - mean(one)) * (other.of(point) - mean(other)));
        }
    }

    String toSvg() {
        String description = series.stream()
                .map(line -> String.format(
                        Locale.ROOT,
                        "%s: %s; about %.0f ms and %.0f ms per million pixels.",
                        line.name(),
                        line.points().stream()
                                .map(point -> String.format(
                                        Locale.ROOT,
                                        "%.0f ms at %d pixels",
                                        point.milliseconds().median(),
                                        point.side()))
                                .collect(Collectors.joining(", ")),
                        line.constant(),
                        line.slope()))
                .collect(Collectors.joining(" "));
        StringBuilder svg = new StringBuilder(String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" width="%1$d" height="%2$d" role="img" aria-labelledby="title desc">
                <title id="title">Milliseconds per image against the number of pixels</title>
                <desc id="desc">%3$s</desc>
                %4$s<rect class="ground" width="%1$d" height="%2$d"/>
                """, WIDTH, HEIGHT, description, STYLE));
        text(svg, LEFT, 26, "title", "start", "Swin-T: milliseconds per image, by the number of its pixels");
        text(
                svg,
                LEFT,
                44,
                "small",
                "start",
                "median, least and most of the rounds; one image at a time on one thread; dashed: line of least squares");
        axes(svg);
        for (int i = 0; i < series.size(); i++) {
            draw(svg, series.get(i), "s" + i);
        }
        text(svg, LEFT, HEIGHT - 10, "small", "start", machine);
        return svg.append("</svg>\n").toString();
    }

    private void axes(StringBuilder svg) {
        double step = tick(mostMilliseconds());
        for (double value = 0; value <= mostMilliseconds(); value += step) {
            line(svg, "grid", LEFT, y(value), WIDTH - RIGHT, y(value));
            text(svg, LEFT - 8, y(value) + 4, "small", "end", String.format(Locale.ROOT, "%.0f", value));
        }
        for (Point point : series.get(0).points()) {
            double x = x(point.megapixels());
            line(svg, "grid", x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 5);
            text(svg, x, HEIGHT - BOTTOM + 19, "small", "middle", point.side() + "²");
        }
        text(svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - BOTTOM + 40, "small", "middle", "pixels");
    }

    private void draw(StringBuilder svg, Series line, String style) {
        double last = mostMegapixels();
        svg.append(String.format(
                Locale.ROOT,
                "<line class=\"fit %s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
                style,
                x(0),
                y(Math.max(0, line.constant())),
                x(last),
                y(line.constant() + line.slope() * last)));
        for (Point point : line.points()) {
            double x = x(point.megapixels());
            line(
                    svg,
                    "spread " + style,
                    x,
                    y(point.milliseconds().min()),
                    x,
                    y(point.milliseconds().max()));
            svg.append(String.format(
                    Locale.ROOT,
                    "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>%n",
                    style,
                    x,
                    y(point.milliseconds().median())));
        }
        Point end = line.points().get(line.points().size() - 1);
        text(
                svg,
                x(end.megapixels()) - 10,
                y(end.milliseconds().median()) - 8,
                style,
                "end",
                String.format(Locale.ROOT, "%s, R² %.4f", line.name(), line.determination()));
    }

    private static void line(StringBuilder svg, String style, double x1, double y1, double x2, double y2) {
        svg.append(String.format(
                Locale.ROOT,
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
                style,
                x1,
                y1,
                x2,
                y2));
    }

    private static void text(StringBuilder svg, double x, double y, String style, String anchor, String words) {
        svg.append(String.format(
                Locale.ROOT,
                "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
                style,
                x,
                y,
                anchor,
                words.replace("&", "&amp;").replace("<", "&lt;")));
    }

    private double x(double megapixels) {
        return LEFT + (WIDTH - LEFT - RIGHT) * megapixels / (mostMegapixels() * 1.03);
    }

    private double y(double milliseconds) {
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * milliseconds / (mostMilliseconds() * 1.05);
    }

    private double mostMegapixels() {
        return series.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(Point::megapixels)
                .max()
                .orElseThrow();
    }

    private double mostMilliseconds() {
        return series.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(point -> point.milliseconds().max())
                .max()
                .orElseThrow();
    }

    /** 1, 2 or 5 times a power of ten: four to ten of them fill an axis. */
    private static double tick(double most) {
        double power = Math.pow(10, Math.floor(Math.log10(most)));
        double share = most / power;
        return share < 2 ? power / 5 : share < 5 ? power / 2 : power;
    }
}
