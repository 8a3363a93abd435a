package io.swinlake.report;

import io.swinlake.report.ReportData.ClassCount;
import io.swinlake.report.ReportData.Classified;
import io.swinlake.report.ReportData.ErrorKind;
import io.swinlake.report.ReportData.Example;
import io.swinlake.report.ReportData.Neighbor;
import io.swinlake.report.ReportData.Neighborhood;
import io.swinlake.report.ReportData.Picture;
import io.swinlake.report.ReportData.Run;
import io.swinlake.report.ReportData.Score;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The report as one HTML page: no script, nothing from elsewhere, and a content security policy that forbids both. Every
 * chart has its numbers as text, every section is reached from the keyboard.
 */
public final class ReportPage {
    private static final int MOST_CLASSES = 20;
    private static final int SCORES_SHOWN = 3;

    private final ReportData data;
    private final Markup page = new Markup();

    private ReportPage(ReportData data) {
        this.data = data;
    }

    /** The whole file; equal data give equal text. */
    public static String of(ReportData data) {
        ReportPage report = new ReportPage(data);
        report.write();
        return report.page + "\n";
    }

    private void write() {
        page.block("html", "lang", "en");
        head();
        page.block("body");
        page.leaf("a", "Skip to the content", "class", "skip", "href", "#content");
        header();
        page.block("main", "id", "content", "tabindex", "-1");
        if (!data.runs().isEmpty()) {
            speed();
        }
        errors();
        if (!data.classes().isEmpty()) {
            classes();
            confidence();
        }
        if (!data.sheet().isEmpty()) {
            sheet();
        }
        if (!data.neighborhoods().isEmpty()) {
            neighbors();
        }
        data.map().ifPresent(map -> {
            section("map", "Map of the embeddings");
            Charts.map(page, map);
            page.close();
        });
        page.close(); // main
        page.block("footer");
        page.leaf("p", "Written by swinlake report. The page holds all it shows; it runs no code and loads nothing.");
        page.close().close().close();
    }

    private void head() {
        String css = css();
        page.block("head");
        page.empty("meta", "charset", "utf-8");
        page.empty("meta", "http-equiv", "Content-Security-Policy", "content", ContentPolicy.of(css));
        page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        page.empty("meta", "name", "color-scheme", "content", "light dark");
        page.leaf("title", "Swinlake report: " + data.table());
        page.empty("link", "rel", "icon", "href", "data:,");
        page.leaf("style", css);
        page.close();
    }

