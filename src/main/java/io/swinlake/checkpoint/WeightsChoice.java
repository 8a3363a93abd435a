package io.swinlake.checkpoint;

import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;

/** Says which of the dicts of tensors in a file are the weights, by their names alone: the others are then never read. */
@FunctionalInterface
public interface WeightsChoice {
    /** The dict with the most tensors, wherever it is. */
    WeightsChoice LARGEST = (location, candidates) -> candidates.stream()
            .max(Comparator.comparingInt(candidate -> candidate.names().size()))
            .map(candidate -> new Chosen(candidate.key(), "the dict with the most tensors"))
            .orElseThrow();

    /**
     * Chooses.
     *
     * @param candidates in the order of the file, at least one
     * @throws CheckpointException if none of them will do, or more than one
     */
    Chosen choose(String location, List<Candidate> candidates);

    /**
     * A dict of tensors.
     *
     * @param key the keys that lead to it, joined by dots, such as {@code checkpoint.model}; empty for the whole file
     * @param names of its tensors
     */
    record Candidate(String key, SortedSet<String> names) {}

    /**
     * What was chosen.
     *
     * @param reason as {@code inspect} shows it
     * @param isByRule whether there were others, and neither their names nor the user told which is meant
     */
    record Chosen(String key, String reason, boolean isByRule) {
        /** The one that is meant. */
        public Chosen(String key, String reason) {
            this(key, reason, false);
        }
    }
}
