package io.swinlake.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class TurnsTest {
    @Test
    void contendersTakeTurnsAndRatiosStayWithinARound() throws Exception {
        List<String> order = new ArrayList<>();
        Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
        contenders.put("a", () -> {
            order.add("a");
            return 2.0 * order.size(); // the machine gets faster and faster: 2, 8, 10
        });
        contenders.put("b", () -> {
            order.add("b");
            return 1.0 * order.size(); // 2, 3, 6
        });

        Turns turns = Turns.take(3, contenders);

        assertThat(order).containsExactly("a", "b", "b", "a", "a", "b");
        assertThat(turns.figure("a")).isEqualTo(new Turns.Spread(8, 2, 10));
        assertThat(turns.ratio("a", "b")).isEqualTo(new Turns.Spread(10 / 6.0, 1, 8 / 3.0));
        assertThat(turns.ratio("a", "b").withDecimals(2)).isEqualTo("1.67 (1.00 to 2.67)");
    }
}
