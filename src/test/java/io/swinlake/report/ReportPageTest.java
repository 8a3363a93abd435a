package io.swinlake.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.InLocale;
import io.swinlake.report.ReportData.ClassCount;
import io.swinlake.report.ReportData.Classified;
import io.swinlake.report.ReportData.Counts;
import io.swinlake.report.ReportData.EmbeddingMap;
import io.swinlake.report.ReportData.ErrorKind;
import io.swinlake.report.ReportData.Example;
import io.swinlake.report.ReportData.Model;
import io.swinlake.report.ReportData.Neighbor;
import io.swinlake.report.ReportData.Neighborhood;
import io.swinlake.report.ReportData.Picture;
import io.swinlake.report.ReportData.Point;
import io.swinlake.report.ReportData.Run;
import io.swinlake.report.ReportData.Score;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReportPageTest {
    /** What names of files and classes may hold when somebody wants something of the reader. */
    static final String HOSTILE =
            "</style></script><script>alert(1)</script><img src=x onerror=alert(2)>\"' onload='alert(3)&#x3c;\u202e\u0000\u0007\ud800";

    static ReportData everythingNamed(String name) {
        Picture seen = new Picture("s3a://lake/" + name, Optional.of("data:image/png;base64,AAAA"));
        Picture gone = new Picture("s3a://lake/" + name, Optional.empty());
        List<Score> best = List.of(new Score(name, 0.75), new Score(name, 0.25));
        return new ReportData(
                "s3a://lake/" + name,
                new Counts(1_234_567, 1_234_000, 567),
                Optional.of(new Model(name, name, name, name)),
                List.of(new Run(name, "2026-11-21T05:00:00.123Z", 1_234_567, 567, 10.5, 117_577.8, name, name)),
                List.of(new ErrorKind(name, name, 567, List.of(new Example(name, name)))),
                List.of(new ClassCount(name, 1_000_000, 0.5), new ClassCount("cat", 234_000, 0.25)),
                List.of(0L, 5L, 10L, 1_233_985L),
                List.of(new Classified(seen, best), new Classified(gone, List.of())),
                List.of(new Neighborhood(seen, List.of(new Neighbor(gone, 0.98765)))),
                Optional.of(
                        new EmbeddingMap(List.of(new Point(name, name, 0, 1), new Point(name, "", 2, 0)), 0.6, 0.2)));
    }

    @Test
    void showsTheNumbers() {
        PageReader page = new PageReader(ReportPage.of(everythingNamed("name")));
        assertThat(page.faults()).isEmpty();
        assertThat(page.text())
                .contains("Images1,234,567")
                .contains("Failed567")
                .contains("name567")
                .contains("cat234,00019.0 %25.0 %")
                .contains("75 to 100 %1,233,985")
                .contains("2026-11-21 05:00:00name1,234,56756710.5117,577.8")
                .contains("60 % and 20 % of their variance");
        assertThat(page.text("confidence-description"))
                .isEqualTo(
                        "1,234,000 images in 4 bins; 1,233,985 of them are above 75, and the fullest bin has 1,233,985.");
        assertThat(page.all("img"))
                .extracting(image -> image.getAttribute("alt"))
                .containsExactly("name, taken for name at 75.0 %", "name, the image that was asked for");
        assertThat(page.all("use")).hasSize(2);
    }

    /** Whatever a file or a class is called, the page has the same elements and attributes. */
    @Test
    void namesStayText() {
        PageReader plain = new PageReader(ReportPage.of(everythingNamed("name")));
        String html = ReportPage.of(everythingNamed(HOSTILE));
        PageReader hostile = new PageReader(html);
        assertThat(hostile.faults()).isEmpty();
        assertThat(hostile.names()).isEqualTo(plain.names()).doesNotContain("script");
        assertThat(hostile.all("*")).hasSameSizeAs(plain.all("*"));
        assertThat(html).doesNotContain("<script").doesNotContain("<img src=x").doesNotContain("\u0000", "\u0007");
        assertThat(hostile.text()).contains("<script>alert(1)</script>").contains("\ufffd");
    }

    @Test
    void anEmptyTableAndANetworkWithoutClassesHaveAPage() {
        ReportData empty = new ReportData(
                "empty",
                new Counts(0, 0, 0),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                Collections.nCopies(20, 0L),
                List.of(),
                List.of(),
                Optional.empty());
        PageReader page = new PageReader(ReportPage.of(empty));
        assertThat(page.faults()).isEmpty();
        assertThat(page.text()).contains("No image failed.");
        assertThat(page.all("section")).hasSize(1);
    }

    @Test
    void manyClassesAreSummedUp() {
        ReportData data = everythingNamed("name");
        List<ClassCount> many = IntStream.range(0, 1000)
                .mapToObj(i -> new ClassCount("class " + i, 1000 - i, 0.5))
                .toList();
        List<Point> points = IntStream.range(0, 1500)
                .mapToObj(i -> new Point("image " + i, "class " + i % 100, Math.cos(i), 1e-9 * i))
                .toList();
        PageReader page = new PageReader(ReportPage.of(new ReportData(
                data.table(),
                data.counts(),
                data.model(),
                data.runs(),
                data.errors(),
                many,
                data.confidence(),
                data.sheet(),
                data.neighborhoods(),
                Optional.of(new EmbeddingMap(points, 1, 0)))));
        assertThat(page.text("classes"))
                .contains("The 20 most frequent of 1,000 predicted classes", "all other classes480,690");
        assertThat(page.text("map")).contains("all other classes1,395");
    }

    @Test
    void whatIsFocusedIsSeenAndNothingMovesForThoseWhoAskForThat() throws Exception {
        String css = css();
        assertThat(css)
                .contains(":focus-visible")
                .contains("prefers-reduced-motion")
                .contains("prefers-color-scheme: dark");
    }

    /** A phone is 390 pixels wide: 316 are left of them for a chart, which is drawn 640 wide. */
    @Test
    void onAPhoneTheTextOfChartsIsReadableAndNamesAreWhole() throws Exception {
        String phone = css().split("@media \\(max-width: 36rem\\)", 2)[1];
        Matcher size = Pattern.compile("\\.chart text \\{ font-size: (\\d+)px").matcher(phone);
        assertThat(size.find()).isTrue();
        assertThat(Integer.parseInt(size.group(1)) * 316 / 640.0).isGreaterThan(10);
        assertThat(css()).doesNotContain("text-overflow");
    }

    /** WCAG 2.2: 4.5 for text (1.4.3), 3 for marks and focus (1.4.11), on both grounds, in both schemes. */
    @Test
    void coloursHaveContrast() throws Exception {
        String[] schemes = css().split("@media \\(prefers-color-scheme: dark\\)", 2);
        for (String scheme : schemes) {
            Map<String, String> colours = Pattern.compile("--(\\w+): (#[0-9a-f]{6})")
                    .matcher(scheme)
                    .results()
                    .collect(Collectors.toMap(found -> found.group(1), found -> found.group(2), (a, b) -> a));
            assertThat(colours).hasSize(17);
            for (String ground : List.of("ground", "panel")) {
                for (String text : List.of("ink", "soft", "focus", "good")) {
                    assertThat(contrast(colours.get(text), colours.get(ground)))
                            .as("%s on %s", text, ground)
                            .isGreaterThan(4.5);
                }
                for (String mark : List.of("bar", "warm", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7")) {
                    assertThat(contrast(colours.get(mark), colours.get(ground)))
                            .as("%s on %s", mark, ground)
                            .isGreaterThan(3);
                }
            }
        }
    }

    private static String css() throws Exception {
        try (InputStream css = ReportPage.class.getResourceAsStream("report.css")) {
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Of two colours, as WCAG 2.2 defines it: 1 to 21. */
    private static double contrast(String one, String other) {
        double a = luminance(one);
        double b = luminance(other);
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }

    private static double luminance(String colour) {
        Matcher parts = Pattern.compile("#(..)(..)(..)").matcher(colour);
        assertThat(parts.matches()).isTrue();
        double[] weights = {0.2126, 0.7152, 0.0722};
        double luminance = 0;
        for (int i = 0; i < weights.length; i++) {
            double value = Integer.parseInt(parts.group(i + 1), 16) / 255.0;
            luminance += weights[i] * (value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4));
        }
        return luminance;
    }

    @Test
    void thePageIsTheSameWhereDigitsAreOthers() throws Exception {
        assertThat(InLocale.call("fa-IR", () -> ReportPage.of(everythingNamed("name"))))
                .isEqualTo(ReportPage.of(everythingNamed("name")));
    }
}