    private static String css() {
        try (InputStream css = ReportPage.class.getResourceAsStream("report.css")) {
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void header() {
        page.block("header");
        page.leaf("p", "Swinlake report", "class", "kicker");
        page.open("h1")
                .foreign(new Picture(data.table(), Optional.empty()).name())
                .close();
        page.open("p", "class", "where").foreign(data.table()).close();
        data.model().ifPresent(model -> {
            page.open("p", "class", "model").text("Model ");
            page.open("strong").foreign(model.name()).close();
            page.text(", recipe ").foreign(model.recipe());
            page.text(", ").foreign(model.precision());
            page.text(", weights ").leaf("code", shortened(model.sha256())).close();
        });
        page.block("dl", "class", "tiles");
        long images = data.counts().images();
        tile("Images", whole(images), "rows of the table");
        tile(
                "With embedding",
                whole(data.counts().embedded()),
                share(data.counts().embedded(), images) + " of all");
        tile("Failed", whole(data.counts().failed()), share(data.counts().failed(), images) + " of all");
        if (!data.classes().isEmpty()) {
            tile("Classes predicted", whole(data.classes().size()), "the model may know more");
        }
        if (!data.runs().isEmpty()) {
            Run run = data.runs().get(0);
            tile("Images per second", decimal(run.imagesPerSecond()), "in the last run");
        }
        page.close();
        contents();
        page.close();
    }

    private void contents() {
        page.block("nav", "aria-label", "Contents").open("ul");
        link("speed", "Speed", !data.runs().isEmpty());
        link("errors", "Errors", true);
        link("classes", "Classes", !data.classes().isEmpty());
        link("confidence", "Confidence", !data.classes().isEmpty());
        link("sheet", "Contact sheet", !data.sheet().isEmpty());
        link("neighbors", "Nearest images", !data.neighborhoods().isEmpty());
        link("map", "Map", data.map().isPresent());
        page.close().close();
    }

    private void link(String id, String title, boolean present) {
        if (present) {
            page.open("li").leaf("a", title, "href", "#" + id).close();
        }
    }

    private void tile(String name, String value, String note) {
        page.block("div").leaf("dt", name).leaf("dd", value, "class", "value");
        page.leaf("dd", note, "class", "note").close();
    }

    private void section(String id, String title) {
        page.block("section", "id", id, "aria-labelledby", id + "-title");
        page.leaf("h2", title, "id", id + "-title");
    }

    private void table(String caption, String... columns) {
        page.block("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label", caption);
        page.open("table").leaf("caption", caption).open("thead").open("tr");
        for (String column : columns) {
            page.leaf("th", column, "scope", "col");
        }
        page.close().close().open("tbody");
    }

    private void endTable() {
        page.close().close().close();
    }

    private void speed() {
        section("speed", "Speed");
        table(
                "Runs of infer that wrote this table, the newest first",
                "Started (UTC)",
                "Run",
                "Rows",
                "Failed",
                "Seconds",
                "Images per second",
                "Tasks by device",
                "Swinlake");
        for (Run run : data.runs()) {
            String started = run.started().replaceFirst("T", " ").replaceFirst("(\\.\\d+)?Z$", "");
            page.block("tr").leaf("td", started, "class", "when");
            page.open("th", "scope", "row").foreign(run.id()).close();
            number(whole(run.written()));
            number(whole(run.failed()));
            number(decimal(run.seconds()));
            number(decimal(run.imagesPerSecond()));
            page.open("td").foreign(run.devices()).close();
            page.open("td").foreign(run.version()).close();
            page.close();
        }
        endTable();
        page.close();
    }

    private void number(String text) {
        page.leaf("td", text, "class", "number");
    }

    private void errors() {
        section("errors", "Errors");
        if (data.errors().isEmpty()) {
            page.leaf("p", "No image failed.", "class", "good");
            page.close();
            return;
        }
        page.leaf(
                "p",
                "%s of %s images have no prediction. Their rows say why in the column error."
                        .formatted(
                                whole(data.counts().failed()),
                                whole(data.counts().images())));
        long most = data.errors().stream().mapToLong(ErrorKind::images).max().orElse(1);
        table("Failed images by stage and code", "Stage", "Code", "Images", "");
        for (ErrorKind error : data.errors()) {
            page.block("tr").open("td").foreign(error.stage()).close();
            page.open("th", "scope", "row").foreign(error.code()).close();
            number(whole(error.images()));
            bar(error.images(), most, "bar warm");
            page.close();
        }
        endTable();
        for (ErrorKind error : data.errors()) {
            page.block("details").open("summary").text("Examples of ");
            page.foreign(error.stage() + "/" + error.code()).close();
            page.open("ul", "class", "examples");
            for (Example example : error.examples()) {
                page.open("li")
                        .open("span", "class", "path")
                        .foreign(example.path())
                        .close();
                page.empty("br").foreign(example.message()).close();
            }
            page.close().close();
        }
        page.close();
    }

    /** A bar whose number stands beside it; drawn, since the policy allows no style in attributes. */
    private void bar(long value, long most, String classes) {
        double percent = most == 0 ? 0 : 100.0 * value / most;
        page.open("td", "class", "track", "aria-hidden", "true");
        page.open("svg", "class", classes, "aria-hidden", "true");
        page.empty("rect", "width", String.format(Locale.ROOT, "%.1f%%", percent), "height", "100%");
        page.close().close();
    }

    private void classes() {
        section("classes", "Classes");
        List<ClassCount> shown =
                data.classes().subList(0, Math.min(MOST_CLASSES, data.classes().size()));
        long most = shown.get(0).images();
        long all = data.classes().stream().mapToLong(ClassCount::images).sum();
        table(
                data.classes().size() > shown.size()
                        ? "The %s most frequent of %s predicted classes"
                                .formatted(shown.size(), whole(data.classes().size()))
                        : "Predicted classes, the most frequent first",
                "Class",
                "Images",
                "",
                "Share",
                "Mean confidence");
        for (ClassCount count : shown) {
            page.block("tr").open("th", "scope", "row").foreign(count.label()).close();
            number(whole(count.images()));
            bar(count.images(), most, "bar");
            number(share(count.images(), all));
            number(decimal(100 * count.confidence()) + " %");
            page.close();
        }
        long others = all - shown.stream().mapToLong(ClassCount::images).sum();
        if (others > 0) {
            page.block("tr").leaf("th", "all other classes", "scope", "row");
            number(whole(others));
            page.leaf("td", "");
            number(share(others, all));
            page.leaf("td", "").close();
        }
        endTable();
        page.close();
    }

    private void confidence() {
        section("confidence", "Confidence");
        Charts.histogram(page, data.confidence());
        page.block("details").leaf("summary", "The numbers");
        table("Images by the probability of their best class", "Probability", "Images");
        int bins = data.confidence().size();
        for (int bin = 0; bin < bins; bin++) {
            page.block("tr").leaf("th", Charts.binName(bin, bins), "scope", "row");
            number(whole(data.confidence().get(bin)));
            page.close();
        }
        endTable();
        page.close().close();
    }

    private void sheet() {
        section("sheet", "Contact sheet");
        page.leaf(
                "p",
                "A sample of %s images, the same each time, with their best classes."
                        .formatted(data.sheet().size()));
        page.block("ul", "class", "sheet");
        for (Classified image : data.sheet()) {
            page.block("li").open("figure");
            thumbnail(
                    image.picture(),
                    image.best().isEmpty()
                            ? ""
                            : ", taken for " + named(image.best().get(0)));
            page.open("figcaption")
                    .open("span", "class", "name", "title", image.picture().path());
            page.foreign(image.picture().name()).close();
            if (!image.best().isEmpty()) {
                page.open("ol", "class", "scores");
                for (Score score : image.best()
                        .subList(0, Math.min(SCORES_SHOWN, image.best().size()))) {
                    page.open("li").foreign(score.label());
                    page.text(" ")
                            .leaf("span", percent(score.probability()), "class", "number")
                            .close();
                }
                page.close();
            }
            page.close().close().close();
        }
        page.close().close();
    }

    private static String named(Score score) {
        return "%s at %s".formatted(score.label(), percent(score.probability()));
    }

    private void thumbnail(Picture picture, String what) {
        if (picture.thumbnail().isPresent()) {
            page.empty("img", "src", picture.thumbnail().get(), "alt", picture.name() + what, "decoding", "async");
        } else {
            page.open("span", "class", "blank", "role", "img", "aria-label", picture.name() + what + ", not shown");
            page.leaf("span", "not shown", "aria-hidden", "true").close();
        }
    }

    private void neighbors() {
        section("neighbors", "Nearest images");
        page.leaf(
                "p",
                "Each row: an image of the sample, then those whose embeddings have the greatest cosine with its own.");
        for (Neighborhood neighborhood : data.neighborhoods()) {
            page.block("div", "class", "row");
            page.open("h3")
                    .text("Most like ")
                    .foreign(neighborhood.query().name())
                    .close();
            page.open("ol", "class", "strip");
            page.block("li", "class", "asked").open("figure");
            thumbnail(neighborhood.query(), ", the image that was asked for");
            page.leaf("figcaption", "asked for").close().close();
            for (Neighbor neighbor : neighborhood.neighbors()) {
                String cosine = String.format(Locale.ROOT, "%.4f", neighbor.cosine());
                page.block("li").open("figure");
                thumbnail(neighbor.picture(), ", cosine " + cosine);
                page.open("figcaption");
                page.open("span", "class", "name", "title", neighbor.picture().path());
                page.foreign(neighbor.picture().name()).close();
                page.leaf("span", cosine, "class", "number").close().close().close();
            }
            page.close().close();
        }
        page.close();
    }

    private static String whole(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String decimal(double number) {
        return String.format(Locale.ROOT, "%,.1f", number);
    }

    private static String percent(double probability) {
        return decimal(100 * probability) + " %";
    }

    private static String share(long part, long all) {
        return all == 0 ? "0.0 %" : percent((double) part / all);
    }

    private static String shortened(String sha256) {
        return sha256.length() <= 12 ? sha256 : sha256.substring(0, 12);
    }
}
