package io.swinlake.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swinlake.Fixtures;
import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.ScoreFunction;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.SwinVersion;
import io.swinlake.swin.Window;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against {@code full/variants.csv}: the integers of the official implementation, and the figures that papers print. */
class SwinStatisticsTest {
    static Stream<List<String>> variants() {
        return new String(Fixtures.bytes("full/variants.csv"), StandardCharsets.UTF_8)
                .lines()
                .skip(1) // name,version,image,window,pretrained,embed_dim,depths,heads,classes,parameters,macs,...
                .map(line -> Arrays.asList(line.split(",", -1)));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void parametersAndOperationsEqualTheOfficialOnes(List<String> row) {
        SwinStatistics statistics = SwinStatistics.of(config(row));
        assertThat(statistics.parameters()).isEqualTo(Long.parseLong(row.get(9)));
        assertThat(statistics.operations()).isEqualTo(Long.parseLong(row.get(10)));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void printedFiguresAreMetToTheirPrecision(List<String> row) {
        SwinStatistics statistics = SwinStatistics.of(config(row));
        String parameters = row.get(13);
        String gigaOperations = row.get(15);
        if (!parameters.isEmpty()) {
            assertThat(String.format(Locale.ROOT, "%.0fM", statistics.parameters() / 1e6))
                    .isEqualTo(parameters);
        }
        if (!gigaOperations.isEmpty()) {
            // Swin-L at 384 has 103.952, printed as 103.9: the last digit is not always rounded.
            assertThat(statistics.gigaOperations()).isCloseTo(Double.parseDouble(gigaOperations), within(0.06));
        }
    }

    @ParameterizedTest
    @MethodSource("variants")
    void publishedNetworksHaveTheirNames(List<String> row) {
        assertThat(SwinStatistics.of(config(row)).variant())
                .isEqualTo(row.get(0).split(" ", 2)[0]);
    }

    @Test
    void presetsAreThePublishedNetworks() {
        List<SwinConfig> published = variants()
                .filter(row -> row.get(8).equals("1000"))
                .map(SwinStatisticsTest::config)
                .toList();
        assertThat(published)
                .contains(
                        SwinConfig.tiny(),
                        SwinConfig.small(),
                        SwinConfig.base(),
                        SwinConfig.base384(),
                        SwinConfig.large(),
                        SwinConfig.large384(),
                        SwinConfig.tinyV2(8),
                        SwinConfig.tinyV2(16),
                        SwinConfig.smallV2(8),
                        SwinConfig.smallV2(16),
                        SwinConfig.baseV2(8),
                        SwinConfig.baseV2(16),
                        SwinConfig.baseV2At384(),
                        SwinConfig.largeV2());
    }

    private static SwinConfig config(List<String> row) {
        SwinVersion version = row.get(1).equals("1") ? SwinVersion.V1 : SwinVersion.V2;
        List<Integer> depths = integers(row.get(6));
        return new SwinConfig(
                version,
                ImageSize.square(Integer.parseInt(row.get(2))),
                4,
                Integer.parseInt(row.get(5)),
                depths,
                integers(row.get(7)),
                Window.everywhere(Window.square(Integer.parseInt(row.get(3))), depths.size()),
                row.get(4).isEmpty() ? Collections.nCopies(depths.size(), 0) : integers(row.get(4)),
                4.0,
                true,
                false,
                true,
                List.of(),
                true,
                Integer.parseInt(row.get(8)),
                ScoreFunction.SOFTMAX,
                1e-5,
                false,
                Convention.MICROSOFT);
    }

    private static List<Integer> integers(String spaced) {
        return Arrays.stream(spaced.split(" ")).map(Integer::valueOf).toList();
    }
}
