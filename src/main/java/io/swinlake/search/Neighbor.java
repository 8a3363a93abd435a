package io.swinlake.search;

import java.util.Comparator;

/**
 * An embedding that was found, and how similar it is to the one that was asked for.
 *
 * @param similarity in float64
 */
public record Neighbor<I extends Comparable<? super I>>(I id, double similarity) {
    /** The best first: by similarity in the wanted direction, equals by ascending id. */
    static <I extends Comparable<? super I>> Comparator<Neighbor<I>> bestFirst(RankOrder direction) {
        Comparator<Neighbor<I>> bySimilarity = Comparator.comparingDouble(n -> -direction.sign() * n.similarity());
        return bySimilarity.thenComparing(Neighbor::id);
    }
}
