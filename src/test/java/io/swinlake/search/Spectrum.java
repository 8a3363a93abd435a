package io.swinlake.search;

import java.io.Serializable;
import java.util.SplittableRandom;

/**
 * Embeddings like those of a classifier: rows around the centres of some classes, whose coordinates shrink by a power law, turned
 * so that no axis is special. The same number gives the same row.
 *
 * @param decay coordinate i of a centre, from 1, has a standard deviation of i^-decay: 0.5 flat, 1.5 steep, 0 none
 * @param spread of a class, in parts of the distance of centres
 */
public record Spectrum(int dimension, int classes, double decay, double spread, long seed) implements Serializable {
    /** The spectra that the searches are measured on. */
    public static Spectrum[] all(int dimension, int classes) {
        return new Spectrum[] {
            new Spectrum(dimension, classes, 0.5, 0.6, 1),
            new Spectrum(dimension, classes, 1.0, 0.6, 2),
            new Spectrum(dimension, classes, 1.0, 0.3, 3),
            new Spectrum(dimension, classes, 1.0, 0.8, 4),
            new Spectrum(dimension, classes, 1.5, 0.6, 5)
        };
    }

    /** Directions of no structure. */
    public static Spectrum none(int dimension) {
        return new Spectrum(dimension, 1, 0, 1e6, 6);
    }

    public float[] row(long number) {
        SplittableRandom own = new SplittableRandom(seed * 1_000_003 + number);
        SplittableRandom center = new SplittableRandom(seed * 7919 - 1 - own.nextInt(classes));
        float[] row = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            row[i] = (float) ((gaussian(center) + spread * gaussian(own)) * Math.pow(i + 1, -decay));
        }
        turn(row);
        return row;
    }

    /** About normal, by the sum of four uniform numbers: cheaper than a logarithm, and a spectrum asks for no tails. */
    private static double gaussian(SplittableRandom random) {
        double sum = random.nextDouble() + random.nextDouble() + random.nextDouble() + random.nextDouble();
        return (sum - 2) * Math.sqrt(3);
    }

    /** Two reflections: each element of the row then depends on all of them. */
    private void turn(float[] row) {
        for (int reflection = 0; reflection < 2; reflection++) {
            double[] mirror = mirror(reflection);
            double dot = 0;
            for (int i = 0; i < dimension; i++) {
                dot += mirror[i] * row[i];
            }
            for (int i = 0; i < dimension; i++) {
                row[i] -= (float) (2 * dot * mirror[i]);
            }
        }
    }

    private double[] mirror(int reflection) {
        SplittableRandom random = new SplittableRandom(seed + 31L * reflection);
        double[] mirror = new double[dimension];
        double square = 0;
        for (int i = 0; i < dimension; i++) {
            mirror[i] = random.nextDouble() - 0.5;
            square += mirror[i] * mirror[i];
        }
        for (int i = 0; i < dimension; i++) {
            mirror[i] /= Math.sqrt(square);
        }
        return mirror;
    }
}
