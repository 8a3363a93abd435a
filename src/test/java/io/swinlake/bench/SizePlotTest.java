package io.swinlake.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class SizePlotTest {
    /** 5 ms, and 100 ms for each million pixels. */
    private static final SizePlot.Series LINE = new SizePlot.Series(
            "fp32",
            Stream.of(200, 400, 1000)
                    .map(side -> {
                        double cost = 5 + 100 * side * side / 1e6;
                        return new SizePlot.Point(side, new Turns.Spread(cost, cost - 1, cost + 1));
                    })
                    .toList());

    @Test
    void theLineIsThatOfLeastSquares() {
        assertThat(LINE.slope()).isCloseTo(100, within(1e-9));
        assertThat(LINE.constant()).isCloseTo(5, within(1e-9));
        assertThat(LINE.determination()).isCloseTo(1, within(1e-9));
    }

    @Test
    void thePictureIsXmlThatSaysItsFiguresInWordsToo() throws Exception {
        String svg = new SizePlot(List.of(LINE), "2 cores & <no> GPU").toSvg();

        Document document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));

        assertThat(document.getElementsByTagName("circle").getLength()).isEqualTo(3);
        assertThat(document.getElementsByTagName("title").item(0).getTextContent())
                .isEqualTo("Milliseconds per image against the number of pixels");
        assertThat(document.getElementsByTagName("desc").item(0).getTextContent())
                .isEqualTo("fp32: 9 ms at 200 pixels, 21 ms at 400 pixels, 105 ms at 1000 pixels; about 5 ms and 100 ms"
                        + " per million pixels.");
    }
}
