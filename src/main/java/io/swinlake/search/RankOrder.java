package io.swinlake.search;

/** Which end of the similarities is wanted. */
public enum RankOrder {
    MOST_SIMILAR(1),
    LEAST_SIMILAR(-1);

    private final int sign;

    RankOrder(int sign) {
        this.sign = sign;
    }

    /** What makes the wanted end the greatest. */
    int sign() {
        return sign;
    }
}
