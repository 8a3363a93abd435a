package io.swinlake.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/**
 * Figures of several contenders that were measured by turns, so that whatever slows the machine for a while slows all of
 * them. A ratio is formed within each round.
 */
public final class Turns {
    private final Map<String, List<Double>> figures = new LinkedHashMap<>();

    private Turns() {}

    /** Runs every contender once in each round, every second round in the opposite order. */
    public static Turns take(int rounds, Map<String, Callable<Double>> contenders) throws Exception {
        Turns turns = new Turns();
        contenders.keySet().forEach(name -> turns.figures.put(name, new ArrayList<>()));
        for (int round = 0; round < rounds; round++) {
            List<String> order = new ArrayList<>(contenders.keySet());
            if (round % 2 == 1) {
                Collections.reverse(order);
            }
            for (String name : order) {
                turns.figures.get(name).add(contenders.get(name).call());
            }
        }
        return turns;
    }

    public Spread figure(String name) {
        return Spread.of(figures.get(name));
    }

    /** How many times the figure of {@code base} that of {@code name} is. */
    public Spread ratio(String name, String base) {
        List<Double> ours = figures.get(name);
        List<Double> theirs = figures.get(base);
        return Spread.of(IntStream.range(0, ours.size())
                .mapToObj(round -> ours.get(round) / theirs.get(round))
                .toList());
    }

    /**
     * The median of some figures, and how far they spread.
     *
     * @param median the upper one of two middle figures
     */
    public record Spread(double median, double min, double max) {
        static Spread of(List<Double> values) {
            List<Double> sorted = values.stream().sorted().toList();
            return new Spread(sorted.get(sorted.size() / 2), sorted.get(0), sorted.get(sorted.size() - 1));
        }

        /** {@code 1.94 (1.90 to 2.01)}. */
        public String withDecimals(int decimals) {
            String number = "%." + decimals + "f";
            return (number + " (" + number + " to " + number + ")").formatted(median, min, max);
        }
    }
}
