package io.swinlake.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The beginning of a tensor name in which stage and block are counted, such as {@code features.{2s+1}.{b}.}: {@code s} is
 * the stage and {@code b} the block, both from 0.
 */
final class NamePattern {
    private static final Pattern COUNTER = Pattern.compile("\\{(\\d*)([sb])(?:\\+(\\d+))?}");
    private static final String NUMBER = "(0|[1-9][0-9]{0,3})";

    private final String text;
    private final Pattern pattern;
    private final List<Counter> counters;

    /** {@code factor * variable + offset}, the variable being {@code s} or {@code b}. */
    private record Counter(int factor, String variable, int offset) {}

    /** Which stage and block a name belongs to (0 where its pattern counts none), and what follows the pattern. */
    record Match(int stage, int block, String rest) {}

    NamePattern(String text) {
        this.text = text;
        this.counters = new ArrayList<>();
        StringBuilder regex = new StringBuilder();
        Matcher matcher = COUNTER.matcher(text);
        int end = 0;
        while (matcher.find()) {
            regex.append(Pattern.quote(text.substring(end, matcher.start()))).append(NUMBER);
            counters.add(new Counter(
                    matcher.group(1).isEmpty() ? 1 : Integer.parseInt(matcher.group(1)),
                    matcher.group(2),
                    matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3))));
            end = matcher.end();
        }
        regex.append(Pattern.quote(text.substring(end)));
        this.pattern = Pattern.compile(regex.toString());
    }

    /** Reads a name that begins with this pattern. */
    Optional<Match> match(String name) {
        Matcher matcher = pattern.matcher(name);
        if (!matcher.lookingAt()) {
            return Optional.empty();
        }
        int stage = 0;
        int block = 0;
        for (int i = 0; i < counters.size(); i++) {
            Counter counter = counters.get(i);
            int multiple = Integer.parseInt(matcher.group(i + 1)) - counter.offset();
            if (multiple < 0 || multiple % counter.factor() != 0) {
                return Optional.empty();
            }
            if (counter.variable().equals("s")) {
                stage = multiple / counter.factor();
            } else {
                block = multiple / counter.factor();
            }
        }
        return Optional.of(new Match(stage, block, name.substring(matcher.end())));
    }

    /** Writes the name that {@link #match} reads as {@code match}. */
    String name(Match match) {
        Matcher matcher = COUNTER.matcher(text);
        StringBuilder name = new StringBuilder();
        for (Counter counter : counters) {
            matcher.find();
            int variable = counter.variable().equals("s") ? match.stage() : match.block();
            matcher.appendReplacement(name, Integer.toString(counter.factor() * variable + counter.offset()));
        }
        return matcher.appendTail(name).append(match.rest()).toString();
    }

    @Override
    public String toString() {
        return text;
    }
}
